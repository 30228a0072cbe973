#include "conjugate_gradients.h"

#include <algorithm>
#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/optim/one_copy.h>

namespace wald::optim {
namespace {

double product(const Tensor& a, const Tensor& b) { return dot(a, b).item<double>(); }

/// The positive root of |s + a d| = radius, for |s| < radius.
double length_to_border(const Tensor& s, const Tensor& d, double radius) {
  const std::vector<double> read = read_numbers({dot(s, d), dot(d, d), norm(s)});
  const double slope = read[0], square = read[1], size = read[2];
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
    Tensor step = out.step + length * d;
    const Tensor residual = out.residual + length * hd;
    const std::vector<double> read = read_numbers({norm(step), dot(residual, residual)});
    if (!is_convex || !(read[0] < radius)) {
      length = length_to_border(out.step, d, radius);
      step = out.step + length * d;
      out.end = is_convex ? CgEnd::border : CgEnd::negative_curvature;
    }
    out.step = step;
    out.decrease += length * (residual_square - length * out.curvature / 2);
    if (out.end != CgEnd::converged) return out;
    out.residual = residual;
    const double next_square = read[1];
    const double reached = std::min(0.1, read[0] / reach);
    if (std::sqrt(next_square) <= reached * std::sqrt(square)) return out;
    out.direction = (next_square / residual_square) * d - out.residual;
    residual_square = next_square;
  }
  return out;
}

}  // namespace wald::optim
