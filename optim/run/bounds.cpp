#include "bounds.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/optim/run/outcome.h>

namespace wald::optim {
namespace {

Tensor vector_of(const Tensor& bound, const char* which, std::int64_t k, const char* caller) {
  if (!bound.defined()) return {};
  if (bound.numel() != 1 && bound.shape() != Dims{k})
    throw InputError(fmt::format("{}: {} has shape {}, for {} parameters", caller, which,
                                 to_string(bound.shape()), k));
  return clone(
      expand(reshape(to(to(bound.detach(), DType::float64), default_device()), {-1}), {k}));
}

}  // namespace

Bounds bounds_of(const MinimizeOptions& options, std::int64_t k, const char* caller) {
  const Bounds bounds{vector_of(options.lower, "lower", k, caller),
                      vector_of(options.upper, "upper", k, caller)};
  const std::vector<double> none;
  const auto lower = bounds.lower.defined() ? bounds.lower.to_vector() : none;
  const auto upper = bounds.upper.defined() ? bounds.upper.to_vector() : none;
  for (std::int64_t i = 0; i < k; ++i) {
    const double low = lower.empty() ? -INFINITY : lower[static_cast<std::size_t>(i)];
    const double high = upper.empty() ? INFINITY : upper[static_cast<std::size_t>(i)];
    if (!(low <= high) || low == INFINITY || high == -INFINITY)
      throw InputError(fmt::format("{}: {} has no value between the bounds {} and {}", caller,
                                   list_of({i}, options.names), low, high));
  }
  return bounds;
}

Tensor Bounds::project(const Tensor& x) const {
  Tensor inside = x;
  if (lower.defined()) inside = maximum(inside, lower);
  if (upper.defined()) inside = minimum(inside, upper);
  return inside;
}

std::vector<bool> Bounds::held(const Point& point) const {
  if (!lower.defined() && !upper.defined()) return {};
  const std::vector<double> x = point.x.to_vector(), g = point.gradient.to_vector();
  std::vector<bool> is_held(x.size(), false);
  const auto hold = [&](const Tensor& bounds, double outward) {
    if (!bounds.defined()) return;
    const std::vector<double> bound = bounds.to_vector();
    for (std::size_t i = 0; i < x.size(); ++i)
      if (outward * (x[i] - bound[i]) >= 0 && outward * g[i] < 0) is_held[i] = true;
  };
  hold(lower, -1);
  hold(upper, 1);
  return is_held;
}

}  // namespace wald::optim
