// How many evaluations each method of minimize() needs on the problems of More, Garbow and
// Hillstrom (1981) until a value first comes within 1e-8 of a known minimum, or, where that is 0,
// within 1e-12 of the value at the start.
//
// A number is that of values, nearly always with the gradient; products with the Hessian and
// Hessians, where there are any, stand behind it. "-" is for a run that ends elsewhere.
#include <fmt/format.h>

#include <cstdlib>
#include <optional>
#include <string>

#include <wald/optim/descent.h>

#include "tests/optim/known_minima.h"
#include "tests/optim/test_problems.h"

namespace wald::bench {
namespace {

using optim::Evaluations;
using optim::Method;
using optim::Objective;
using optim::Point;

constexpr std::int64_t most_evaluations = 20000;

/// Thrown by an objective whose minimum is reached, or that was asked too often.
struct Ended {};

std::optional<Evaluations> evaluations_needed(const testing::TestProblem& problem, Method method) {
  const double start_value = problem(problem.start).item<double>();
  bool is_reached = false;
  Objective objective([&](const Tensor& x) {
    const Tensor value = problem(x);
    is_reached = testing::is_minimum(problem, value.item<double>(), start_value);
    if (is_reached) throw Ended();
    return value;
  });
  optim::MinimizeOptions options;
  options.method = method;
  const auto descent = make_descent(options);
  try {
    Point here = objective.at(problem.start);
    while (objective.evaluations().values < most_evaluations) {
      std::optional<Point> there = descent->next(objective, here);
      if (!there) {
        descent->reset();
        there = descent->next(objective, here);
      }
      if (!there) break;
      here = *there;
    }
  } catch (const Ended&) {
    return objective.evaluations();
  }
  return {};
}

std::string cell(const std::optional<Evaluations>& needed) {
  if (!needed) return "-";
  std::string text = fmt::format("{}", needed->values);
  if (needed->products > 0) text += fmt::format(" {}p", needed->products);
  if (needed->hessians > 0) text += fmt::format(" {}h", needed->hessians);
  return text;
}

int run() {
  const std::vector<Method> methods = optim::available_methods();
  std::vector<Evaluations> sums(methods.size());
  fmt::print("{:<36}", "");
  for (const Method method : methods) fmt::print("{:>15}", name_of(method));
  for (const testing::TestProblem& problem : testing::test_problems()) {
    fmt::print("\n{:<36}", problem.name());
    for (std::size_t i = 0; i < methods.size(); ++i) {
      const std::optional<Evaluations> needed = evaluations_needed(problem, methods[i]);
      fmt::print("{:>15}", cell(needed));
      if (!needed) continue;
      sums[i].values += needed->values;
      sums[i].products += needed->products;
      sums[i].hessians += needed->hessians;
    }
    std::fflush(stdout);
  }
  fmt::print("\n{:<36}", "sum of those reached");
  for (const Evaluations& sum : sums) fmt::print("{:>15}", cell(sum));
  fmt::print("\n");
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace wald::bench

int main() { return wald::bench::run(); }
