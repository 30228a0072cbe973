// What every method of minimize() owes: the known minima of the test problems, the same answer in
// other units, no harm by values that are not finite.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>

#include <wald/engine/ops/ops.h>
#include <wald/optim/methods/descent.h>

#include "../oracles.h"
#include "test_problems.h"

namespace wald::optim {
namespace {

using testing::test_problem;
using testing::test_problems;
using testing::TestProblem;

bool takes_newton_steps(Method method) {
  static const std::set<Method> newton = {Method::newton_cg,    Method::newton_exact,
                                          Method::dogleg,       Method::trust_ncg,
                                          Method::trust_krylov, Method::trust_exact};
  return newton.count(method) > 0;
}

/// The values of all minima that are known.
std::vector<double> known_minima(const TestProblem& problem) {
  static const nlohmann::json index = testing::read_oracle("optim/index.json");
  std::vector<double> minima;
  for (const auto& function : index["functions"])
    for (const auto& instance : function["instances"])
      if (function["key"] == problem.key && instance["n"] == problem.n)
        for (const auto& minimum : instance["minima"])
          minima.push_back(std::stod(minimum["f"].get<std::string>()));
  return minima;
}

/// To 1e-8 of a minimum, or where that is 0 to 1e-12 of the value at the start.
bool is_known_minimum(const TestProblem& problem, double value) {
  const double start = problem(problem.start).item<double>();
  for (const double minimum : known_minima(problem))
    if (std::abs(value - minimum) <= (minimum == 0 ? 1e-12 * start : 1e-8 * minimum)) return true;
  return false;
}

MinimizeResult solve(Method method, const ScalarFunction& f, const Tensor& start,
                     bool polish = false) {
  MinimizeOptions options;
  options.method = method;
  options.polish = polish;
  return minimize(f, start, options);
}

TEST(Methods, ReachTheKnownMinima) {
  WALD_NEEDS_ORACLE("optim/index.json");
  for (const Method method : available_methods())
    for (const TestProblem& problem : test_problems()) {
      SCOPED_TRACE(std::string(name_of(method)) + " on " + problem.name());
      const MinimizeResult found = solve(method, problem, problem.start);
      EXPECT_TRUE(is_known_minimum(problem, found.value))
          << found.value << " after " << found.iterations << " iterations: " << found.message;
      EXPECT_NE(found.status, Status::failed) << found.message;
      EXPECT_LE(found.iterations, 2500);
      EXPECT_LE(found.evaluations.values, 60000);
      const ValueAndGradient there = value_and_gradient(problem, found.x);
      EXPECT_EQ(found.value, there.value.item<double>());
      EXPECT_EQ(found.gradient.to_vector(), there.gradient.to_vector());
    }
}

/// The problem in other units: each x[i] counted in units of 1/scale[i], the value times `factor`.
MinimizeResult solve_scaled(Method method, const TestProblem& problem, const Tensor& scale,
                            double factor, bool polish = false) {
  const auto scaled = [&](const Tensor& u) { return factor * problem(u / scale); };
  MinimizeResult found = solve(method, scaled, problem.start * scale, polish);
  found.x = found.x / scale;
  return found;
}

/// Those of a likelihood whose negative logarithm has this Hessian; huge for what it does not
/// determine.
std::vector<double> standard_errors(const Tensor& h) {
  const Tensor scale = rsqrt(diagonal(h));
  const Eigh parts = eigh(h * scale * unsqueeze(scale, 1));
  const Tensor variances = where(parts.values > 1e-13, 1 / parts.values, 1e30);
  return (sqrt(matmul(square(parts.vectors), variances)) * scale).to_vector();
}

TEST(Methods, GiveTheSameAnswerInOtherUnits) {
  WALD_NEEDS_ORACLE("optim/index.json");
  for (const Method method : available_methods())
    for (const TestProblem& problem : test_problems()) {
      // It starts where two of its terms are equal: rounding decides which becomes which.
      if (problem.key == "biggs_exp6") continue;
      // All that the units decide are the simplex that it starts with and the Newton steps that it
      // ends with; small problems show both in a tenth of the time.
      if (method == Method::nelder_mead && problem.n > 4) continue;
      const MinimizeResult base = solve(method, problem, problem.start, true);
      const std::vector<double> errors = standard_errors(hessian(problem, base.x));
      const auto expect_same = [&](double scale, double factor) {
        SCOPED_TRACE(fmt::format("{} on {}, parameters by {}, value by {}", name_of(method),
                                 problem.name(), scale, factor));
        const MinimizeResult other =
            solve_scaled(method, problem, full({problem.n}, scale), factor, true);
        // With a condition of 1e14 it is rounding that decides how much rounding there is.
        if (problem.name() != "watson, n = 12") {
          EXPECT_STREQ(name_of(other.status), name_of(base.status));
        }
        const std::vector<double> moved = (other.x - base.x).to_vector();
        for (std::size_t i = 0; i < moved.size(); ++i)
          EXPECT_LE(std::abs(moved[i]), 1e-6 * errors[i]) << "parameter " << i;
      };
      for (const double units : {10., 1e-6}) {
        expect_same(units, 1);
        expect_same(1, units);
      }
    }
}

TEST(Methods, PowersOfTwoChangeNoBitOfNewtonMethods) {
  for (const Method method : available_methods()) {
    if (!takes_newton_steps(method)) continue;
    for (const TestProblem& problem : test_problems()) {
      SCOPED_TRACE(std::string(name_of(method)) + " on " + problem.name());
      std::vector<double> powers;
      for (std::int64_t i = 0; i < problem.n; ++i) powers.push_back(std::ldexp(1, 7 * i % 19 - 9));
      const MinimizeResult base = solve(method, problem, problem.start);
      const MinimizeResult other =
          solve_scaled(method, problem, from_vector(powers), std::ldexp(1, 13));
      EXPECT_EQ(other.x.to_vector(), base.x.to_vector());
      EXPECT_EQ(std::ldexp(other.value, -13), base.value);
      EXPECT_EQ(other.iterations, base.iterations);
    }
  }
}

TEST(Methods, TurnBackFromValuesThatAreNotFinite) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  // From the start, where the curvature is small, full steps lead far out of the domain.
  const auto barrier = [&](const Tensor& x, double outside) {
    return sum(where(x > 0, x - log(x), outside)) + square(select(x, 0, 0) - select(x, 0, 1));
  };
  for (const Method method : available_methods())
    for (const double outside : {nan, std::numeric_limits<double>::infinity()}) {
      SCOPED_TRACE(name_of(method));
      const MinimizeResult found = solve(
          method, [&](const Tensor& x) { return barrier(x, outside); }, tensor({40, 1e-3}));
      EXPECT_EQ(found.status, Status::converged) << found.message;
      for (const double x : found.x.to_vector()) EXPECT_NEAR(x, 1, 1e-6);
    }
}

}  // namespace
}  // namespace wald::optim
