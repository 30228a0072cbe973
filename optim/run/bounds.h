// Bounds on parameters, and which of them a point is held at.
#pragma once

#include <vector>

#include <wald/optim/minimize.h>

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

/// Those of the options for k parameters, on default_device(). Throws InputError, with the caller's
/// name before it, for a bound that is neither [k] nor a scalar, and for two that leave a parameter
/// no value.
Bounds bounds_of(const MinimizeOptions& options, std::int64_t k, const char* caller);

}  // namespace wald::optim
