#include "certificate.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <wald/engine/ops/ops.h>

namespace wald::optim {
namespace {

Certificate certify_by_spectrum(Objective& objective, const Point& here, const Bounds& bounds,
                                double negligible) {
  Certificate found;
  found.x = here.x;
  found.hessian = objective.hessian(here.x);
  found.spectrum = std::make_shared<Spectrum>(found.hessian, bounds.held(here));
  const Spectrum& spectrum = *found.spectrum;
  if (!spectrum.is_finite()) {
    found.decrement = NAN;
    found.step = zeros(here.x.shape());
    return found;
  }
  const NewtonStep newton = newton_step(spectrum, here.gradient, negligible);
  found.decrement = newton.decrement;
  found.step = newton.step;
  found.step_decrease = newton.decrease;
  const std::vector<double>& values = spectrum.values();
  const double least = negligible * spectrum.largest();
  if (values.empty()) return found;
  if (spectrum.largest() > 0) found.smallest = values.front() / spectrum.largest();
  if (values.front() < -least) {
    std::vector<double> first(values.size(), 0.0);
    first[0] = spectrum.project(here.gradient)[0] > 0 ? -1 : 1;
    found.downward = spectrum.step(first);
  }
  const std::vector<double> slopes = spectrum.project(here.gradient);
  std::vector<double> fall(values.size(), 0.0);
  for (std::size_t j = 0; j < values.size(); ++j)
    if (std::abs(values[j]) <= least) {
      fall[j] = -slopes[j];
      std::vector<double> unit(values.size(), 0.0);
      unit[j] = 1;
      found.flat_directions.push_back(spectrum.step(unit));
      for (std::int64_t i : spectrum.coordinates_of(j)) found.flat.push_back(i);
    }
  found.fall = spectrum.step(fall);
  std::sort(found.flat.begin(), found.flat.end());
  found.flat.erase(std::unique(found.flat.begin(), found.flat.end()), found.flat.end());
  return found;
}

/// Conjugate gradients on H p = b over the free coordinates, until the residual is small, the
/// curvature is not positive, or the iterations are used up.
struct Conjugate {
  Tensor solution, downward;
};

Conjugate conjugate_gradients(Objective& objective, const Tensor& x, const Tensor& free,
                              const Tensor& b, int iterations) {
  Tensor residual = b * free, direction = residual, solution = zeros(x.shape());
  double size = dot(residual, residual).item();
  const double enough = 1e-12 * size;
  for (int i = 0; i < iterations && size > enough; ++i) {
    const Tensor product = objective.hessian_times(x, direction) * free;
    const double curvature = dot(direction, product).item();
    if (!(curvature > 0)) return {solution, curvature < 0 ? direction : Tensor()};
    const double length = size / curvature;
    solution = solution + length * direction;
    residual = residual - length * product;
    const double next = dot(residual, residual).item();
    direction = residual + (next / size) * direction;
    size = next;
  }
  return {solution, {}};
}

Certificate certify_by_products(Objective& objective, const Point& here, const Bounds& bounds) {
  const std::size_t k = static_cast<std::size_t>(here.x.numel());
  std::vector<double> free(k, 1.0), probe(k);
  const std::vector<bool> held = bounds.held(here);
  for (std::size_t i = 0; i < held.size(); ++i) free[i] = held[i] ? 0 : 1;
  for (std::size_t i = 0; i < k; ++i) probe[i] = std::sin(1.0 + static_cast<double>(i * i % 8191));
  const Tensor mask = from_vector(free);

  Certificate found;
  found.x = here.x;
  const Conjugate newton = conjugate_gradients(objective, here.x, mask, -here.gradient, 500);
  found.step = newton.solution;
  found.step_decrease = found.decrement = -dot(here.gradient, newton.solution).item() / 2;
  // A gradient of zero leads nowhere; a vector that is orthogonal to nothing in particular does.
  found.downward = newton.downward;
  if (!found.downward.defined())
    found.downward = conjugate_gradients(objective, here.x, mask, from_vector(probe), 30).downward;
  if (found.downward.defined()) {
    if (dot(found.downward, here.gradient).item() > 0) found.downward = -found.downward;
    found.smallest = -1;
  }
  const bool has_gradient = dot(here.gradient * mask, here.gradient).item() > 0;
  if (has_gradient && !(found.decrement > 0))
    found.decrement = std::numeric_limits<double>::infinity();
  return found;
}

}  // namespace

NewtonStep newton_step(const Spectrum& spectrum, const Tensor& gradient, double negligible) {
  const std::vector<double>& values = spectrum.values();
  const double least = negligible * spectrum.largest();
  std::vector<double> slopes = spectrum.project(gradient);
  double decrement = 0, decrease = 0;
  for (std::size_t j = 0; j < slopes.size(); ++j) {
    const double slope = slopes[j], curvature = std::abs(values[j]);
    // In this order, so that what is small is not lost below the least number.
    if (slope != 0)
      decrement += std::abs(slope) * (std::abs(slope) / std::max(curvature, least)) / 2;
    const bool counts = curvature > least;
    if (counts) decrease += slope * (slope / curvature) / 2;
    slopes[j] = counts ? -slope / curvature : 0;
  }
  return {spectrum.to_objective(decrement), spectrum.to_objective(decrease), spectrum.step(slopes)};
}

double newton_decrement(const Spectrum& spectrum, const Tensor& gradient) {
  const bool is_convex = spectrum.is_finite() &&
                         spectrum.values().front() >= -negligible_curvature * spectrum.largest();
  return is_convex ? newton_step(spectrum, gradient).decrement : NAN;
}

Certificate certify(Objective& objective, const Point& here, const Bounds& bounds,
                    double negligible) {
  if (here.x.numel() > dense_limit) return certify_by_products(objective, here, bounds);
  return certify_by_spectrum(objective, here, bounds, negligible);
}

}  // namespace wald::optim
