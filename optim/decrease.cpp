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
  if (!(norm(there.gradient).item<double>() < norm(here.gradient).item<double>())) return -infinity;
  return -dot(here.gradient + there.gradient, there.x - here.x).item<double>() / 2;
}

}  // namespace wald::optim
