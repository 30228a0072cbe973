// Operations of the user's own: values, first and second derivatives, forward and batched sweeps,
// what may be saved, and what goes wrong with a message.
#include <wald/engine/function.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include <wald/engine/autograd.h>
#include <wald/engine/gradcheck.h>
#include <wald/engine/node.h>
#include <wald/engine/op.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>

#include "message_of.h"

namespace wald {
namespace {

using testing::message_of;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Many = std::vector<Tensor>;

struct LogBase : Function<LogBase> {
  static Tensor forward(Context& ctx, const Tensor& x, double base) {
    EXPECT_FALSE(is_grad_enabled());
    ctx.save_for_backward({x});
    ctx.saved_data["base"] = base;
    return log(x) / std::log(base);
  }
  static Many backward(Context& ctx, const Many& grads) {
    const double base = std::any_cast<double>(ctx.saved_data["base"]);
    return {grads[0] / (ctx.saved()[0] * std::log(base)), {}};
  }
};

TEST(Function, HasValueGradientAndName) {
  const Tensor x = tensor({1, 10, 100}).requires_grad_();
  const Tensor y = LogBase::apply(x, 10.0);
  EXPECT_NEAR(select(y, 0, 2).item(), 2, 1e-15);
  EXPECT_EQ(y.grad_fn()->name(), "LogBaseBackward");
  ASSERT_EQ(y.grad_fn()->next_functions().size(), 1u) << "one for each tensor";
  const Tensor g = grad(sum(y), x);
  EXPECT_NEAR(select(g, 0, 1).item(), 0.1 / std::log(10), 1e-16);
  EXPECT_FALSE(LogBase::apply(x.detach(), 10.0).requires_grad());
  const NoGradGuard off;
  EXPECT_FALSE(LogBase::apply(x, 10.0).requires_grad());
}

TEST(Function, PassesBothChecksWithSweepsOfAllKinds) {
  const TensorFunction f = [](const Tensor& x) { return LogBase::apply(exp(x) + 1, 2.0); };
  const Tensor x = tensor({{0.3, -1}, {2, 0.1}});
  EXPECT_TRUE(gradcheck(f, x, {.atol = 1e-8}));
  EXPECT_TRUE(gradgradcheck(f, x, {.atol = 1e-8}));
  const ScalarFunction plain = [](const Tensor& z) { return sum(square(log(exp(z) + 1))); };
  const ScalarFunction own = [](const Tensor& z) {
    return sum(square(LogBase::apply(exp(z) + 1, std::exp(1.0))));
  };
  for (HessianMethod method : {HessianMethod::batched, HessianMethod::rows}) {
    const std::vector<double> a = hessian(plain, x, method).to_vector();
    const std::vector<double> b = hessian(own, x, method).to_vector();
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-14);
  }
  const auto third = [](const ScalarFunction& g, const Tensor& at) {
    return jacobian([&](const Tensor& z) { return hessian(g, z); }, at).to_vector();
  };
  const std::vector<double> a = third(plain, x), b = third(own, x);
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-13);
}

namespace inner {
template <class T>
struct Doubled : Function<Doubled<T>> {
  static Tensor forward(Context&, const Tensor& x) { return x * 2; }
  static Many backward(Context&, const Many& grads) { return {grads[0] * 2}; }
};
}  // namespace inner

TEST(Function, IsNamedWithoutItsNamespaces) {
  struct Local : Function<Local> {
    static Tensor forward(Context&, const Tensor& x) { return x + 0; }
    static Many backward(Context&, const Many& grads) { return grads; }
  };
  const Tensor x = tensor(1).requires_grad_();
  EXPECT_EQ(Local::apply(x).grad_fn()->name(), "LocalBackward");
  EXPECT_EQ(inner::Doubled<int>::apply(x).grad_fn()->name(), "Doubled<int>Backward");
}

/// exp whose derivative is its own output, saved.
struct OwnExp : Function<OwnExp> {
  static Tensor forward(Context& ctx, const Tensor& x) {
    const Tensor y = exp(x);
    ctx.save_for_backward({y});
    return y;
  }
  static Many backward(Context& ctx, const Many& grads) { return {grads[0] * ctx.saved()[0]}; }
};

