#include "minimize.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>
#include <wald/optim/descent.h>

namespace wald::optim {
namespace {

struct MethodEntry {
  Method method;
  const char* name;
  std::unique_ptr<Descent> (*make)(const MinimizeOptions&);
};

// A method without a maker is not there yet.
constexpr MethodEntry methods[] = {
    {Method::nelder_mead, "nelder-mead", nullptr},
    {Method::cg, "cg", nullptr},
    {Method::bfgs, "bfgs", nullptr},
    {Method::lbfgs, "l-bfgs", nullptr},
    {Method::lbfgsb, "l-bfgs-b", nullptr},
    {Method::newton_cg, "newton-cg", make_newton_cg},
    {Method::newton_exact, "newton-exact", nullptr},
    {Method::dogleg, "dogleg", make_dogleg},
    {Method::trust_ncg, "trust-ncg", make_trust_ncg},
    {Method::trust_krylov, "trust-krylov", make_trust_krylov},
    {Method::trust_exact, "trust-exact", nullptr},
};

const MethodEntry& entry_of(Method method) {
  for (const MethodEntry& entry : methods)
    if (entry.method == method) return entry;
  throw InputError("minimize: the method is none of those that are listed");
}

}  // namespace

const char* name_of(Method method) { return entry_of(method).name; }

Method method_named(std::string_view name) {
  std::string known;
  for (const MethodEntry& entry : methods) {
    if (name == entry.name) return entry.method;
    known += (known.empty() ? "" : ", ") + std::string(entry.name);
  }
  throw InputError(fmt::format("minimize: no method is called '{}'; there are {}", name, known));
}

std::unique_ptr<Descent> make_descent(const MinimizeOptions& options, std::int64_t) {
  const MethodEntry& entry = entry_of(options.method);
  if (!entry.make) throw InputError(fmt::format("minimize: {} is not available", entry.name));
  return entry.make(options);
}

MinimizeResult minimize(const ScalarFunction& f, const Tensor& x0, const MinimizeOptions& options) {
  Objective objective(f);
  const std::unique_ptr<Descent> descent = make_descent(options, x0.numel());
  MinimizeResult result;
  Point here = objective.at(x0.detach());
  for (; result.iterations < 1000; ++result.iterations) {
    const double expected = descent->expected_decrease(objective, here);
    if (expected <= options.tolerance * std::abs(here.value)) {
      result.status = Status::converged;
      break;
    }
    std::optional<Point> there = descent->next(objective, here);
    if (!there) {
      descent->reset();
      there = descent->next(objective, here);
      if (!there) break;
    }
    here = *there;
  }
  result.x = here.x;
  result.value = here.value;
  result.gradient = here.gradient;
  result.evaluations = objective.evaluations();
  return result;
}

}  // namespace wald::optim
