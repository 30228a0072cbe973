// Nonlinear least squares: NIST's certified regressions from both published starts, and what the
// options and statuses mean.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

#include <wald/engine/ops/ops.h>
#include <wald/optim/least_squares.h>

#include "nist_problems.h"

namespace wald::optim {
namespace {

using testing::log_relative_error;
using testing::NistProblem;

TEST(LeastSquares, SolvesTheRegressionsOfNist) {
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
          "%-9s start %d  parameters %5.1f  sd %5.1f of %4.1f  rss %5.1f  %-9s %4d iterations  %4d "
          "evaluations %3d hessians %.2g\n",
          name.c_str(), start + 1, digits, sd_digits, problem.sd_digits,
          log_relative_error(fit.rss, problem.rss),
          fit.status == Status::converged   ? "converged"
          : fit.status == Status::precision ? "precision"
                                            : "failed",
          int(fit.iterations), int(fit.evaluations.values), int(fit.evaluations.hessians),
          fit.newton_decrement / fit.value);
      EXPECT_GE(digits, 8) << name << ", start " << start + 1;
      EXPECT_GE(sd_digits, std::min(7.0, problem.sd_digits - 1)) << name << ", start " << start + 1;
      ++runs;
      to_ten_digits += digits >= 10;
    }
  }
  EXPECT_GE(10 * to_ten_digits, 9 * runs);
}

}  // namespace
}  // namespace wald::optim