TEST(Function, SavesOutputsConnectedAndWithoutACycle) {
  const Tensor x = tensor({0.5, -1});
  EXPECT_TRUE(gradcheck([](const Tensor& z) { return OwnExp::apply(z); }, x, {.atol = 1e-8}));
  EXPECT_TRUE(gradgradcheck([](const Tensor& z) { return OwnExp::apply(z); }, x, {.atol = 1e-8}));
  std::weak_ptr<int> alive;
  {
    auto token = std::make_shared<int>(1);
    alive = token;
    std::vector<double> memory = {1, 2};
    const Tensor leaf = from_memory<double>(memory.data(), {2}, [token] {}).requires_grad_();
    token.reset();
    const Tensor y = OwnExp::apply(leaf * 1);
    const Tensor g = grad(sum(y), leaf, {.create_graph = true});
    EXPECT_FALSE(alive.expired());
  }
  EXPECT_TRUE(alive.expired()) << "the graph keeps itself alive";
}

/// Several tensors and other things in any order; two outputs and one without gradient.
struct Mixed : Function<Mixed> {
  static Many forward(Context& ctx, const std::string& what, const Tensor& a,
                      const std::vector<int>& numbers, const Tensor& b, double scale) {
    EXPECT_EQ(what, "mix");
    EXPECT_FALSE(ctx.needs_input_grad(0));
    EXPECT_EQ(ctx.needs_input_grad(1), a.requires_grad());
    EXPECT_EQ(ctx.needs_input_grad(3), b.requires_grad());
    EXPECT_THROW(ctx.needs_input_grad(5), IndexError);
    ctx.save_for_backward({a, b});
    ctx.saved_data["factor"] = scale * numbers.at(1);
    const Tensor sign_of_a = sign(a), count = to(a > 0, DType::int64);
    ctx.mark_non_differentiable({sign_of_a});
    return {a * b * std::any_cast<double>(ctx.saved_data["factor"]), sum(a), sign_of_a, count};
  }
  static Many backward(Context& ctx, const Many& grads) {
    EXPECT_EQ(grads.size(), 4u);
    for (const Tensor& g : grads) EXPECT_TRUE(g.defined());
    const double factor = std::any_cast<double>(ctx.saved_data["factor"]);
    const Tensor a = ctx.saved()[0], b = ctx.saved()[1];
    Many out(5);
    if (ctx.needs_input_grad(1)) out[1] = grads[0] * b * factor + grads[1];
    if (ctx.needs_input_grad(3)) out[3] = sum(grads[0] * a) * factor;
    return out;
  }
};

TEST(Function, TakesSeveralTensorsAndAnythingElse) {
  const FunctionToSeveral f = [](const Many& in) {
    Many all = Mixed::apply(std::string("mix"), in[0], std::vector<int>{7, 2}, in[1], 1.5);
    EXPECT_EQ(all.size(), 4u);
    EXPECT_FALSE(all[2].requires_grad());
    EXPECT_FALSE(all[3].requires_grad());
    return all;
  };
  const Many at = {tensor({1, -2, 3}), tensor(0.5)};
  EXPECT_THAT(f(at)[0].to_vector(), ElementsAre(1.5, -3, 4.5));
  EXPECT_TRUE(gradcheck(f, at, {.atol = 1e-8}));
  EXPECT_TRUE(gradgradcheck(f, at, {.atol = 1e-8}));
  const Tensor a = tensor({1, -2, 3}).requires_grad_();
  const Many out = Mixed::apply(std::string("mix"), a, std::vector<int>{7, 2}, tensor(0.5), 1.5);
  EXPECT_THAT(grad(out[1], a).to_vector(), ElementsAre(1, 1, 1)) << "the second output alone";
}

/// Two outputs; backward sees which gradients are there.
struct Split : Function<Split> {
  static inline std::vector<bool> seen;
  static Many forward(Context& ctx, const Tensor& x) {
    ctx.set_materialize_grads(false);
    return {x * 2, x * 3};
  }
  static Many backward(Context&, const Many& grads) {
    seen = {grads[0].defined(), grads[1].defined()};
    Tensor total;
    if (grads[0].defined()) total = grads[0] * 2;
    if (grads[1].defined()) total = total.defined() ? total + grads[1] * 3 : grads[1] * 3;
    return {total};
  }
};

