// Modules: registration, handles, modes, printing, state; and the layers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include <wald/engine/autograd.h>
#include <wald/engine/creation.h>
#include <wald/engine/nn/nn.h>
#include <wald/engine/node.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/print.h>
#include <wald/engine/transforms.h>

#include "../temp_path.h"

#include "message_of.h"

namespace wald {
namespace {

using testing::message_of;

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::temp_path;

std::vector<std::string> names_of(const NamedTensors& list) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : list) names.push_back(name);
  return names;
}

nn::Sequential small_net() {
  manual_seed(1);
  return nn::Sequential(nn::Linear(3, 16), nn::ReLU(), nn::Linear(16, 1));
}

struct Net : nn::Module {
  nn::Linear hidden = register_module("hidden", nn::Linear(3, 4));
  nn::Linear out = register_module("out", nn::Linear(4, 1));
  Tensor scale = register_parameter("scale", tensor(2));
  Tensor seen = register_buffer("seen", zeros({2}, DType::int64));
  Tensor forward(const Tensor& x) const { return scale * out(sigmoid(hidden(x))); }
};

TEST(Module, NamesItsParameters) {
  const Net net;
  EXPECT_THAT(names_of(net.named_parameters()),
              ElementsAre("scale", "hidden.weight", "hidden.bias", "out.weight", "out.bias"));
  EXPECT_THAT(names_of(net.named_parameters(false)), ElementsAre("scale"));
  EXPECT_THAT(names_of(net.named_buffers()), ElementsAre("seen"));
  EXPECT_EQ(net.parameters().size(), 5U);
  EXPECT_EQ(net.parameter_count(), 1 + 12 + 4 + 4 + 1);
  EXPECT_EQ(net.children().size(), 2U);
  EXPECT_EQ(net.children()[1].first, "out");
  EXPECT_TRUE(net.children()[1].second.is_same(net.out));
  for (const Tensor& parameter : net.parameters()) EXPECT_TRUE(parameter.requires_grad());
  EXPECT_THAT(names_of(small_net().named_parameters()),
              ElementsAre("0.weight", "0.bias", "2.weight", "2.bias"));
}

TEST(Module, ListsASharedTensorOnce) {
  const nn::Linear layer(2, 2);
  const nn::Sequential net(layer, nn::ReLU(), layer);
  EXPECT_THAT(names_of(net.named_parameters()), ElementsAre("0.weight", "0.bias"));
  EXPECT_EQ(net.parameter_count(), 6);
}

TEST(Module, RefusesWhatCannotBeRegistered) {
  struct Open : nn::Module {
    using Module::register_buffer;
  };
  Open module;
  module.register_parameter("a", tensor(1));
  EXPECT_THAT(message_of<InputError>([&] { module.register_buffer("a", tensor(1)); }),
              HasSubstr("'a' is taken"));
  EXPECT_THROW(module.register_module("a", nn::ReLU()), InputError);
  EXPECT_THROW(module.register_parameter("", tensor(1)), InputError);
  EXPECT_THROW(module.register_parameter("a.b", tensor(1)), InputError);
  EXPECT_THROW(module.register_parameter("n", tensor({1}, DType::int64)), DTypeError);
  EXPECT_THROW(module.register_parameter("y", exp(tensor(1).requires_grad_())), GraphError);
  EXPECT_THROW(module.register_buffer("b", tensor(1).requires_grad_()), GraphError);
  EXPECT_THROW(module.register_module("self", module), GraphError);
  nn::Sequential inner{nn::ReLU(), nn::ReLU()}, outer;
  outer.add(inner);
  EXPECT_THAT(message_of<GraphError>([&] { inner.add(outer); }), HasSubstr("contain itself"));
  EXPECT_THAT(names_of(module.named_parameters()), ElementsAre("a"));
}

TEST(Module, CopiesShareEverything) {
  Net net;
  Net copy = net;
  EXPECT_TRUE(copy.is_same(net));
  {
    const NoGradGuard guard;
    copy.scale.fill_(5);
  }
  EXPECT_EQ(net.scale.item(), 5);
  copy.eval();
  EXPECT_FALSE(net.is_training());
  EXPECT_FALSE(net.hidden.is_training()) << "modes reach submodules";
  net.train();
  EXPECT_TRUE(copy.out.is_training());
}

