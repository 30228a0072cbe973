// What the first-order optimizers do with their options, groups, parameters and gradients.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include <wald/engine/autograd.h>
#include <wald/optim/optim.h>

#include "../engine/message_of.h"
#include "problems.h"

namespace wald::optim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;

/// Ten steps (or n) on Rosenbrock's function, its sign turned where the optimizer maximizes.
template <class Kind, class Options>
std::vector<double> walk(const Options& options, int n = 10) {
  const Tensor x = parameter(rosenbrock_start);
  Kind optimizer({x}, options);
  const double sign = options.maximize ? -1 : 1;
  for (int i = 0; i < n; ++i)
    optimizer.step(closure_of(optimizer, [&] { return sign * rosenbrock(x); }));
  return x.to_vector();
}

// The points that torch.optim of PyTorch 1.13.1 (CPU, float64) arrives at, as repr prints them.
TEST(Options, OfSGDAsInPyTorch) {
  expect_close(
      walk<SGD>(SGDOptions{.lr = 1e-4, .momentum = 0.5, .weight_decay = 0.1, .maximize = true}),
      {-0.8930508267486077, 0.5470895003412675, -0.29164898412056045, 0.5988422017082761},
      "maximize");
  expect_close(
      walk<SGD>(SGDOptions{.lr = 1e-3, .momentum = 0.9, .dampening = 0.3, .weight_decay = 0.5}),
      {0.06057921282437773, 0.20351652644037987, -0.057535742188501354, -0.04665066507456797},
      "dampening and weight decay");
}

TEST(Options, OfAdamAsInPyTorch) {
  expect_close(
      walk<Adam>(AdamOptions{
          .lr = 0.02, .betas = {0.8, 0.95}, .eps = 1e-3, .weight_decay = 0.1, .amsgrad = true}),
      {-1.0105515551012927, 0.8075665165968988, -0.30430987316930086, 0.6005941059459077}, "all");
  expect_close(walk<Adam>(AdamOptions{.lr = 0.02, .weight_decay = 0.1, .maximize = true}),
               {-1.007551536020567, 0.8052799416578975, -0.3029529690852039, 0.6003622274854433},
               "maximize");
  expect_close(walk<AdamW>(AdamWOptions{.lr = 0.02, .weight_decay = 0.3}),
               {-0.9469298479497322, 0.7536381416637926, -0.27994093525608665, 0.5592834110835149},
               "decoupled");
}

TEST(Options, OfAdagradAsInPyTorch) {
  expect_close(walk<Adagrad>(AdagradOptions{.lr = 0.1,
                                            .lr_decay = 0.1,
                                            .weight_decay = 0.1,
                                            .initial_accumulator_value = 2,
                                            .eps = 1e-3}),
               {-0.9133398296733555, 0.6971501157713238, -0.15521789919861043, 0.42874991578682037},
               "all");
  expect_close(walk<Adagrad>(AdagradOptions{.lr = 0.1, .maximize = true}),
               {-0.8654728643287455, 0.6457674422224777, -0.07311788216625507, 0.338562615220056},
               "maximize");
}

TEST(Options, OfRMSpropAsInPyTorch) {
  expect_close(
      walk<RMSprop>(RMSpropOptions{.lr = 0.01, .alpha = 0.9, .eps = 1e-3, .weight_decay = 0.1}),
      {-1.0469357725127246, 0.8424712909689883, -0.3358392342972672, 0.6283337758561274}, "plain");
  expect_close(walk<RMSprop>(RMSpropOptions{.lr = 0.01, .alpha = 0.9, .momentum = 0.9}),
               {-0.6250531730573952, 0.389623734962317, 0.18257712932128983, 0.05900939632720571},
               "momentum");
  expect_close(walk<RMSprop>(RMSpropOptions{.lr = 0.01, .maximize = true}),
               {-0.8629175186214761, 0.6431146682333964, -0.06940817690360966, 0.334862752197473},
               "maximize");
}

TEST(Options, OfRpropAsInPyTorch) {
  expect_close(
      walk<Rprop>(RpropOptions{.lr = 0.1, .etas = {0.3, 1.5}, .step_sizes = {0.01, 0.15}}, 20),
      {-0.5731249999999998, 0.32624999999999993, 0.12312499999999996, 0.011875000000000012},
      "etas and sizes");
  expect_close(walk<Rprop>(RpropOptions{.lr = 0.01, .maximize = true}),
               {-0.9404131788799998, 0.7404131788800001, -0.24041317888000002, 0.5404131788800002},
               "maximize");
}