TEST(Function, LeavesZeroGradientsOutIfAsked) {
  const Tensor x = tensor({1, 2}).requires_grad_();
  EXPECT_THAT(grad(sum(Split::apply(x)[1]), x).to_vector(), ElementsAre(3, 3));
  EXPECT_THAT(Split::seen, ElementsAre(false, true));
  EXPECT_TRUE(gradcheck([](const Many& in) { return Split::apply(in[0]); }, Many{x}));
}

/// A forward rule of its own; counts its calls.
struct Cube : Function<Cube> {
  static inline int jvp_calls = 0;
  static Tensor forward(Context& ctx, const Tensor& x, const Tensor& unused) {
    ctx.save_for_backward({x});
    return x * x * x + 0 * sum(unused);
  }
  static Many backward(Context& ctx, const Many& grads) {
    return {3 * grads[0] * square(ctx.saved()[0]), {}};
  }
  static Many jvp(Context& ctx, const Many& tangents) {
    ++jvp_calls;
    EXPECT_EQ(tangents.size(), 2u);
    EXPECT_TRUE(tangents[1].defined()) << "zeros are filled in";
    return {3 * tangents[0] * square(ctx.saved()[0])};
  }
};

TEST(Function, UsesAStatedForwardRule) {
  const TensorFunction f = [](const Tensor& x) { return Cube::apply(x, tensor({1, 2})); };
  Cube::jvp_calls = 0;
  EXPECT_THAT(jvp(f, tensor({1, 2}), tensor({1, 10})).jvp.to_vector(), ElementsAre(3, 120));
  EXPECT_EQ(Cube::jvp_calls, 1);
  EXPECT_THAT(jacobian(f, tensor({1, 2}), {.mode = JacobianMode::forward}).to_vector(),
              ElementsAre(3, 0, 0, 12));
  EXPECT_EQ(Cube::jvp_calls, 3) << "once for each direction";
  EXPECT_TRUE(gradcheck(f, tensor({1, 2}), {.atol = 1e-8}));
  EXPECT_TRUE(gradgradcheck(f, tensor({1, 2}), {.atol = 1e-7}));
}

/// Gives its first input back, unchanged, and a view of its second.
struct PassThrough : Function<PassThrough> {
  static Many forward(Context& ctx, const Tensor& x, const Tensor& y) {
    ctx.save_for_backward({x});
    return {x, slice(y, 0, 0, 1)};
  }
  static Many backward(Context& ctx, const Many& grads) {
    EXPECT_TRUE(ctx.saved()[0].is_leaf()) << "the input, not the output of the same call";
    return {grads[0] * 10, cat({grads[1], grads[1] * 0})};
  }
};

TEST(Function, MayReturnItsInputOrAViewOfIt) {
  const Tensor x = tensor({1, 2}).requires_grad_(), y = tensor({3, 4}).requires_grad_();
  const Many out = PassThrough::apply(x, y);
  EXPECT_FALSE(out[0].is_same(x));
  EXPECT_TRUE(x.is_leaf());
  EXPECT_EQ(out[0].grad_fn()->name(), "PassThroughBackward");
  EXPECT_EQ(out[0].data<double>(), x.data<double>());
  EXPECT_THAT(grad({sum(out[0]), sum(out[1])}, {x, y})[0].to_vector(), ElementsAre(10, 10));
  const NoGradGuard off;
  EXPECT_FALSE(PassThrough::apply(x, y)[0].requires_grad());
}

/// Returns its input and saves a constant computed on the way.
struct Scaled : Function<Scaled> {
  static Tensor forward(Context& ctx, const Tensor& x, const Tensor& optional) {
    const Tensor factor = optional.defined() ? optional : full({}, 2);
    ctx.save_for_backward({factor});
    return x * factor;
  }
  static Many backward(Context& ctx, const Many& grads) { return {grads[0] * ctx.saved()[0], {}}; }
};

TEST(Function, TakesUndefinedTensors) {
  const Tensor x = tensor({1, 2}).requires_grad_();
  EXPECT_THAT(grad(sum(Scaled::apply(x, Tensor())), x).to_vector(), ElementsAre(2, 2));
  EXPECT_THAT(grad(sum(Scaled::apply(x, tensor(5))), x).to_vector(), ElementsAre(5, 5));
  EXPECT_THAT(
      jacobian([](const Tensor& z) { return Scaled::apply(z, Tensor()); }, x).detach().to_vector(),
      ElementsAre(2, 0, 0, 2));
}