TEST(Module, AppliesToTheDeepestFirst) {
  nn::Sequential net{nn::Sequential(nn::Linear(2, 2), nn::Tanh()), nn::Sigmoid()};
  std::vector<std::string> kinds;
  net.apply([&](nn::Module& module) { kinds.push_back(module.kind()); });
  EXPECT_THAT(kinds,
              ElementsAre("nn_linear", "nn_tanh", "nn_sequential", "nn_sigmoid", "nn_sequential"));
}

TEST(Module, DropsGradients) {
  Net net;
  sum(net.forward(ones({5, 3}))).backward();
  for (const Tensor& parameter : net.parameters()) EXPECT_TRUE(parameter.grad().defined());
  net.zero_grad();
  for (const Tensor& parameter : net.parameters()) EXPECT_FALSE(parameter.grad().defined());
}

TEST(Module, ChangesItsTypeInPlace) {
  Net net;
  const Tensor x = tensor({{1, 2, 3}});
  const double before = net.forward(x).item();
  const Tensor old_graph = net.forward(x);
  sum(net.forward(x)).backward();
  net.to(DType::float32);
  EXPECT_EQ(net.hidden.weight.dtype(), DType::float32) << "the members are the same tensors";
  EXPECT_EQ(net.hidden.weight.grad().dtype(), DType::float32);
  EXPECT_EQ(net.seen.dtype(), DType::int64);
  EXPECT_TRUE(net.hidden.weight.requires_grad());
  EXPECT_NEAR(net.forward(to(x, DType::float32)).item(), before, 1e-6 * std::abs(before));
  EXPECT_EQ(net.forward(to(x, DType::float32)).dtype(), DType::float32);
  EXPECT_THROW(old_graph.backward(), GraphError);
  net.zero_grad();
  sum(net.forward(to(x, DType::float32))).backward();
  EXPECT_EQ(net.out.bias.grad().dtype(), DType::float32);
  EXPECT_THROW(net.to(DType::int64), DTypeError);
}

TEST(Linear, IsAnAffineMap) {
  nn::Linear layer(3, 2);
  {
    const NoGradGuard guard;
    layer.weight.copy_(tensor({{1, 2, 3}, {4, 5, 6}}));
    layer.bias.copy_(tensor({10, 20}));
  }
  EXPECT_THAT(layer(tensor({{1, 0, 0}, {1, 1, 1}})).to_vector(), ElementsAre(11, 24, 16, 35));
  EXPECT_THAT(layer(tensor({0, 1, 0})).to_vector(), ElementsAre(12, 25));
  EXPECT_EQ(to_string(layer(zeros({4, 5, 3})).shape()), "[4, 5, 2]");
  EXPECT_EQ(to_string(layer(zeros({0, 3})).shape()), "[0, 2]");
  EXPECT_EQ(layer(zeros({4, 3})).grad_fn()->name(), "AddmmBackward0");
  EXPECT_THAT(message_of<ShapeError>([&] {
                layer(zeros({4, 2}));
              }),
              AllOf(HasSubstr("Linear"), HasSubstr("3"), HasSubstr("[4, 2]")));
  EXPECT_THROW(layer(tensor(1)), ShapeError);
  const nn::Linear plain(3, 2, {.bias = false});
  EXPECT_FALSE(plain.bias.defined());
  EXPECT_EQ(plain.parameters().size(), 1U);
  EXPECT_EQ(to_string(plain(zeros({4, 3})).shape()), "[4, 2]");
  EXPECT_THROW(nn::Linear(-1, 2), ShapeError);
}

