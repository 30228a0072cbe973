// What L-BFGS does with its options, its parameters and what its closure gives; its recorded
// iterates are in trajectories_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>
#include <wald/optim/lbfgs.h>

#include "problems.h"

namespace wald::optim {
namespace {

using ::testing::ElementsAre;

LBFGSOptions wolfe() {
  LBFGSOptions options;
  options.line_search = LineSearch::strong_wolfe;
  return options;
}

TEST(Rosenbrock, IsSolvedToTheLastFigures) {
  // The figures of the recorded run that hold for any correct implementation of the method.
  const Tensor x = parameter(rosenbrock_start);
  LBFGS optimizer({x}, wolfe());
  const Closure closure = closure_of(optimizer, [&] { return rosenbrock(x); });
  EXPECT_NEAR(optimizer.step(closure).item(), 281.7, 1e-12);
  EXPECT_NEAR(optimizer.step(closure).item(), 3.100378716858029, 3e-9);
  EXPECT_NEAR(optimizer.step(closure).item(), 0.012970047914821748, 1e-9);
  EXPECT_LT(optimizer.step(closure).item(), 1e-10);
  EXPECT_EQ(optimizer.iterations(), 47);
  EXPECT_EQ(optimizer.evaluations(), 57);
  for (double v : x.to_vector()) EXPECT_NEAR(v, 1, 1e-6);
}

TEST(Parameters, MayBeSeveralTensorsOfAnyShape) {
  const Tensor whole = parameter(rosenbrock_start);
  LBFGS one({whole}, wolfe());
  const Tensor first = parameter({-1.2}, {1, 1}), second = parameter({1, -0.5}, {2, 1}),
               third = tensor(0.8).requires_grad_();
  LBFGS several({first, second, third}, wolfe());
  const auto joined = [&] {
    return cat({reshape(first, {1}), reshape(second, {2}), reshape(third, {1})});
  };
  const Closure a = closure_of(one, [&] { return rosenbrock(whole); });
  const Closure b = closure_of(several, [&] { return rosenbrock(joined()); });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(one.step(a).item(), several.step(b).item());
  EXPECT_EQ(whole.to_vector(), joined().detach().to_vector());
  EXPECT_EQ(to_string(second.shape()), "[2, 1]");
  EXPECT_EQ(one.evaluations(), several.evaluations());
}

TEST(Parameters, OneThatTheLossDoesNotUseStays) {
  const Tensor used = parameter({3, 4}), unused = parameter({5});
  LBFGS optimizer({used, unused}, wolfe());
  optimizer.step(closure_of(optimizer, [&] { return sum(square(used - 1)); }));
  EXPECT_THAT(unused.to_vector(), ElementsAre(5));
  for (double v : used.to_vector()) EXPECT_NEAR(v, 1, 1e-9);
}

TEST(Parameters, OfFloat32Converge) {
  const Tensor x = parameter({-1.2, 1}, {}, DType::float32);
  LBFGS optimizer({x}, wolfe());
  for (int i = 0; i < 5; ++i) optimizer.step(closure_of(optimizer, [&] { return rosenbrock(x); }));
  EXPECT_EQ(x.dtype(), DType::float32);
  for (double v : x.to_vector()) EXPECT_NEAR(v, 1, 2e-3);  // sqrt(eps) times the condition number
}

TEST(Parameters, ThatCannotBeOptimizedAreRefused) {
  EXPECT_THROW(LBFGS({}), InputError);
  EXPECT_THROW(LBFGS({tensor(1)}), Error) << "does not require grad";
  EXPECT_THROW(LBFGS({parameter({1}) * 2}), Error) << "no leaf";
  EXPECT_THROW(LBFGS({parameter({1}), parameter({1}, {}, DType::float32)}), DTypeError);
  EXPECT_THROW(LBFGS({Tensor()}), Error);
  EXPECT_THROW(LBFGS({parameter({1})}).step(), InputError) << "no closure";
}

TEST(Options, ThatMakeNoSenseAreRefused) {
  const Tensor x = parameter({1});
  const auto with = [&](auto change) {
    LBFGSOptions options;
    change(options);
    LBFGS optimizer({x}, options);
  };
  EXPECT_THROW(with([](auto& o) { o.history_size = 0; }), InputError);
  EXPECT_THROW(with([](auto& o) { o.max_iter = -1; }), InputError);
  EXPECT_THROW(with([](auto& o) { o.lr = 0; }), InputError);
  EXPECT_THROW(with([](auto& o) { o.lr = NAN; }), InputError);
}

/// Iterations and evaluations of one step on Rosenbrock.
std::pair<std::int64_t, std::int64_t> counts(const LBFGSOptions& options,
                                             const std::vector<double>& start = rosenbrock_start) {
  const Tensor x = parameter(start);
  LBFGS optimizer({x}, options);
  optimizer.step(closure_of(optimizer, [&] { return rosenbrock(x); }));
  return {optimizer.iterations(), optimizer.evaluations()};
}

TEST(Options, BoundTheWorkOfOneStep) {
  LBFGSOptions options;
  options.lr = 0.1;
  options.max_iter = 5;
  EXPECT_EQ(counts(options), std::pair(std::int64_t{5}, std::int64_t{5}))
      << "the last is not evaluated";
  options.max_eval = 3;
  EXPECT_EQ(counts(options).second, 3);
  options = wolfe();
  options.max_iter = 7;
  EXPECT_EQ(counts(options).first, 7);
  options.max_eval = 1;
  EXPECT_EQ(counts(options).first, 1) << "evaluations are counted between iterations";
  options.max_iter = 0;
  EXPECT_EQ(counts(options), std::pair(std::int64_t{0}, std::int64_t{1}));
  options = wolfe();
  options.max_iter = 20;
  EXPECT_LE(counts(options).second, 25 + 25) << "20 * 5 / 4, and the rest of one line search";
}

TEST(Options, ToleranceOfTheGradient) {
  EXPECT_EQ(counts(wolfe(), {1, 1, 1, 1}), std::pair(std::int64_t{0}, std::int64_t{1}))
      << "at the minimum already";
  LBFGSOptions options = wolfe();
  options.tolerance_grad = 1e9;
  EXPECT_EQ(counts(options).first, 0);
  options.tolerance_grad = 1;
  options.max_iter = 100;
  const Tensor x = parameter(rosenbrock_start);
  LBFGS optimizer({x}, options);
  optimizer.step(closure_of(optimizer, [&] { return rosenbrock(x); }));
  for (double g : grad(rosenbrock(x), x).to_vector()) EXPECT_LE(std::fabs(g), 1);
}

TEST(Options, ToleranceOfTheChange) {
  LBFGSOptions options = wolfe();
  options.tolerance_change = 1e9;
  EXPECT_LE(counts(options).first, 1);
  options.tolerance_change = 0;
  options.max_iter = 60;
  const Tensor x = parameter(rosenbrock_start);
  LBFGS optimizer({x}, options);
  for (int i = 0; i < 3; ++i) optimizer.step(closure_of(optimizer, [&] { return rosenbrock(x); }));
  EXPECT_LE(rosenbrock(x).item(), 1e-15);
}

TEST(Step, GivesTheLossWhereItBegan) {
  const Tensor x = parameter({3});
  LBFGS optimizer({x}, wolfe());
  const Tensor loss = optimizer.step(closure_of(optimizer, [&] { return sum(square(x)); }));
  EXPECT_EQ(loss.item(), 9);
  EXPECT_FALSE(loss.requires_grad());
  EXPECT_NEAR(x.item(), 0, 1e-9);
}

TEST(Step, LeavesTheGradientOfSomeEvaluationAndTheMode) {
  const Tensor x = parameter({3, 4});
  LBFGS optimizer({x}, wolfe());
  {
    const NoGradGuard off;
    optimizer.step(closure_of(optimizer, [&] { return sum(square(x)); }));
    EXPECT_FALSE(is_grad_enabled());
  }
  EXPECT_TRUE(x.grad().defined());
  optimizer.zero_grad();
  EXPECT_FALSE(x.grad().defined());
  EXPECT_TRUE(x.requires_grad());
}

TEST(Step, LetsTheClosuresExceptionThrough) {
  const Tensor x = parameter({3, 4});
  LBFGS optimizer({x}, wolfe());
  int calls = 0;
  const auto f = [&] {
    if (++calls == 3) throw InputError("enough");
    return rosenbrock(x);
  };
  EXPECT_THROW(optimizer.step(closure_of(optimizer, f)), InputError);
  EXPECT_TRUE(is_grad_enabled());
  for (double v : x.to_vector()) EXPECT_TRUE(std::isfinite(v));
}

/// Ends at a finite point no worse than the start, though a trial was not finite.
template <class F>
void expect_survives(const F& f, const std::vector<double>& start, const char* what) {
  SCOPED_TRACE(what);
  const Tensor x = parameter(start);
  LBFGSOptions options = wolfe();
  options.max_iter = 30;
  LBFGS optimizer({x}, options);
  const double before = f(x).item();
  int not_finite = 0;
  const auto counted = [&] {
    const Tensor loss = f(x);
    not_finite += !std::isfinite(loss.item());
    return loss;
  };
  for (int i = 0; i < 4; ++i) optimizer.step(closure_of(optimizer, counted));
  EXPECT_GT(not_finite, 0) << "the case shows nothing";
  for (double v : x.to_vector()) EXPECT_TRUE(std::isfinite(v)) << v;
  const double after = f(x).item();
  EXPECT_TRUE(std::isfinite(after)) << after;
  EXPECT_LE(after, before);
}

TEST(NonFinite, TrialsThatAreInfiniteAreTakenBack) {
  expect_survives([](const Tensor& x) { return sum(where(x < 2, -5 * x, 1 / (x - x))); }, {1.5},
                  "a wall at 2, where value and gradient are not finite");
  expect_survives([](const Tensor& x) { return sum(where(x < 2, -5 * x, full({}, INFINITY))); },
                  {1.5}, "a wall at 2, flat beyond");
}

TEST(NonFinite, TrialsThatAreNotANumberAreTakenBack) {
  expect_survives([](const Tensor& x) { return sum(where(x < 2, -5 * x, log(-x))); }, {1.5},
                  "a wall at 2, not a number beyond, with a finite gradient");
  expect_survives([](const Tensor& x) { return sum(-5 * x + 0 * sqrt(2 - x)); }, {1.5},
                  "a wall at 2, value and gradient not numbers beyond");
}

TEST(NonFinite, AStartThatIsNotANumberLeavesThePointThere) {
  const Tensor x = parameter({-1, 2});
  LBFGS optimizer({x}, wolfe());
  const Tensor loss = optimizer.step(closure_of(optimizer, [&] { return sum(log(x)); }));
  EXPECT_TRUE(std::isnan(loss.item()));
  EXPECT_THAT(x.to_vector(), ElementsAre(-1, 2)) << "nothing is known of any direction";
}

}  // namespace
}  // namespace wald::optim
