#include "minimize.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/optim/run.h>

namespace wald::optim {
namespace {

void check_bound(const Tensor& bound, const char* which, const MinimizeOptions& options,
                 std::int64_t k) {
  if (!bound.defined()) return;
  if (options.method != Method::lbfgsb)
    throw InputError(
        fmt::format("minimize: {} takes no bounds; l-bfgs-b does", name_of(options.method)));
  if (bound.numel() != 1 && (bound.dim() != 1 || bound.size(0) != k))
    throw InputError(fmt::format("minimize: {} has shape {}, for {} parameters", which,
                                 to_string(bound.shape()), k));
}

void check_numbers(const MinimizeOptions& o) {
  if (!(o.tolerance > 0) || !(o.tolerance < 1))
    throw InputError(fmt::format("minimize: the tolerance {} is not between 0 and 1", o.tolerance));
  if (o.max_iterations < 0 || o.max_evaluations < 0 || !(o.max_seconds >= 0) ||
      !(o.checkpoint_seconds >= 0))
    throw InputError(fmt::format(
        "minimize: max_iterations {}, max_evaluations {}, max_seconds {}, checkpoint_seconds {}: "
        "none may be negative",
        o.max_iterations, o.max_evaluations, o.max_seconds, o.checkpoint_seconds));
  if (o.memory < 0) throw InputError(fmt::format("minimize: memory {} is negative", o.memory));
}

void check(const Tensor& x0, const MinimizeOptions& options) {
  if (!x0.defined() || x0.numel() == 0) throw InputError("minimize: x0 has no elements");
  if (x0.dtype() != DType::float64 && x0.dtype() != DType::float32)
    throw DTypeError("minimize: x0 must be float64 or float32");
  check_numbers(options);
  const std::int64_t k = x0.numel();
  check_bound(options.lower, "lower", options, k);
  check_bound(options.upper, "upper", options, k);
  if (!options.names.empty() && std::ssize(options.names) != k)
    throw InputError(fmt::format("minimize: {} names for {} parameters", options.names.size(), k));
}

}  // namespace

MinimizeResult minimize(const ScalarFunction& f, const Tensor& x0, const MinimizeOptions& options) {
  check(x0, options);
  return Run(f, x0, options).run();
}

MinimizeResult resume(const ScalarFunction& f, const std::string& checkpoint,
                      const MinimizeOptions& options) {
  const RunState state = load_checkpoint(checkpoint);
  if (state.method != options.method)
    throw InputError(fmt::format("{}: a checkpoint of {}, not of {}", checkpoint,
                                 name_of(state.method), name_of(options.method)));
  check(state.x0, options);
  return Run(f, state, options).run();
}

}  // namespace wald::optim
