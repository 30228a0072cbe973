#include "decrease.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <wald/engine/ops/ops.h>

namespace wald::optim {

double rounding_of(double value) {
  return 32 * std::numeric_limits<double>::epsilon() * std::abs(value);
}

double decrease(const Point& here, const Point& there, double expected) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (!there.is_finite()) return -infinity;
  const double observed = here.value - there.value;
  const double rounding = std::max(rounding_of(here.value), rounding_of(there.value));
  if (std::max(std::abs(observed), expected) > rounding) return observed;
  // By a tenth: near its own rounding the gradient falls a little for ever.
  const double size = norm(here.gradient).item<double>();
  if (!(norm(there.gradient).item<double>() < 0.9 * size)) return -infinity;
  return -dot(here.gradient + there.gradient, there.x - here.x).item<double>() / 2;
}

}  // namespace wald::optim
