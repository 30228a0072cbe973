// The regressions of NIST by the exact trust region, as maxima of the normal likelihood in the
// parameters and the logarithm of the standard deviation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <wald/engine/ops/ops.h>
#include <wald/optim/inverse_hessian.h>
#include <wald/optim/minimize.h>

#include "nist_problems.h"

namespace wald::optim {
namespace {

using testing::log_relative_error;
using testing::NistProblem;

/// Minus the log-likelihood at b, log sigma [k + 1], but for a constant.
Tensor negative_log_likelihood(const NistProblem& problem, const Tensor& p) {
  const std::int64_t k = p.numel() - 1;
  const Tensor log_sigma = select(p, 0, k);
  const Tensor standardized = problem.residuals(slice(p, 0, 0, k)) * exp(-log_sigma);
  return static_cast<double>(problem.response.numel()) * log_sigma +
         0.5 * sum(square(standardized));
}

/// With the standard deviation that the residuals have there.
Tensor start_of(const NistProblem& problem, const std::vector<double>& b) {
  const Tensor start = from_vector(b);
  return cat({start, unsqueeze(log(mean(square(problem.residuals(start)))) / 2, 0)});
}

struct Solved {
  MinimizeResult fit;
  double digits, se_digits = -INFINITY;
};

Solved solve(const NistProblem& problem, int start) {
  const ScalarFunction f = [&](const Tensor& p) { return negative_log_likelihood(problem, p); };
  Solved solved;
  solved.fit = minimize(f, start_of(problem, problem.starts[start]),
                        {.method = Method::trust_exact, .polish = true});
  const auto k = static_cast<std::int64_t>(problem.params.size());
  solved.digits = log_relative_error(slice(solved.fit.x, 0, 0, k).to_vector(), problem.params);
  try {
    const Tensor se = sqrt(diagonal(inverse_hessian(f, solved.fit.x)));
    solved.se_digits = log_relative_error(slice(se, 0, 0, k).to_vector(), problem.se_observed);
  } catch (const LinalgError&) {
    // No standard errors where the Hessian is not positive definite.
  }
  std::printf(
      "%-9s start %d: LRE of parameters %4.1f, standard errors %4.1f (data %4.1f); %s, %s; %lld "
      "iterations, %lld evaluations, %lld Hessians\n",
      problem.name.c_str(), start + 1, solved.digits, solved.se_digits, problem.se_digits,
      name_of(solved.fit.status), name_of(solved.fit.reason),
      static_cast<long long>(solved.fit.iterations),
      static_cast<long long>(solved.fit.evaluations.values),
      static_cast<long long>(solved.fit.evaluations.hessians));
  return solved;
}

TEST(NistLikelihood, IsMaximizedFromTheNearStarts) {
  WALD_NEEDS_ORACLE("nist/index.json");
  int runs = 0, to_ten_digits = 0;
  for (const std::string& name : testing::nist_names()) {
    const NistProblem problem = testing::nist_problem(name);
    const Solved solved = solve(problem, 1);
    // The residuals of Lanczos1 are rounding, and so then is the likelihood's value.
    if (name != "Lanczos1" || solved.fit.status != Status::precision) {
      EXPECT_EQ(solved.fit.status, Status::converged) << name << ": " << solved.fit.message;
    }
    EXPECT_GE(solved.digits, 8) << name;
    EXPECT_GE(solved.se_digits, std::min(7.0, problem.se_digits - 1)) << name;
    ++runs;
    to_ten_digits += solved.digits >= 10;
  }
  EXPECT_GE(10 * to_ten_digits, 9 * runs);
}

// From far, a general method may go elsewhere; it must not call that the maximum.
TEST(NistLikelihood, IsNeverFalselyConvergedFromTheFarStarts) {
  WALD_NEEDS_ORACLE("nist/index.json");
  int runs = 0, solved_runs = 0;
  for (const std::string& name : testing::nist_names()) {
    const Solved solved = solve(testing::nist_problem(name), 0);
    ++runs;
    solved_runs += solved.fit.status != Status::failed && solved.digits >= 8;
    if (solved.fit.status != Status::failed) {
      EXPECT_GE(solved.digits, 8) << name << ": " << solved.fit.message;
    }
  }
  std::printf("from the far starts %d of %d are solved\n", solved_runs, runs);
}

}  // namespace
}  // namespace wald::optim
