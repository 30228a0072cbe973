#include "conjugate_gradients.h"

#include <algorithm>
#include <cmath>

#include <wald/engine/ops/ops.h>

namespace wald::optim {
namespace {

double product(const Tensor& a, const Tensor& b) { return dot(a, b).item<double>(); }

/// The positive root of |s + a d| = radius, for |s| < radius.
double length_to_border(const Tensor& s, const Tensor& d, double radius) {
  const double slope = product(s, d), square = product(d, d);
  const double size = norm(s).item<double>();
  const double room = (radius - size) * (radius + size);
  const double root = std::sqrt(slope * slope + square * room);
  return slope > 0 ? room / (slope + root) : (root - slope) / square;
}

}  // namespace

CgStep conjugate_gradients(const Product& hessian_times, const Tensor& gradient, double reach,
                           double radius) {
  CgStep out;
  out.step = zeros(gradient.shape());
  out.residual = gradient;
  out.direction = -gradient;
  const double square = product(gradient, gradient);
  double residual_square = square;
  // In exact arithmetic k iterations suffice; rounding may want more.
  const std::int64_t limit = 20 + 4 * gradient.numel();
  for (std::int64_t i = 0; i < limit && residual_square > 0; ++i) {
    const Tensor& d = out.direction;
    const Tensor hd = hessian_times(d);
    out.curvature = product(d, hd);
    // Curvature of which the minimum lies beyond all numbers is none.
    const bool is_convex = out.curvature > 0 && std::isfinite(residual_square / out.curvature);
    // An infinite radius has no border to go to.
    if (!is_convex && std::isinf(radius)) {
      out.end = CgEnd::negative_curvature;
      return out;
    }
    double length = residual_square / out.curvature;
    if (!is_convex || !(norm(out.step + length * d).item<double>() < radius)) {
      length = length_to_border(out.step, d, radius);
      out.end = is_convex ? CgEnd::border : CgEnd::negative_curvature;
    }
    out.step = out.step + length * d;
    out.decrease += length * (residual_square - length * out.curvature / 2);
    if (out.end != CgEnd::converged) return out;
    out.residual = out.residual + length * hd;
    const double next_square = product(out.residual, out.residual);
    const double reached = std::min(0.1, norm(out.step).item<double>() / reach);
    if (std::sqrt(next_square) <= reached * std::sqrt(square)) return out;
    out.direction = (next_square / residual_square) * d - out.residual;
    residual_square = next_square;
  }
  return out;
}

}  // namespace wald::optim
