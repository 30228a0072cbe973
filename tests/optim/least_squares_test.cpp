// Nonlinear least squares: NIST's certified regressions from both published starts, and what the
// options and statuses mean.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <wald/engine/ops/ops.h>
#include <wald/optim/least_squares.h>

#include "nist_problems.h"

namespace wald::optim {
namespace {

using testing::log_relative_error;
using testing::NistProblem;

TEST(NistLeastSquares, AreSolvedFromBothStarts) {
  WALD_NEEDS_ORACLE("nist/index.json");
  int runs = 0, to_ten_digits = 0;
  for (const std::string& name : testing::nist_names()) {
    const NistProblem problem = testing::nist_problem(name);
    for (int start : {0, 1}) {
      const LeastSquaresResult fit =
          least_squares([&](const Tensor& b) { return problem.residuals(b); },
                        from_vector(problem.starts[start]));
      const double digits = log_relative_error(fit.x.to_vector(), problem.params);
      const double sd_digits = log_relative_error(fit.std_errors.to_vector(), problem.sd);
      std::printf(
          "%-9s start %d: LRE of parameters %4.1f, standard deviations %4.1f (data %4.1f), rss "
          "%4.1f; %s; %lld iterations, %lld evaluations, %lld Jacobians, %lld Hessians\n",
          name.c_str(), start + 1, digits, sd_digits, problem.sd_digits,
          log_relative_error(fit.rss, problem.rss), name_of(fit.status),
          static_cast<long long>(fit.iterations), static_cast<long long>(fit.evaluations.values),
          static_cast<long long>(fit.evaluations.gradients),
          static_cast<long long>(fit.evaluations.hessians));
      EXPECT_EQ(fit.status, Status::converged) << name << ", start " << start + 1;
      EXPECT_GE(digits, 8) << name << ", start " << start + 1;
      EXPECT_GE(sd_digits, std::min(7.0, problem.sd_digits - 1)) << name << ", start " << start + 1;
      ++runs;
      to_ten_digits += digits >= 10;
    }
  }
  EXPECT_GE(10 * to_ten_digits, 9 * runs);
}

Tensor element(const Tensor& x, std::int64_t i) { return select(x, 0, i); }

const Tensor times = tensor({1, 2, 3, 4, 5, 6, 7, 8});
const Tensor decay = tensor({5.1, 3.2, 2.3, 1.2, 1.1, 0.6, 0.4, 0.35});

/// A decay from b0 at rate b1.
Tensor decay_residuals(const Tensor& b) {
  return element(b, 0) * exp(-element(b, 1) * times) - decay;
}

TEST(LeastSquares, OfALinearModel) {
  const Tensor x = stack({ones({5}), tensor({1, 2, 3, 4, 5})}, 1), y = tensor({1, 3, 2, 5, 4});
  const LeastSquaresResult fit =
      least_squares([&](const Tensor& b) { return y - mv(x, b); }, tensor({0, 0}));
  EXPECT_EQ(fit.status, Status::converged);
  EXPECT_NEAR(element(fit.x, 0).item(), 0.6, 1e-14);
  EXPECT_NEAR(element(fit.x, 1).item(), 0.8, 1e-15);
  EXPECT_NEAR(fit.rss, 3.6, 1e-14);
  EXPECT_EQ(fit.degrees_of_freedom, 3);
  EXPECT_NEAR(fit.residual_std_dev(), std::sqrt(1.2), 1e-15);
  EXPECT_NEAR(element(fit.std_errors, 1).item(), std::sqrt(0.12), 1e-15);
  EXPECT_NEAR(select(element(fit.covariance, 0), 0, 1).item(), -0.36, 1e-14);
}

TEST(LeastSquares, ResultBelongsTogether) {
  const LeastSquaresResult fit = least_squares(decay_residuals, tensor({1, 1}));
  EXPECT_EQ(fit.residuals.to_vector(), decay_residuals(fit.x).to_vector());
  EXPECT_EQ(fit.jacobian.to_vector(), jacobian(decay_residuals, fit.x).to_vector());
  EXPECT_DOUBLE_EQ(fit.value, fit.rss / 2);
  const ScalarFunction half_rss = [](const Tensor& b) {
    return 0.5 * sum(square(decay_residuals(b)));
  };
  const std::vector<double> exact = hessian(half_rss, fit.x).to_vector();
  for (std::size_t i = 0; i < exact.size(); ++i)
    EXPECT_NEAR(fit.hessian.to_vector()[i], exact[i], 1e-12 * std::abs(exact[i]));
  for (double g : fit.gradient.to_vector()) EXPECT_NEAR(g, 0, 1e-14);
  EXPECT_GE(fit.evaluations.values, fit.evaluations.gradients);
}

TEST(LeastSquares, ShapesAreTheUsers) {
  const auto f = [](const Tensor& b) {
    EXPECT_EQ(b.shape(), (Dims{2, 1}));
    return reshape(decay_residuals(reshape(b, {2})), {4, 2});
  };
  const LeastSquaresResult fit = least_squares(f, tensor({{1}, {1}}));
  EXPECT_EQ(fit.x.shape(), (Dims{2, 1}));
  EXPECT_EQ(fit.gradient.shape(), (Dims{2, 1}));
  EXPECT_EQ(fit.residuals.shape(), (Dims{8}));
  EXPECT_EQ(fit.x.to_vector(), least_squares(decay_residuals, tensor({1, 1})).x.to_vector());
}

// Powers of two round nothing, so the runs are the same step by step.
TEST(LeastSquares, UnitsDoNotMatter) {
  const LeastSquaresResult fit = least_squares(decay_residuals, tensor({1, 1}));
  const Tensor units = tensor({0x1p60, 0x1p-70});
  for (double of_residuals : {0x1p-120, 0x1p90}) {
    const LeastSquaresResult scaled = least_squares(
        [&](const Tensor& b) { return of_residuals * decay_residuals(b * units); }, 1 / units);
    EXPECT_EQ(scaled.status, Status::converged);
    EXPECT_EQ((scaled.x * units).to_vector(), fit.x.to_vector());
    EXPECT_EQ((scaled.std_errors * units).to_vector(), fit.std_errors.to_vector());
    EXPECT_EQ(scaled.iterations, fit.iterations);
  }
}

TEST(LeastSquares, ABoundThatHoldsIsKept) {
  const LeastSquaresResult free = least_squares(decay_residuals, tensor({1, 1}));
  const double bound = 0.8 * element(free.x, 1).item();
  const LeastSquaresResult fixed = least_squares(
      [&](const Tensor& b) {
        return decay_residuals(stack({element(b, 0), tensor(bound)}));
      },
      tensor({1}));
  for (double start : {0.01, 1.0, 30.0}) {
    const LeastSquaresResult fit =
        least_squares(decay_residuals, tensor({1, start}),
                      {.lower = tensor({0, 0}), .upper = tensor({100, bound})});
    EXPECT_EQ(fit.status, Status::converged) << fit.message;
    EXPECT_EQ(element(fit.x, 1).item(), bound);
    EXPECT_LT(element(fit.gradient, 1).item(), 0) << "it presses outward";
    EXPECT_NEAR(element(fit.x, 0).item(), element(fixed.x, 0).item(), 1e-13);
    EXPECT_EQ(fit.degrees_of_freedom, 7);
    EXPECT_NEAR(element(fit.std_errors, 0).item(), element(fixed.std_errors, 0).item(), 1e-13);
    EXPECT_EQ(element(fit.std_errors, 1).item(), 0);
  }
}

TEST(LeastSquares, BoundsThatDoNotHoldChangeNothing) {
  const LeastSquaresResult free = least_squares(decay_residuals, tensor({1, 1}));
  // The first steps would leave the box.
  const LeastSquaresResult boxed = least_squares(
      decay_residuals, tensor({0.5, 0.02}), {.lower = tensor(0.01), .upper = tensor({7.9, 0.6})});
  EXPECT_EQ(boxed.status, Status::converged) << boxed.message;
  for (std::int64_t i : {0, 1})
    EXPECT_NEAR(element(boxed.x, i).item(), element(free.x, i).item(), 1e-13);
  const LeastSquaresResult all_held = least_squares(
      decay_residuals, tensor({1, 1}), {.lower = tensor({9, 2}), .upper = tensor({9, 2})});
  EXPECT_EQ(all_held.x.to_vector(), (std::vector<double>{9, 2}));
  EXPECT_EQ(all_held.status, Status::converged);
}

TEST(LeastSquares, StepsToWhereResidualsAreNotFiniteAreShortened) {
  // From 20 the first whole step leads to the logarithm of a negative number.
  for (double start : {20.0, 1e-3}) {
    const LeastSquaresResult fit =
        least_squares([](const Tensor& b) { return log(b) - 1; }, tensor({start}));
    EXPECT_EQ(fit.status, Status::converged) << fit.message;
    EXPECT_NEAR(fit.x.to_vector()[0], std::exp(1), 1e-14);
  }
  const LeastSquaresResult lost =
      least_squares([](const Tensor& b) { return log(b) - 1; }, tensor({-1}));
  EXPECT_EQ(lost.status, Status::failed);
  EXPECT_EQ(lost.reason, Reason::not_finite);
  EXPECT_EQ(lost.x.to_vector(), (std::vector<double>{-1}));
}

// Dennis and Schnabel (1983), example 10.2.4: whole Gauss-Newton steps would not converge.
TEST(LeastSquares, LargeResidualsKeepAllDigits) {
  const auto f = [](const Tensor& x) {
    return exp(element(x, 0) * tensor({1, 2, 3})) - tensor({2, 4, -8});
  };
  const LeastSquaresResult fit = least_squares(f, tensor({1}));
  EXPECT_EQ(fit.status, Status::converged);
  EXPECT_NEAR(fit.x.to_vector()[0], -0.791486337059211368, 1e-15);
}

TEST(LeastSquares, ExactDataAreMet) {
  const Tensor y = 3 * exp(-0.5 * times);
  const LeastSquaresResult fit = least_squares(
      [&](const Tensor& b) { return element(b, 0) * exp(-element(b, 1) * times) - y; },
      tensor({1, 1}));
  EXPECT_EQ(fit.status, Status::converged) << fit.message;
  EXPECT_NEAR(element(fit.x, 0).item(), 3, 1e-14);
  EXPECT_NEAR(element(fit.x, 1).item(), 0.5, 1e-15);
  EXPECT_LT(fit.rss, 1e-30);
}

TEST(LeastSquares, ParametersThatAreNotDeterminedAreNamed) {
  const LeastSquaresResult fit = least_squares(
      [](const Tensor& b) {
        return decay_residuals(stack({element(b, 0) + element(b, 1), element(b, 2)}));
      },
      tensor({1, 1, 1}), {.names = {"height", "more", "rate"}});
  EXPECT_EQ(fit.status, Status::converged) << fit.message;
  EXPECT_THAT(fit.message, ::testing::HasSubstr("flat along height, more"));
  EXPECT_EQ(fit.along, (std::vector<std::int64_t>{0, 1}));
  EXPECT_TRUE(std::isnan(element(fit.std_errors, 0).item()));
}

TEST(LeastSquares, ASaddleIsNoMinimum) {
  const auto f = [](const Tensor& x) { return cat({x, 3 - square(x)}); };
  const LeastSquaresResult fit = least_squares(f, tensor({0}));
  EXPECT_EQ(fit.status, Status::failed);
  EXPECT_EQ(fit.reason, Reason::saddle) << fit.message;
  EXPECT_EQ(least_squares(f, tensor({0.01})).status, Status::converged);
}

TEST(LeastSquares, LimitsAndCallbackEndTheRun) {
  const auto with = [](const MinimizeOptions& options) {
    return least_squares(decay_residuals, tensor({1, 9}), options);
  };
  const LeastSquaresResult one = with({.max_iterations = 1});
  EXPECT_EQ(one.reason, Reason::max_iterations);
  EXPECT_EQ(one.iterations, 1);
  const LeastSquaresResult few = with({.max_evaluations = 4});
  EXPECT_EQ(few.status, Status::failed);
  EXPECT_EQ(few.reason, Reason::max_evaluations);
  EXPECT_LE(few.evaluations.values, 5);
  EXPECT_EQ(with({.max_seconds = 1e-9}).reason, Reason::max_seconds);
  const LeastSquaresResult stopped = with(
      {.callback = [](const Iteration& at) { return at.iteration == 2; }, .keep_history = true});
  EXPECT_EQ(stopped.reason, Reason::callback);
  EXPECT_EQ(stopped.iterations, 2);
  ASSERT_EQ(stopped.history.size(), 3u);
  for (std::size_t i = 0; i + 1 < stopped.history.size(); ++i)
    EXPECT_GT(stopped.history[i].point.value, stopped.history[i + 1].point.value);
  EXPECT_EQ(stopped.history.back().point.value, stopped.value);
}

TEST(LeastSquares, WhatCannotBeSolvedIsRefused) {
  const Tensor x0 = tensor({1, 1});
  const auto with = [&](const MinimizeOptions& options) {
    least_squares(decay_residuals, x0, options);
  };
  EXPECT_THROW(least_squares(decay_residuals, Tensor()), InputError);
  EXPECT_THROW(least_squares(decay_residuals, to(x0, DType::float32)), DTypeError);
  EXPECT_THROW(least_squares([](const Tensor&) { return zeros({0}); }, x0), ShapeError);
  EXPECT_THROW(with({.tolerance = 0}), InputError);
  EXPECT_THROW(with({.max_iterations = -1}), InputError);
  EXPECT_THROW(with({.lower = tensor({0, 0, 0})}), InputError);
  EXPECT_THROW(with({.lower = tensor(2), .upper = tensor(1)}), InputError);
  EXPECT_THROW(with({.upper = tensor(NAN)}), InputError);
  EXPECT_THROW(with({.names = {"one"}}), InputError);
  EXPECT_THROW(with({.checkpoint = "run.npz"}), InputError);
}

}  // namespace
}  // namespace wald::optim
