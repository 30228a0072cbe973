#include "minimize.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/optim/run/run.h>

namespace wald::optim {
namespace {

void check(const Tensor& x0, const MinimizeOptions& options) {
  if (!x0.defined() || x0.numel() == 0) throw InputError("minimize: x0 has no elements");
  if (x0.dtype() != DType::float64 && x0.dtype() != DType::float32)
    throw DTypeError("minimize: x0 must be float64 or float32");
  check_numbers(options, "minimize");
  const std::int64_t k = x0.numel();
  if ((options.lower.defined() || options.upper.defined()) && options.method != Method::lbfgsb)
    throw InputError(
        fmt::format("minimize: {} takes no bounds; l-bfgs-b does", name_of(options.method)));
  if (!options.names.empty() && std::ssize(options.names) != k)
    throw InputError(fmt::format("minimize: {} names for {} parameters", options.names.size(), k));
}

}  // namespace

MinimizeResult minimize(const ScalarFunction& f, const Tensor& x0, const MinimizeOptions& options) {
  check(x0, options);
  return Run(f, options.device ? to(x0, *options.device) : x0, options).run();
}

MinimizeResult resume(const ScalarFunction& f, const std::string& checkpoint,
                      const MinimizeOptions& options) {
  RunState state = load_checkpoint(checkpoint);
  if (state.method != options.method)
    throw InputError(fmt::format("{}: a checkpoint of {}, not of {}", checkpoint,
                                 name_of(state.method), name_of(options.method)));
  check(state.x0, options);
  state.x0 = to(state.x0, options.device ? *options.device : Device(state.device));
  return Run(f, state, options).run();
}

}  // namespace wald::optim
