#include "bounds.h"

#include <wald/engine/ops/ops.h>

namespace wald::optim {

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
