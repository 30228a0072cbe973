// The list of methods. Adding one is its file, its maker in descent.h and its row here.
#include <fmt/format.h>

#include <wald/engine/error.h>
#include <wald/optim/methods/descent.h>
#include <wald/optim/minimize.h>

namespace wald::optim {
namespace {

struct MethodEntry {
  Method method;
  const char* name;
  std::unique_ptr<Descent> (*make)(const MinimizeOptions&);
};

// A method without a maker is not there yet.
constexpr MethodEntry methods[] = {
    {Method::nelder_mead, "nelder-mead", make_nelder_mead},

    {Method::cg, "cg", make_cg},

    {Method::bfgs, "bfgs", make_bfgs},

    {Method::lbfgs, "l-bfgs", make_lbfgs},

    {Method::lbfgsb, "l-bfgs-b", make_lbfgsb},

    {Method::newton_cg, "newton-cg", make_newton_cg},

    {Method::newton_exact, "newton-exact", make_newton_exact},

    {Method::dogleg, "dogleg", make_dogleg},

    {Method::trust_ncg, "trust-ncg", make_trust_ncg},

    {Method::trust_krylov, "trust-krylov", make_trust_krylov},

    {Method::trust_exact, "trust-exact", make_trust_exact},
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

std::vector<Method> available_methods() {
  std::vector<Method> available;
  for (const MethodEntry& entry : methods)
    if (entry.make) available.push_back(entry.method);
  return available;
}

bool uses_values_only(Method method) { return method == Method::nelder_mead; }

std::unique_ptr<Descent> make_descent(const MinimizeOptions& options) {
  const MethodEntry& entry = entry_of(options.method);
  if (!entry.make) throw InputError(fmt::format("minimize: {} is not available", entry.name));
  return entry.make(options);
}

}  // namespace wald::optim
