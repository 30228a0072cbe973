// Bounds on parameters, and which of them a point is held at.
#pragma once

#include <vector>

#include <wald/optim/objective.h>

namespace wald::optim {

/// Undefined: none. Else [k] each.
struct Bounds {
  Tensor lower, upper;

  /// The nearest point within.
  Tensor project(const Tensor& x) const;
  /// The coordinates at a bound from which the value would fall outward; empty if there are no
  /// bounds.
  std::vector<bool> held(const Point& point) const;
};

}  // namespace wald::optim