TEST(Linear, StartsWithinItsBound) {
  Generator generator(3);
  const nn::Linear layer(25, 400, {.dtype = DType::float32, .generator = &generator});
  EXPECT_EQ(layer.weight.dtype(), DType::float32);
  for (const Tensor& x : layer.parameters()) {
    const auto values = x.to_vector();
    double most = 0, square = 0;
    for (double v : values) {
      most = std::max(most, std::abs(v));
      square += v * v / static_cast<double>(values.size());
    }
    EXPECT_LE(most, 0.2);
    EXPECT_GT(most, 0.199);
    EXPECT_NEAR(square, 0.04 / 3, 0.1 * 0.04 / 3);
  }
  Generator again(3);
  const nn::Linear same(25, 400, {.dtype = DType::float32, .generator = &again});
  EXPECT_EQ(same.weight.to_vector(), layer.weight.to_vector());
  EXPECT_THAT(nn::Linear(0, 2).bias.to_vector(), Each(0));
}

TEST(Linear, DifferentiatesTwice) {
  const nn::Linear layer(3, 2);
  const Tensor x = tensor({{0.5, -1, 2}, {1, 0.25, -0.5}});
  const Tensor point = layer.weight.detach();
  // The Hessian of sum (x A' + b)^2 by A is 2 I (x) X'X.
  const Tensor h = hessian(
      [&](const Tensor& w) {
        const Tensor y = addmm(layer.bias.detach(), x, t(reshape(w, {2, 3})));
        return sum(square(y));
      },
      reshape(point, {6}));
  const auto xx = matmul(t(x), x).to_vector(), got = h.to_vector();
  for (std::size_t i = 0; i < 6; ++i)
    for (std::size_t j = 0; j < 6; ++j)
      EXPECT_NEAR(got[6 * i + j], i / 3 == j / 3 ? 2 * xx[3 * (i % 3) + j % 3] : 0, 1e-14);
}

TEST(Layers, Activations) {
  const Tensor x = tensor({-2, 0, 0.5});
  EXPECT_THAT(nn::ReLU()(x).to_vector(), ElementsAre(0, 0, 0.5));
  const auto tanh = nn::Tanh()(x).to_vector(), softplus = nn::Softplus()(x).to_vector(),
             sigmoid = nn::Sigmoid()(x).to_vector();
  for (std::size_t i = 0; i < 3; ++i) {
    const double v = x.to_vector()[i];
    EXPECT_NEAR(tanh[i], std::tanh(v), 1e-15);
    EXPECT_NEAR(softplus[i], std::log1p(std::exp(v)), 1e-15);
    EXPECT_NEAR(sigmoid[i], 1 / (1 + std::exp(-v)), 1e-15);
  }
  Tensor leaf = tensor({-1, 0, 2, NAN}).requires_grad_();
  sum(slice(nn::ReLU()(leaf), 0, 0, 3)).backward();
  EXPECT_THAT(leaf.grad().to_vector(), ElementsAre(0, 0, 1, 0));
}

TEST(Layers, Dropout) {
  Generator generator(4);
  nn::Dropout layer(0.25, &generator);
  const Tensor x = ones({10000});
  const auto y = layer(x).to_vector();
  double kept = 0;
  for (double v : y) {
    EXPECT_TRUE(v == 0 || v == 1 / 0.75);
    kept += v != 0;
  }
  EXPECT_NEAR(kept / 10000, 0.75, 4 * std::sqrt(0.1875 / 10000));
  layer.eval();
  EXPECT_TRUE(layer(x).is_same(x));
  EXPECT_THAT(nn::Dropout(1)(tensor({1, INFINITY})).to_vector(), ElementsAre(0, 0));
  EXPECT_EQ(nn::Dropout(0.5)(ones({3}, DType::float32)).dtype(), DType::float32);
  EXPECT_THROW(nn::Dropout(1.5), InputError);
  EXPECT_THROW(nn::Dropout(NAN), InputError);
}

TEST(Sequential, RunsItsLayersInOrder) {
  nn::Sequential net = small_net();
  EXPECT_EQ(net.size(), 3U);
  EXPECT_EQ(to_string(net(zeros({7, 3})).shape()), "[7, 1]");
  nn::Sequential copy = net;
  copy.add("end", nn::Sigmoid());
  EXPECT_EQ(net.size(), 4U) << "a handle";
  EXPECT_EQ(net.children()[3].first, "end");
  EXPECT_GT(net(zeros({1, 3})).item(), 0);
  const Tensor x = tensor({1, 2});
  EXPECT_TRUE(nn::Sequential()(x).is_same(x));
  EXPECT_EQ(nn::Sequential(net).size(), 4U);
}