/// One of each kind, for what all must do.
std::vector<std::unique_ptr<Optimizer>> one_of_each(const std::vector<Tensor>& parameters) {
  std::vector<std::unique_ptr<Optimizer>> all;
  all.push_back(
      std::make_unique<SGD>(parameters, SGDOptions{.lr = 1e-3, .momentum = 0.9, .nesterov = true}));
  all.push_back(std::make_unique<Rprop>(parameters));
  all.push_back(std::make_unique<Adam>(parameters, AdamOptions{.weight_decay = 0.1}));
  all.push_back(std::make_unique<AdamW>(parameters, AdamWOptions{.amsgrad = true}));
  all.push_back(std::make_unique<Adagrad>(parameters));
  all.push_back(
      std::make_unique<RMSprop>(parameters, RMSpropOptions{.momentum = 0.5, .centered = true}));
  return all;
}
constexpr std::size_t kinds = 6;

TEST(Parameters, OfFloat32StayAndMoveAsThoseOfFloat64) {
  for (std::size_t k = 0; k < kinds; ++k) {
    const Tensor single = parameter(rosenbrock_start, {}, DType::float32);
    const Tensor exact = parameter(rosenbrock_start);
    const auto a = std::move(one_of_each({single})[k]), b = std::move(one_of_each({exact})[k]);
    SCOPED_TRACE(a->kind());
    for (int i = 0; i < 5; ++i) {
      a->step(closure_of(*a, [&] { return rosenbrock(single); }));
      b->step(closure_of(*b, [&] { return rosenbrock(exact); }));
    }
    EXPECT_EQ(single.dtype(), DType::float32);
    for (const auto& [name, value] : a->state())
      EXPECT_TRUE(value.dim() == 0 || value.numel() == 0 || value.dtype() == DType::float32)
          << name;
    const auto got = single.to_vector(), wanted = exact.to_vector();
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], wanted[i], 1e-4) << i;
    EXPECT_NE(wanted, rosenbrock_start);
  }
}

TEST(Parameters, WithoutAGradientStay) {
  for (std::size_t k = 0; k < kinds; ++k) {
    const Tensor used = parameter({3, 4}), unused = parameter({5}, {1, 1});
    const auto optimizer = std::move(one_of_each({used, unused})[k]);
    SCOPED_TRACE(optimizer->kind());
    const Tensor loss =
        optimizer->step(closure_of(*optimizer, [&] { return sum(square(used - 1)); }));
    EXPECT_EQ(loss.item(), 13);
    EXPECT_FALSE(loss.requires_grad());
    EXPECT_EQ(unused.item(), 5) << "not even its weight decays";
    EXPECT_LT(used.to_vector()[0], 3);
  }
}

TEST(Parameters, OfNoElementsAndOfAnyStrides) {
  for (std::size_t k = 0; k < kinds; ++k) {
    const Tensor none = zeros({0, 3}).requires_grad_();
    const Tensor matrix = tensor({{1, 2}, {3, 4}, {5, 6}});
    const Tensor turned = transpose(matrix, 0, 1).detach().requires_grad_();
    const Tensor plain = parameter({1, 3, 5, 2, 4, 6}, {2, 3});
    const auto a = std::move(one_of_each({none, turned})[k]),
               b = std::move(one_of_each({plain})[k]);
    SCOPED_TRACE(a->kind());
    for (int i = 0; i < 3; ++i) {
      a->step(closure_of(*a, [&] { return sum(none) + sum(square(turned) * turned); }));
      b->step(closure_of(*b, [&] { return sum(square(plain) * plain); }));
    }
    EXPECT_EQ(turned.to_vector(), plain.to_vector());
  }
}

