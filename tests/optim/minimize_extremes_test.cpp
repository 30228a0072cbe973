// Objectives that rise over hundreds of decades, are not smooth, or are not what they seem.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include <wald/optim/least_squares.h>
#include <wald/optim/parameters.h>

#include "minimize_problems.h"

namespace wald::optim {
namespace {

using ::testing::HasSubstr;

class Extreme : public ::testing::TestWithParam<Method> {
 protected:
  MinimizeResult run(const ScalarFunction& f, const Tensor& x0) const {
    MinimizeOptions options = by(GetParam());
    // Far above what any of these needs, and below what a loop without end takes.
    options.max_evaluations = 200000;
    return minimize(f, x0, options);
  }
};
INSTANTIATE_TEST_SUITE_P(Minimize, Extreme, ::testing::ValuesIn(available_methods()), test_name);

TEST_P(Extreme, ALongWayDownIsNotWithoutEnd) {
  // Newton's steps are 1 each all the way, as towards the infimum of exp(x).
  const auto f = [](const Tensor& x) { return sum(exp(x) - x); };
  for (const double start : {50., 700.}) {
    const MinimizeResult result = run(f, tensor({start}));
    EXPECT_EQ(outcome_of(result), "converged, tolerance") << start << ": " << result.message;
    EXPECT_NEAR(result.x.item(), 0, 1e-3);
  }
}

TEST_P(Extreme, CurvatureThatUnderflowsIsNone) {
  const MinimizeResult result =
      run([](const Tensor& x) { return sum(exp(x) - x); }, tensor({-1000}));
  EXPECT_EQ(outcome_of(result), "converged, tolerance") << result.message;
  EXPECT_NEAR(result.x.item(), 0, 1e-6);
}

TEST_P(Extreme, AValueThatGrowsFromNothingHasAMinimum) {
  const auto bump = [](const Tensor& x) { return -exp(-sum(square(x)) / 2); };
  const MinimizeResult result = run(bump, tensor({30, 1}));
  EXPECT_EQ(outcome_of(result), "converged, tolerance") << result.message;
  EXPECT_NEAR(result.value, -1, 1e-12);
}

TEST_P(Extreme, TinyObjectivesAreMinimizedToo) {
  const auto tiny = [](const Tensor& x) { return 1e-300 * (1 + rosenbrock(x)); };
  const MinimizeResult result = run(tiny, tensor({-1.2, 1}));
  EXPECT_EQ(outcome_of(result), "converged, tolerance") << result.message;
  EXPECT_NEAR(result.x.to_vector()[0], 1, 1e-6);
}

TEST_P(Extreme, HessiansThatOverflowEndTheRun) {
  const MinimizeResult result = run([](const Tensor& x) { return sum(log(x)); }, tensor({1}));
  EXPECT_EQ(outcome_of(result), "failed, unbounded") << result.message;
}

TEST_P(Extreme, AKinkWithASmoothDirectionBesideItEnds) {
  const auto f = [](const Tensor& x) { return abs(select(x, 0, 0)) + square(select(x, 0, 1) - 1); };
  const MinimizeResult result = run(f, tensor({3, 4}));
  EXPECT_NE(result.reason, Reason::unbounded);
  EXPECT_NEAR(result.value, 0, 1e-12);
}

TEST_P(Extreme, AJumpIsNoRounding) {
  // The infimum, 1, lies at 0, where the slope is 2.
  const auto f = [](const Tensor& x) { return sum(where(x > 0, square(x + 1), 5 - x)); };
  const MinimizeResult result = run(f, tensor({3.3}));
  EXPECT_EQ(outcome_of(result), "failed, stalled") << result.message;
  EXPECT_NEAR(result.value, 1, 1e-4);
}

TEST(Extremes, AGaussianSampleIsFittedFromFarAway) {
  const Tensor y = tensor({4.1, 5.3, 3.8, 6.0, 4.9, 5.2});
  Parameters parameters;
  parameters.add("mu", tensor(1e8)).add("sigma", tensor(1e-3), positive());
  const NamedResult fit = minimize(
      [&](const ParameterValues& p) {
        return 6 * log(p["sigma"]) + 0.5 * sum(square((y - p["mu"]) / p["sigma"]));
      },
      parameters);
  EXPECT_EQ(fit.result.status, Status::converged) << fit.result.message;
  EXPECT_NEAR(fit.values["sigma"].item(), 0.742556, 1e-5);
}

TEST(Extremes, WhatFallsTowardsABoundHasItsMinimumThere) {
  MinimizeOptions options = by(Method::lbfgsb);
  options.upper = tensor(50);
  const MinimizeResult result =
      minimize([](const Tensor& x) { return sum(exp(-x)); }, tensor({1}), options);
  EXPECT_EQ(outcome_of(result), "converged, tolerance") << result.message;
  EXPECT_EQ(result.x.item(), 50);
  // There the value has underflowed long before.
  options.upper = tensor(1e4);
  const MinimizeResult far =
      minimize([](const Tensor& x) { return sum(exp(-x)); }, tensor({1}), options);
  EXPECT_EQ(outcome_of(far), "converged, tolerance") << far.message;
}

TEST(Extremes, BoundsWithoutAValueAreRefused) {
  MinimizeOptions options = by(Method::lbfgsb);
  options.names = {"a", "b"};
  const auto refusal = [&](const Tensor& lower, const Tensor& upper) {
    options.lower = lower;
    options.upper = upper;
    int calls = 0;
    const auto f = [&](const Tensor& x) {
      ++calls;
      return rosenbrock(x);
    };
    try {
      minimize(f, tensor({0, 0}), options);
    } catch (const InputError& error) {
      EXPECT_EQ(calls, 0);
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(refusal(tensor({0, NAN}), {}), HasSubstr("b has no value between"));
  EXPECT_THAT(refusal(tensor({INFINITY, 0}), {}), HasSubstr("a has no value between"));
  EXPECT_THAT(refusal(tensor({0, 0}), tensor({1, -1})), HasSubstr("b has no value between"));
  EXPECT_THAT(refusal(zeros({1, 2}), {}), HasSubstr("lower has shape [1, 2]"));
  EXPECT_EQ(refusal(zeros({1, 1}), ones({1})), "");
}

TEST(Extremes, LeastSquaresSaysWhatIsFlatOrASaddle) {
  const auto sum_alone = [](const Tensor& b) { return reshape(sum(b) - 3, {1}); };
  const LeastSquaresResult few = least_squares(sum_alone, tensor({1, 1}));
  EXPECT_EQ(outcome_of(few), "converged, tolerance") << few.message;
  EXPECT_THAT(few.message, HasSubstr("flat along coordinate 0, coordinate 1"));
  const LeastSquaresResult top =
      least_squares([](const Tensor& b) { return square(b) - 1; }, tensor({0}));
  EXPECT_EQ(outcome_of(top), "failed, saddle") << top.message;
}

TEST(Extremes, LeastSquaresConvergesWhereAllIsZeroAndSingular) {
  const auto powell = [](const Tensor& x) {
    const auto at = [&](int i) { return select(x, 0, i); };
    return stack({at(0) + 10 * at(1), std::sqrt(5.) * (at(2) - at(3)), square(at(1) - 2 * at(2)),
                  std::sqrt(10.) * square(at(0) - at(3))});
  };
  const LeastSquaresResult fit = least_squares(powell, tensor({3, -1, 0, 1}));
  EXPECT_EQ(outcome_of(fit), "converged, tolerance") << fit.message;
  EXPECT_LT(fit.rss, 1e-25);
}

TEST(Extremes, LeastSquaresShowsPointsInTheUsersShape) {
  MinimizeOptions options;
  options.keep_history = true;
  const LeastSquaresResult fit =
      least_squares([](const Tensor& b) { return b - 3; }, ones({2, 1}), options);
  EXPECT_EQ(to_string(fit.history.at(0).point.x.shape()), "[2, 1]");
  EXPECT_EQ(to_string(fit.history.at(0).point.gradient.shape()), "[2, 1]");
}

}  // namespace
}  // namespace wald::optim