TEST(Sequential, LearnsALine) {
  manual_seed(5);
  nn::Sequential net(nn::Linear(1, 8), nn::Tanh(), nn::Linear(8, 1));
  const Tensor x = unsqueeze(tensor({-1, -0.5, 0, 0.5, 1}), 1), y = 2 * x + 1;
  double first = 0, last = 0;
  for (int step = 0; step < 300; ++step) {
    net.zero_grad();
    const Tensor loss = mean(square(net(x) - y));
    loss.backward();
    last = loss.item();
    if (step == 0) first = last;
    const NoGradGuard guard;
    for (Tensor& parameter : net.parameters()) parameter.copy_(parameter - 0.1 * parameter.grad());
  }
  EXPECT_LT(last, 0.01 * first);
}

TEST(ModulePrint, LayersWithTheirNumbers) {
  EXPECT_EQ(to_string(small_net()),
            "An `nn_module` containing 81 parameters.\n\n── Modules ──\n"
            "• 0: <nn_linear> #64 parameters\n• 1: <nn_relu> #0 parameters\n"
            "• 2: <nn_linear> #17 parameters\n");
  EXPECT_EQ(to_string(nn::Linear(3, 1, {.dtype = DType::float32})),
            "An `nn_module` containing 4 parameters.\n\n── Parameters ──\n"
            "• weight: Float [1, 3]\n• bias: Float [1]\n");
  EXPECT_THAT(to_string(Net()), HasSubstr("── Buffers ──\n• seen: Long [2]\n"));
}

TEST(State, IsSavedAndLoaded) {
  const std::string path = temp_path("net.npz");
  nn::Sequential net = small_net();
  net.save(path);
  nn::Sequential other = small_net();
  {
    const NoGradGuard guard;
    for (Tensor& parameter : other.parameters()) parameter.fill_(0);
  }
  EXPECT_TRUE(other.load(path).missing.empty());
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(other.parameters()[i].to_vector(), net.parameters()[i].to_vector());
  EXPECT_TRUE(other.parameters()[0].requires_grad());
  other.to(DType::float32);
  other.load(path);
  EXPECT_EQ(other.parameters()[0].dtype(), DType::float32) << "values are converted";
}

TEST(State, ThatDoesNotFitIsRefused) {
  nn::Sequential net = small_net();
  const auto before = net.parameters()[0].to_vector();
  NamedTensors state = net.state();
  state[0].second = zeros({16, 3});
  state[3].first = "2.offset";
  EXPECT_EQ(message_of<InputError>([&] { net.load(state); }),
            "nn_sequential: the state lacks 2.bias, and has 2.offset, which the module has not");
  EXPECT_EQ(net.parameters()[0].to_vector(), before) << "nothing was changed";
  const nn::LoadReport report = net.load(state, false);
  EXPECT_THAT(report.missing, ElementsAre("2.bias"));
  EXPECT_THAT(report.unexpected, ElementsAre("2.offset"));
  EXPECT_THAT(net.parameters()[0].to_vector(), Each(0));
  state[1].second = zeros({15});
  EXPECT_THAT(message_of<InputError>([&] { net.load(state, false); }),
              AllOf(HasSubstr("0.bias"), HasSubstr("[15]"), HasSubstr("[16]")));
  const std::string path = temp_path("misfit.npz");
  save_npz(path, state);
  EXPECT_THAT(message_of<InputError>([&] { net.load(path); }), HasSubstr(path));
  EXPECT_THROW(net.load(temp_path("none.npz")), InputError);
}

TEST(State, OfItselfLoadsIntoItself) {
  nn::Sequential net = small_net();
  const auto before = net.parameters()[0].to_vector();
  net.load(net.state());
  EXPECT_EQ(net.parameters()[0].to_vector(), before);
}

}  // namespace
}  // namespace wald
