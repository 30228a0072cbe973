// How often each method of minimize() calls the objective on the problems of More, Garbow and
// Hillstrom (1981) until a value first comes within 1e-8 of a known minimum, or, where that is 0,
// within 1e-12 of the value at the start.
//
// The number is that of all calls, for whatever derivatives: values, gradients, products with the
// Hessian at one point, Hessians. How many products and Hessians there were until the end of the
// iteration stands behind it. "-" is for a run that ends elsewhere.
//
// scipy 1.17.1 on the same functions with exact gradients, stopping rules as tight as they go: BFGS
// reaches all but watson, n = 12, in 1895 evaluations; L-BFGS-B (10 pairs) all but that,
// powell_badly_scaled and meyer, in 1365; CG all but those, watson, n = 9, and
// variably_dimensioned, in 8901.
#include <fmt/format.h>

#include <cstdlib>
#include <optional>
#include <string>

#include <wald/optim/minimize.h>

#include "tests/optim/known_minima.h"
#include "tests/optim/test_problems.h"

namespace wald::bench {
namespace {

using optim::Evaluations;
using optim::Method;

struct Needed {
  std::int64_t calls = 0;
  Evaluations evaluations;
};

std::optional<Needed> needed(const testing::TestProblem& problem, Method method) {
  const double start_value = problem(problem.start).item<double>();
  std::int64_t calls = 0, calls_needed = 0;
  const auto counted = [&](const Tensor& x) {
    const Tensor value = problem(x);
    ++calls;
    if (calls_needed == 0 && testing::is_minimum(problem, value.item<double>(), start_value))
      calls_needed = calls;
    return value;
  };
  optim::MinimizeOptions options;
  options.method = method;
  options.max_evaluations = 50000;
  options.callback = [&](const optim::Iteration&) { return calls_needed > 0; };
  const optim::MinimizeResult result = optim::minimize(counted, problem.start, options);
  if (calls_needed == 0) return {};
  return Needed{calls_needed, result.evaluations};
}

std::string cell(const Needed& needed) {
  std::string text = fmt::format("{}", needed.calls);
  if (needed.evaluations.products > 0) text += fmt::format(" {}p", needed.evaluations.products);
  if (needed.evaluations.hessians > 0) text += fmt::format(" {}h", needed.evaluations.hessians);
  return text;
}

int run() {
  const std::vector<Method> methods = optim::available_methods();
  std::vector<Needed> sums(methods.size());
  fmt::print("{:<36}", "");
  for (const Method method : methods) fmt::print("{:>15}", name_of(method));
  for (const testing::TestProblem& problem : testing::test_problems()) {
    fmt::print("\n{:<36}", problem.name());
    for (std::size_t i = 0; i < methods.size(); ++i) {
      const std::optional<Needed> one = needed(problem, methods[i]);
      fmt::print("{:>15}", one ? cell(*one) : "-");
      if (!one) continue;
      sums[i].calls += one->calls;
      sums[i].evaluations.products += one->evaluations.products;
      sums[i].evaluations.hessians += one->evaluations.hessians;
    }
    std::fflush(stdout);
  }
  fmt::print("\n{:<36}", "sum of those reached");
  for (const Needed& sum : sums) fmt::print("{:>15}", cell(sum));
  fmt::print("\n");
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace wald::bench

int main() { return wald::bench::run(); }
