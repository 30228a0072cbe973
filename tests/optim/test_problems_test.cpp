// The test functions against values, gradients and Hessians in high precision.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include <wald/engine/ops/ops.h>

#include "../oracles.h"
#include "test_problems.h"

namespace wald::testing {
namespace {

/// Decimal strings or numbers, in lists of any depth, row by row.
std::vector<double> numbers(const nlohmann::json& list) {
  if (list.is_string()) return {std::stod(list.get<std::string>())};
  if (list.is_number()) return {list.get<double>()};
  std::vector<double> out;
  for (const auto& part : list)
    for (const double value : numbers(part)) out.push_back(value);
  return out;
}

/// The largest difference, as a share of the largest element.
double relative_error(const Tensor& got, const std::vector<double>& wanted) {
  const Tensor reference = from_vector(wanted, got.shape());
  return (norm(got - reference, INFINITY) / norm(reference, INFINITY)).item<double>();
}

TEST(TestProblems, ValuesGradientsAndHessiansAtTheStarts) {
  WALD_NEEDS_ORACLE("optim/index.json");
  std::size_t count = 0;
  const nlohmann::json index = read_oracle("optim/index.json");
  for (const auto& function : index["functions"])
    for (const auto& instance : function["instances"]) {
      const TestProblem& problem = test_problem(function["key"], instance["n"], instance["m"]);
      SCOPED_TRACE(problem.name());
      ++count;
      EXPECT_EQ(problem.residuals(problem.start).shape(), Dims{problem.m});
      const std::vector<double> x0 = numbers(instance["x0"]);
      for (std::size_t i = 0; i < x0.size(); ++i)
        EXPECT_DOUBLE_EQ(problem.start.to_vector()[i], x0[i]);
      const ValueAndGradient start = value_and_gradient(problem, problem.start);
      const double f0 = std::stod(instance["f0"].get<std::string>());
      EXPECT_NEAR(start.value.item<double>(), f0, 1e-13 * f0);
      EXPECT_LE(relative_error(start.gradient, numbers(instance["g0"])), 1e-13);
      if (!instance.contains("H0")) continue;  // n > 12
      EXPECT_LE(relative_error(hessian(problem, problem.start), numbers(instance["H0"])), 1e-13);
    }
  EXPECT_EQ(count, test_problems().size());
}

TEST(TestProblems, AnUnknownOneIsAnError) {
  EXPECT_THROW(test_problem("rosenbrock", 3, 3), InputError);
}

}  // namespace
}  // namespace wald::testing
