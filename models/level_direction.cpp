#include "level_direction.h"

#include <algorithm>
#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/kernels/cpu/lapack.h>

namespace wald {
namespace {

/// Newton's step; undefined if the Hessian is not positive definite.
Tensor newton_step(const Tensor& gradient, const Tensor& hessian) {
  const int k = static_cast<int>(gradient.numel());
  std::vector<double> factor = hessian.to_vector(), step = (-gradient).to_vector();
  if (kernels::cholesky(factor.data(), k) != 0) return {};
  kernels::cholesky_solve(factor.data(), k, step.data());
  return from_vector(step);
}

/// Whether the function rises from `value` along a direction in which its curvature is 1.
bool rises_along(const Tensor& direction, const ScalarFunction& objective, const Tensor& x,
                 double value) {
  constexpr double farthest = 16;
  const double rounding = 1e-14 * std::abs(value);
  // From where the curvature promises a hundred times the rounding.
  const double nearest = std::max(std::sqrt(200 * rounding), 1e-7);
  double promised = 0;
  for (double t = nearest; t <= farthest; t *= 4) {
    const double there = objective(x + t * direction).item();
    if (!std::isfinite(there)) break;
    if (there > value + rounding) return true;
    promised = t * t / 2;
  }
  return promised < 1e3 * rounding;
}

/// Without what is small beside the largest, in units of the curvatures: its rounding would lead
/// away from a plain that is flat in the others.
Tensor cleaned(const Tensor& step, const Tensor& hessian) {
  const Tensor size = abs(step * sqrt(diagonal(hessian)));
  return where(size < 1e-5 * max(size), 0.0, step);
}

}  // namespace

std::optional<std::vector<double>> level_direction(const ScalarFunction& objective, const Tensor& x,
                                                   const Tensor& gradient, const Tensor& hessian) {
  constexpr double rounding = 1e-10;  // of a gradient, in its unit of length
  Tensor step = newton_step(gradient, hessian);
  if (!step.defined()) return {};
  const double length = std::sqrt(-dot(step, gradient).item());
  if (!(length > rounding) || !std::isfinite(length)) return {};
  const double value = objective(x).item();
  step = cleaned(step, hessian);
  for (const double sign : {1.0, -1.0}) {
    const Tensor direction = step * (sign / length);
    if (!rises_along(direction, objective, x, value)) return direction.to_vector();
  }
  return {};
}

}  // namespace wald
