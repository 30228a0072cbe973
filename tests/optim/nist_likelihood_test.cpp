// The regressions of NIST by the exact trust region, as the maximum of the normal likelihood in the
// parameters and the logarithm of the standard deviation.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

#include <wald/engine/ops/ops.h>
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

/// sigma at the start is that of the residuals there.
Tensor start_of(const NistProblem& problem, const std::vector<double>& b) {
  const Tensor start = from_vector(b);
  const Tensor sigma = sqrt(mean(square(problem.residuals(start))));
  return cat({start, unsqueeze((getenv("SDY") ? log(std(problem.response)) : log(sigma)) +
                                   (getenv("OFF") ? atof(getenv("OFF")) : 0),
                               0)});
}

/// The roots of the diagonal of the inverse Hessian, first those of b.
std::vector<double> standard_errors(const Tensor& hessian, std::size_t k) {
  const Tensor root = sqrt(diagonal(hessian));
  const Tensor scaled = hessian / outer(root, root);
  std::vector<double> se = (sqrt(diagonal(inverse(scaled))) / root).to_vector();
  se.resize(k);
  return se;
}

struct Solved {
  MinimizeResult fit;
  double digits, se_digits;
};

Solved solve(const NistProblem& problem, int start) {
  Solved solved;
  if (getenv("CONC")) {
    solved.fit = minimize(
        [&](const Tensor& p) {
          return 0.5 * static_cast<double>(problem.response.numel()) *
                 log(sum(square(problem.residuals(p))));
        },
        from_vector(problem.starts[start]), {.method = Method::trust_exact, .polish = true});
    solved.fit.x = cat({solved.fit.x, ones({1})});
  } else
    solved.fit = minimize([&](const Tensor& p) { return negative_log_likelihood(problem, p); },
                          start_of(problem, problem.starts[start]),
                          {.method = Method::trust_exact, .polish = true});
  std::vector<double> b = solved.fit.x.to_vector();
  b.pop_back();
  solved.digits = log_relative_error(b, problem.params);
  solved.se_digits =
      log_relative_error(standard_errors(solved.fit.hessian, b.size()), problem.se_observed);
  std::printf(
      "%-9s start %d: LRE of parameters %5.1f, standard errors %5.1f (data %4.1f); %s, %s; %lld "
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
    EXPECT_NE(solved.fit.status, Status::failed) << name << ": " << solved.fit.message;
    EXPECT_GE(solved.digits, 8) << name;
    EXPECT_GE(solved.se_digits, std::min(7.0, problem.se_digits - 1)) << name;
    ++runs;
    to_ten_digits += solved.digits >= 10;
  }
  EXPECT_GE(10 * to_ten_digits, 9 * runs);
}

// From far, a general method may go elsewhere; it must not call that the maximum.
TEST(NistLikelihood, FromTheFarStartsIsNeverFalselyConverged) {
  WALD_NEEDS_ORACLE("nist/index.json");
  int runs = 0, solved_runs = 0;
  for (const std::string& name : testing::nist_names()) {
    const Solved solved = solve(testing::nist_problem(name), 0);
    ++runs;
    solved_runs += solved.digits >= 8;
    if (solved.fit.status == Status::converged) {
      EXPECT_GE(solved.digits, 8) << name << ": " << solved.fit.message;
    }
  }
  std::printf("from the far starts %d of %d are solved\n", solved_runs, runs);
}

}  // namespace
}  // namespace wald::optim