TEST(Gradients, AreOnlyRead) {
  for (std::size_t k = 0; k < kinds; ++k) {
    const Tensor x = parameter({3, -4});
    const auto optimizer = std::move(one_of_each({x})[k]);
    SCOPED_TRACE(optimizer->kind());
    sum(square(x)).backward();
    const Tensor g = x.grad();
    optimizer->step();
    EXPECT_TRUE(x.grad().is_same(g));
    EXPECT_THAT(g.to_vector(), ElementsAre(6, -8));
    // Nor is one kept that the user may write to: the next step is the same with another's values.
    const NamedTensors before = optimizer->state();
    std::vector<std::vector<double>> values;
    for (const auto& [name, value] : before) values.push_back(value.to_vector());
    Tensor(g).fill_(1e9);
    for (std::size_t i = 0; i < before.size(); ++i)
      EXPECT_EQ(before[i].second.to_vector(), values[i]) << before[i].first;
  }
}

TEST(Gradients, ThatHaveAGraphLeaveNoneBehind) {
  const Tensor x = parameter({3, -4});
  SGD optimizer({x}, {.lr = 0.1, .momentum = 0.9});
  for (int i = 0; i < 2; ++i) {
    optimizer.zero_grad();
    sum(square(x)).backward({}, true, true);
    optimizer.step();
  }
  EXPECT_TRUE(x.is_leaf());
  for (const auto& [name, value] : optimizer.state()) EXPECT_FALSE(value.requires_grad()) << name;
}

TEST(Groups, HaveOptionsOfTheirOwn) {
  const Tensor a = parameter({1}), b = parameter({1}), c = parameter({1});
  SGD optimizer({a}, {.lr = 0.1, .weight_decay = 1});
  SGDOptions other = optimizer.defaults();
  other.lr = 0.5;
  optimizer.add_param_group({b}, other);
  optimizer.add_param_group({c});
  ASSERT_EQ(optimizer.group_count(), 3u);
  EXPECT_EQ(optimizer.lr(1), 0.5);
  EXPECT_EQ(optimizer.options(1).weight_decay, 1) << "as the optimizer's others";
  EXPECT_EQ(optimizer.lr(2), 0.1);
  EXPECT_TRUE(optimizer.parameters(1)[0].is_same(b));
  optimizer.step(closure_of(optimizer, [&] { return sum(a + b + c); }));
  EXPECT_DOUBLE_EQ(a.item(), 1 - 0.1 * 2);
  EXPECT_DOUBLE_EQ(b.item(), 1 - 0.5 * 2);
  EXPECT_DOUBLE_EQ(c.item(), 1 - 0.1 * 2);
  optimizer.set_lr(0, 1);
  other.weight_decay = 0;
  optimizer.set_options(other, 2);
  optimizer.step();
  EXPECT_DOUBLE_EQ(b.item(), 1 - 0.5 * 2);
  EXPECT_DOUBLE_EQ(c.item(), 0.8 - 0.5);
  optimizer.zero_grad();
  for (const Tensor& x : {a, b, c}) EXPECT_FALSE(x.grad().defined());
  EXPECT_THROW(optimizer.set_lr(1, 3), IndexError);
  EXPECT_THROW(optimizer.parameters(3), IndexError);
}

TEST(Groups, RefuseWhatTheyCannotTake) {
  const Tensor a = parameter({1});
  SGD optimizer({a}, {.lr = 0.1});
  EXPECT_THROW(optimizer.add_param_group({}), InputError);
  EXPECT_THAT(message_of<InputError>([&] { optimizer.add_param_group({a}); }),
              HasSubstr("SGD: a parameter of shape [1] is given twice"));
  EXPECT_THROW(SGD({a, a}, {.lr = 0.1}), InputError);
  EXPECT_THROW(optimizer.add_param_group({tensor(1)}), GraphError) << "does not require grad";
  EXPECT_THROW(optimizer.add_param_group({a * 2}), GraphError) << "no leaf";
  EXPECT_THROW(optimizer.add_param_group({Tensor()}), Error);
  EXPECT_THROW(optimizer.add_param_group({parameter({1})}, {.lr = -1}), InputError);
  EXPECT_EQ(optimizer.group_count(), 1u) << "as it was";
  EXPECT_THROW(Adam(std::vector<Tensor>{}), InputError);
  EXPECT_THROW(Rprop({tensor(1)}), GraphError);
}

template <class Kind, class Options>
void expect_refused(const Options& options, const std::string& message) {
  EXPECT_EQ(message_of<InputError>([&] { Kind({parameter({1})}, options); }), message);
}