struct OptionalShift : Function<OptionalShift> {
  static Tensor forward(Context&, const Tensor& x, const Tensor& shift) {
    return shift.defined() ? x + shift : x;
  }
  static Many backward(Context& ctx, const Many& grads) {
    return {grads[0], ctx.needs_input_grad(1) ? sum(grads[0]) : Tensor()};
  }
  static Many jvp(Context&, const Many& tangents) {
    return {tangents[1].defined() ? tangents[0] + tangents[1] : tangents[0]};
  }
};

TEST(Function, GivesUndefinedTensorsNoTangent) {
  const Tensor x = tensor({1, 2});
  EXPECT_THAT(
      jvp([](const Tensor& z) { return OptionalShift::apply(z, Tensor()); }, x, x).jvp.to_vector(),
      ElementsAre(1, 2));
  EXPECT_TRUE(gradcheck([](const Many& in) { return OptionalShift::apply(in[0], in[1]); },
                        Many{x, tensor(3)}));
}

TEST(Function, TakesEmptiesScalarsAndFloat32) {
  for (const Tensor& x :
       {zeros({0}), zeros({0, 3}), tensor(2), to(tensor({1, 2}), DType::float32)}) {
    const Tensor leaf = x.detach().requires_grad_();
    const Tensor g = grad(sum(OwnExp::apply(leaf)), leaf);
    EXPECT_EQ(to_string(g.shape()), to_string(x.shape()));
    EXPECT_EQ(g.dtype(), x.dtype());
    const TensorFunction f = [](const Tensor& z) { return OwnExp::apply(z); };
    for (JacobianMode mode : {JacobianMode::forward, JacobianMode::reverse})
      EXPECT_EQ(jacobian(f, x, {.mode = mode}).to_vector(),
                jacobian([](const Tensor& z) { return exp(z); }, x, {.mode = mode}).to_vector());
  }
}

TEST(Function, TellsOfValuesWrittenAndOfAFreedGraph) {
  Tensor x = tensor({1, 2}).requires_grad_();
  const Tensor y = sum(LogBase::apply(x, 2.0));
  {
    const NoGradGuard off;
    x.fill_(5);
  }
  EXPECT_THAT(message_of<GraphError>([&] { grad(y, x); }),
              AllOf(HasSubstr("LogBaseBackward"), HasSubstr("in place")));
  const Tensor z = sum(LogBase::apply(x, 2.0));
  grad(z, x);
  EXPECT_THAT(message_of<GraphError>([&] { grad(z, x); }),
              AllOf(HasSubstr("LogBaseBackward"), HasSubstr("retain_graph")));
}

struct Wrong : Function<Wrong> {
  static inline Many gradients, tangents;
  static Tensor forward(Context&, const Tensor& x, int) { return x * 1; }
  static Many backward(Context&, const Many&) { return gradients; }
  static Many jvp(Context&, const Many&) { return tangents; }
};

TEST(Function, TellsOfGradientsThatDoNotFit) {
  const Tensor x = tensor({1, 2}).requires_grad_();
  auto run = [&] { grad(sum(Wrong::apply(x, 1)), x); };
  Wrong::gradients = {x};
  EXPECT_THAT(message_of<GraphError>(run),
              AllOf(HasSubstr("Wrong"), HasSubstr("1 gradients"), HasSubstr("2 arguments")));
  Wrong::gradients = {tensor({1, 2, 3}), {}};
  EXPECT_THAT(message_of<ShapeError>(run), AllOf(HasSubstr("Wrong"), HasSubstr("argument 0"),
                                                 HasSubstr("[3]"), HasSubstr("[2]")));
  Wrong::gradients = {x, x};
  EXPECT_THAT(message_of<GraphError>(run), AllOf(HasSubstr("argument 1"), HasSubstr("no tensor")));
  Wrong::gradients = {to(tensor({7, 8}), DType::float32), {}};
  EXPECT_EQ(grad(sum(Wrong::apply(x, 1)), x).dtype(), DType::float64);
  Wrong::gradients = {Tensor(), Tensor()};
  EXPECT_THAT(grad(sum(Wrong::apply(x, 1)), x).to_vector(), ElementsAre(0, 0));
  auto push = [&] {
    jvp([](const Tensor& z) { return Wrong::apply(z, 1); }, x.detach(), x.detach());
  };
  Wrong::tangents = {};
  EXPECT_THAT(message_of<GraphError>(push), AllOf(HasSubstr("jvp"), HasSubstr("0 tangents")));
  Wrong::tangents = {tensor(1)};
  EXPECT_THAT(message_of<ShapeError>(push), AllOf(HasSubstr("output 0"), HasSubstr("[2]")));
}

