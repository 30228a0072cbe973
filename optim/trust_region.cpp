#include "trust_region.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <wald/engine/ops/ops.h>
#include <wald/optim/decrease.h>

namespace wald::optim {
namespace {

double length_of(const Tensor& v) { return norm(v).item<double>(); }

/// How far the steepest descent would go on a quadratic of the curvature along it: in the units of
/// the parameters, whatever those of the objective.
double first_radius(const QuadraticModel& model) {
  const double size = length_of(model.gradient());
  if (size == 0) return 1;
  const Tensor along = model.gradient() / size;
  const double curvature = std::abs(dot(along, model.hessian_times(along)).item<double>());
  const double radius = size / curvature;
  return std::isfinite(radius) && radius > 0 ? radius : 1;
}

}  // namespace

std::optional<Point> TrustRegion::next(Objective& objective, const Point& here) {
  // Ends where the step no longer changes the point.
  for (;;) {
    const TrustStep trial = solve(objective, here);
    if (!(trial.decrease > 0)) return {};
    const Tensor x = here.x + QuadraticModel(objective, here, units_).step(trial.step);
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
  units_ = {};
  solved_at_ = {};
}

NamedTensors TrustRegion::state() const {
  NamedTensors state = {{"radius", tensor(radius_)}};
  if (units_.defined()) state.emplace_back("units", units_);
  return state;
}

void TrustRegion::load(const NamedTensors& state) {
  reset();
  for (const auto& [name, value] : state) {
    if (name == "radius") radius_ = value.item<double>();
    if (name == "units") units_ = value;
  }
}

/// The step at this point, kept for whoever asks next.
const TrustStep& TrustRegion::solve(Objective& objective, const Point& here) {
  if (radius_ == 0) {
    units_ = step_units(objective, here);
    radius_ = first_radius({objective, here, units_});
  }
  if (!solved_at_.defined() || !solved_at_.is_same(here.x) || solved_radius_ != radius_) {
    solved_ = step({objective, here, units_}, radius_);
    solved_at_ = here.x;
    solved_radius_ = radius_;
  }
  return solved_;
}

void EigenTrustRegion::reset() {
  TrustRegion::reset();
  decomposed_at_ = {};
}

TrustStep EigenTrustRegion::step(const QuadraticModel& model, double radius) {
  if (!decomposed_at_.defined() || !decomposed_at_.is_same(model.here().x)) {
    decomposed_ = eigh(model.hessian());
    decomposed_at_ = model.here().x;
  }
  const Tensor slopes = matmul(model.gradient(), decomposed_.vectors);
  const EigenModel parts{decomposed_.values.to_vector(), slopes.to_vector()};
  const EigenStep chosen = choose(parts, radius, rounding_of(model.here().value));
  return {matmul(decomposed_.vectors, from_vector(chosen.steps)), chosen.decrease,
          chosen.is_model_minimum};
}

}  // namespace wald::optim