TEST(Options, OutOfRangeAreRefusedByName) {
  expect_refused<SGD>(SGDOptions{}, "SGD: lr is nan, but must be at least 0 and finite");
  expect_refused<SGD>(SGDOptions{.lr = 1, .momentum = -0.5},
                      "SGD: momentum is -0.5, but must be at least 0 and finite");
  expect_refused<SGD>(SGDOptions{.lr = 1, .dampening = INFINITY},
                      "SGD: dampening is inf, but must be finite");
  expect_refused<SGD>(SGDOptions{.lr = 1, .weight_decay = -1},
                      "SGD: weight_decay is -1, but must be at least 0 and finite");
  expect_refused<SGD>(SGDOptions{.lr = 1, .nesterov = true},
                      "SGD: nesterov needs a momentum above 0 and a dampening of 0, not momentum 0 "
                      "and dampening 0");
  expect_refused<SGD>(
      SGDOptions{.lr = 1, .momentum = 0.9, .dampening = 0.1, .nesterov = true},
      "SGD: nesterov needs a momentum above 0 and a dampening of 0, not momentum 0.9 "
      "and dampening 0.1");
  expect_refused<Adam>(AdamOptions{.betas = {1, 0.9}},
                       "Adam: betas.0 is 1, but must be at least 0 and below 1");
  expect_refused<AdamW>(AdamWOptions{.betas = {0.9, -0.1}},
                        "AdamW: betas.1 is -0.1, but must be at least 0 and below 1");
  expect_refused<Adam>(AdamOptions{.eps = -1},
                       "Adam: eps is -1, but must be at least 0 and finite");
  expect_refused<Adagrad>(AdagradOptions{.lr_decay = -1},
                          "Adagrad: lr_decay is -1, but must be at least 0 and finite");
  expect_refused<Adagrad>(
      AdagradOptions{.initial_accumulator_value = -1},
      "Adagrad: initial_accumulator_value is -1, but must be at least 0 and finite");
  expect_refused<RMSprop>(RMSpropOptions{.alpha = -1},
                          "RMSprop: alpha is -1, but must be at least 0 and finite");
  expect_refused<Rprop>(RpropOptions{.etas = {1, 1.2}},
                        "Rprop: etas.0 is 1, but must be above 0 and below 1");
  expect_refused<Rprop>(RpropOptions{.etas = {0.5, 1}},
                        "Rprop: etas.1 is 1, but must be above 1 and finite");
  expect_refused<Rprop>(RpropOptions{.step_sizes = {2, 1}},
                        "Rprop: step_sizes are 2 and 1, but must not fall");
  expect_refused<LBFGS>(LBFGSOptions{.history_size = 0},
                        "LBFGS: history_size is 0, but must be at least 1 and at most 2147483647");
}

TEST(Options, OutOfRangeChangeNothing) {
  Adam optimizer({parameter({1})}, {.lr = 0.5});
  EXPECT_THROW(optimizer.set_lr(-1), InputError);
  EXPECT_THROW(optimizer.set_options({.lr = 0.1, .eps = NAN}), InputError);
  EXPECT_EQ(optimizer.lr(), 0.5);
}

TEST(Step, LeavesTheModeAndLetsTheClosuresExceptionThrough) {
  const Tensor x = parameter({3});
  Adam optimizer({x});
  EXPECT_THROW(optimizer.step([]() -> Tensor { throw InputError("enough"); }), InputError);
  EXPECT_TRUE(is_grad_enabled());
  EXPECT_EQ(x.item(), 3);
  const NoGradGuard off;
  optimizer.step(closure_of(optimizer, [&] { return sum(square(x)); }));
  EXPECT_FALSE(is_grad_enabled());
  EXPECT_LT(x.item(), 3);
  EXPECT_TRUE(x.requires_grad());
}

TEST(Step, OfRMSpropStaysFiniteWhereTheGradientNeverChanges) {
  const Tensor x = parameter({0});
  RMSprop optimizer({x}, {.lr = 1e-3, .alpha = 0.5, .centered = true});
  for (int i = 0; i < 200; ++i) optimizer.step(closure_of(optimizer, [&] { return sum(x) * 0.1; }));
  EXPECT_TRUE(std::isfinite(x.item()));
}

}  // namespace
}  // namespace wald::optim