struct WritesItsInput : Function<WritesItsInput> {
  static Tensor forward(Context&, const Tensor& x) {
    Tensor same = x;
    same.fill_(0);
    return x * 1;
  }
  static Many backward(Context&, const Many& grads) { return grads; }
};
struct MarksAnother : Function<MarksAnother> {
  static Tensor forward(Context& ctx, const Tensor& x) {
    ctx.mark_non_differentiable({x * 1});
    return x * 1;
  }
  static Many backward(Context&, const Many& grads) { return grads; }
};
struct SavesLate : Function<SavesLate> {
  static Tensor forward(Context&, const Tensor& x) { return x * 1; }
  static Many backward(Context& ctx, const Many& grads) {
    ctx.save_for_backward(grads);
    return grads;
  }
};
struct ReadsValues : Function<ReadsValues> {
  static Tensor forward(Context& ctx, const Tensor& x) {
    ctx.save_for_backward({x});
    return x * x;
  }
  static Many backward(Context& ctx, const Many& grads) {
    std::vector<double> g = grads[0].to_vector(), x = ctx.saved()[0].to_vector();
    for (std::size_t i = 0; i < g.size(); ++i) g[i] *= 2 * x[i];
    return {from_vector(g, grads[0].shape())};
  }
};
struct GivesNothing : Function<GivesNothing> {
  static Tensor forward(Context&, const Tensor&) { return {}; }
  static Many backward(Context&, const Many& grads) { return grads; }
};

TEST(Function, TellsOfMisuse) {
  const Tensor x = tensor({1, 2}).requires_grad_();
  EXPECT_THAT(message_of<GraphError>([&] { WritesItsInput::apply(x); }),
              AllOf(HasSubstr("WritesItsInput"), HasSubstr("in place")));
  EXPECT_THAT(message_of<GraphError>([&] { MarksAnother::apply(x); }),
              HasSubstr("mark_non_differentiable"));
  EXPECT_THAT(message_of<GraphError>([&] { grad(sum(SavesLate::apply(x)), x); }),
              HasSubstr("save_for_backward"));
  EXPECT_THAT(message_of<GraphError>([&] { GivesNothing::apply(x); }), HasSubstr("undefined"));
}

TEST(Function, ABackwardOfPlainLoopsServesBackwardAlone) {
  const TensorFunction f = [](const Tensor& x) { return ReadsValues::apply(x); };
  EXPECT_TRUE(gradcheck(f, tensor({1, 2}), {.check_forward = false}));
  EXPECT_THAT(message_of<GraphError>([&] {
                jvp(f, tensor({1, 2}), tensor({1, 2}));
              }),
              AllOf(HasSubstr("ReadsValues"), HasSubstr("jvp")));
}

TEST(Function, IsNoNameForTheTableOfOperations) {
  static std::vector<std::string> names;
  const auto before = record_observer;
  record_observer = [](std::string_view name) { names.emplace_back(name); };
  LogBase::apply(tensor(2).requires_grad_(), 2.0);
  record_observer = before;
  for (const std::string& name : names) EXPECT_NE(name, "LogBase");
}

TEST(Function, KeepsALongChainOffTheStack) {
  const Tensor x = tensor(0).requires_grad_();
  Tensor y = x;
  for (int i = 0; i < 100000; ++i) y = inner::Doubled<char>::apply(y);
  y = Tensor();
  Tensor z = x;
  for (int i = 0; i < 1000; ++i) z = inner::Doubled<char>::apply(z);
  EXPECT_EQ(grad(z, x).item(), std::pow(2.0, 1000));
}

}  // namespace
}  // namespace wald
