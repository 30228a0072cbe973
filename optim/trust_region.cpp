#include "trust_region.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <wald/engine/ops/ops.h>
#include <wald/optim/decrease.h>

namespace wald::optim {
namespace {

double length_of(const Tensor& v) { return norm(v).item<double>(); }

}  // namespace

std::optional<Point> TrustRegion::next(Objective& objective, const Point& here) {
  // Ends where the step no longer changes the point.
  for (;;) {
    const TrustStep trial = solve(objective, here);
    if (!(trial.decrease > 0)) return {};
    const Tensor x = here.x + trial.step;
    if (all(x == here.x).item<bool>()) return {};
    const Point there = objective.at(x);
    const double agreement = decrease(here, there, trial.decrease) / trial.decrease;
    const double length = length_of(trial.step);
    if (!(agreement >= 0.25))
      radius_ = length / 4;
    else if (agreement > 0.75)
      radius_ = std::max(radius_, 2 * length);
    if (agreement > 1e-4) return there;
  }
}

double TrustRegion::expected_decrease(Objective& objective, const Point& here) {
  const TrustStep& solved = solve(objective, here);
  if (!(solved.decrease > 0)) return std::numeric_limits<double>::quiet_NaN();
  return solved.is_model_minimum ? solved.decrease : std::numeric_limits<double>::infinity();
}

void TrustRegion::reset() {
  radius_ = 0;
  solved_at_ = {};
}

NamedTensors TrustRegion::state() const { return {{"radius", tensor(radius_)}}; }

void TrustRegion::load(const NamedTensors& state) {
  reset();
  for (const auto& [name, value] : state)
    if (name == "radius") radius_ = value.item<double>();
}

Tensor TrustRegion::hessian_times(Objective& objective, const Point& here, const Tensor& v) {
  return objective.hessian_times(here.x, v);
}

/// The step at this point, kept for whoever asks next.
const TrustStep& TrustRegion::solve(Objective& objective, const Point& here) {
  if (radius_ == 0) radius_ = first_radius(objective, here);
  if (!solved_at_.defined() || !solved_at_.is_same(here.x) || solved_radius_ != radius_) {
    solved_ = step(objective, here, radius_);
    solved_at_ = here.x;
    solved_radius_ = radius_;
  }
  return solved_;
}

/// How far the steepest descent would go on a quadratic of the curvature along it: in the units of
/// the parameters, whatever those of the objective.
double TrustRegion::first_radius(Objective& objective, const Point& here) {
  const double size = length_of(here.gradient);
  if (size == 0) return 1;
  const Tensor along = here.gradient / size;
  const double curvature =
      std::abs(dot(along, hessian_times(objective, here, along)).item<double>());
  const double radius = size / curvature;
  return std::isfinite(radius) && radius > 0 ? radius : 1;
}

void EigenTrustRegion::reset() {
  TrustRegion::reset();
  decomposed_at_ = {};
}

TrustStep EigenTrustRegion::step(Objective& objective, const Point& here, double radius) {
  const Eigh& parts = decomposed(objective, here);
  const Tensor slopes = matmul(here.gradient, parts.vectors);
  const EigenModel model{parts.values.to_vector(), slopes.to_vector()};
  const EigenStep chosen = choose(model, radius, rounding_of(here.value));
  return {matmul(parts.vectors, from_vector(chosen.steps)), chosen.decrease,
          chosen.is_model_minimum};
}

Tensor EigenTrustRegion::hessian_times(Objective& objective, const Point& here, const Tensor& v) {
  const Eigh& parts = decomposed(objective, here);
  return matmul(parts.vectors, parts.values * matmul(v, parts.vectors));
}

const Eigh& EigenTrustRegion::decomposed(Objective& objective, const Point& here) {
  if (!decomposed_at_.defined() || !decomposed_at_.is_same(here.x)) {
    decomposed_ = eigh(objective.hessian(here.x));
    decomposed_at_ = here.x;
  }
  return decomposed_;
}

}  // namespace wald::optim
