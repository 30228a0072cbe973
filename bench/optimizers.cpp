// How often each method of minimize() calls the objective on the problems of More, Garbow and
// Hillstrom (1981) until a value first comes within 1e-8 of a known minimum, or, where that is 0,
// within 1e-12 of the value at the start.
//
// The number is that of all calls, for whatever derivatives: values, gradients, products with the
// Hessian at one point, Hessians. How many products and Hessians there were until the end of the
// iteration stands behind it. "-" is for a run that ends elsewhere.
//
// The last lines compare with scipy 1.17.1 on the same functions with exact derivatives, counted in
// the same way, stopping rules as tight as they go: BFGS, L-BFGS-B with 10 pairs, trust-exact. Each
// sum is over the problems that both reach. Of scipy's 3690 calls by trust-exact (1861 values, 1829
// Hessians) brown_badly_scaled takes 2019, as its radius is at most 1000; of the others the sums
// are 1671 there and 1492 here.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

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

/// scipy's calls in all, and the problems that it does not reach.
struct Peer {
  Method method;
  std::int64_t calls;
  std::vector<std::string> missed;
};
const Peer peers[] = {
    {Method::bfgs, 1955, {"watson, n = 12"}},
    {Method::lbfgs, 1275, {"powell_badly_scaled, n = 2", "meyer, n = 3", "watson, n = 12"}},
    {Method::trust_exact, 3690, {}}};

bool reaches(Method method, const std::string& problem) {
  for (const Peer& peer : peers)
    if (peer.method == method)
      return std::find(peer.missed.begin(), peer.missed.end(), problem) == peer.missed.end();
  return false;
}

/// `sums` are ours over the problems that scipy reaches, by method.
void print_peers(const std::vector<Method>& methods, const std::vector<std::int64_t>& sums) {
  std::string here, there, ratio;
  for (std::size_t i = 0; i < methods.size(); ++i) {
    const auto* peer = std::find_if(std::begin(peers), std::end(peers),
                                    [&](const Peer& p) { return p.method == methods[i]; });
    const bool has_peer = peer != std::end(peers);
    here += fmt::format("{:>15}", has_peer ? fmt::format("{}", sums[i]) : "");
    there += fmt::format("{:>15}", has_peer ? fmt::format("{}", peer->calls) : "");
    const double part = has_peer ? static_cast<double>(sums[i]) / peer->calls : 0;
    ratio += fmt::format("{:>15}", has_peer ? fmt::format("{:.2f}", part) : "");
  }
  fmt::print("{:<36}{}\n{:<36}{}\n{:<36}{}\n", "sum of those that scipy reaches too", here,
             "scipy's", there, "ratio", ratio);
}

int run() {
  const std::vector<Method> methods = optim::available_methods();
  std::vector<Needed> sums(methods.size());
  std::vector<std::int64_t> shared_sums(methods.size());
  fmt::print("{:<36}", "");
  for (const Method method : methods) fmt::print("{:>15}", name_of(method));
  for (const testing::TestProblem& problem : testing::test_problems()) {
    fmt::print("\n{:<36}", problem.name());
    for (std::size_t i = 0; i < methods.size(); ++i) {
      const std::optional<Needed> one = needed(problem, methods[i]);
      fmt::print("{:>15}", one ? cell(*one) : "-");
      if (!one) continue;
      sums[i].calls += one->calls;
      if (reaches(methods[i], problem.name())) shared_sums[i] += one->calls;
      sums[i].evaluations.products += one->evaluations.products;
      sums[i].evaluations.hessians += one->evaluations.hessians;
    }
    std::fflush(stdout);
  }
  fmt::print("\n{:<36}", "sum of those reached");
  for (const Needed& sum : sums) fmt::print("{:>15}", cell(sum));
  fmt::print("\n");
  print_peers(methods, shared_sums);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace wald::bench

int main() { return wald::bench::run(); }
