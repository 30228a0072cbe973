#include "trust_region.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>
#include <wald/optim/methods/decrease.h>

namespace wald::optim {
namespace {

/// Without squares that overflow, or are lost below the least number.
double length_of(const Tensor& v) {
  const double largest = max(abs(v)).item<double>();
  if (!(largest > 0) || !std::isfinite(largest)) return largest;
  const double unit = std::ldexp(1, std::ilogb(largest));
  return unit * norm(v / unit).item<double>();
}

/// Powers of two by which radius and objective are divided so that the model's numbers are about 1.
struct BinaryUnits {
  int radius = 0, objective = 0;
};

BinaryUnits units_of(const EigenModel& model, double radius) {
  BinaryUnits units;
  if (std::isfinite(radius)) units.radius = std::ilogb(radius);
  int largest = std::numeric_limits<int>::min();
  for (std::size_t i = 0; i < model.values.size(); ++i) {
    if (model.values[i] != 0)
      largest = std::max(largest, std::ilogb(model.values[i]) + 2 * units.radius);
    if (model.slopes[i] != 0)
      largest = std::max(largest, std::ilogb(model.slopes[i]) + units.radius);
  }
  if (largest != std::numeric_limits<int>::min()) units.objective = largest;
  return units;
}

}  // namespace

std::optional<Point> TrustRegion::next(Objective& objective, const Point& here) {
  // Ends where the step no longer changes the point; radii cross the range of double in so many.
  constexpr int max_trials = 1100;
  for (int i = 0; i < max_trials; ++i) {
    const TrustStep trial = solve(objective, here);
    if (!(trial.decrease > 0)) return {};
    const Tensor x = here.x + QuadraticModel(objective, here, units_.units()).step(trial.step);
    if (all(x == here.x).item<bool>()) return {};
    const Point there = objective.at(x);
    const double agreement = decrease(here, there, trial.decrease) / trial.decrease;
    const double length = length_of(trial.step);
    if (!(agreement >= 0.25))
      radius_ = length / 4;
    else if (agreement > 0.75)
      radius_ = std::max(radius_, 2 * length);
    if (!(agreement > 1e-4)) continue;
    if (uses_hessian()) units_.update(objective, there);
    return there;
  }
  return {};
}

double TrustRegion::expected_decrease(Objective& objective, const Point& here) {
  const TrustStep& solved = solve(objective, here);
  if (!(solved.decrease > 0)) return std::numeric_limits<double>::quiet_NaN();
  return solved.is_model_minimum ? solved.decrease : std::numeric_limits<double>::infinity();
}

void TrustRegion::reset() {
  radius_ = 0;
  units_.reset();
  solved_at_ = {};
}

NamedTensors TrustRegion::state() const {
  NamedTensors state = {{"radius", tensor(radius_)}};
  units_.save(state);
  return state;
}

void TrustRegion::load(const NamedTensors& state) {
  reset();
  units_.load(state);
  for (const auto& [name, value] : state)
    if (name == "radius") radius_ = value.item<double>();
}

/// The step at this point, kept for whoever asks next.
const TrustStep& TrustRegion::solve(Objective& objective, const Point& here) {
  if (radius_ == 0) {
    units_.begin(objective, here);
    radius_ = first_radius({objective, here, units_.units()});
  }
  if (!solved_at_.defined() || !solved_at_.is_same(here.x) || solved_radius_ != radius_) {
    solved_ = step({objective, here, units_.units()}, radius_);
    solved_at_ = here.x;
    solved_radius_ = radius_;
  }
  return solved_;
}

/// Twice as far as the model's minimum; if it has none, as far as the gradient would need to change
/// by itself. In the units of the parameters, whatever those of the objective.
double TrustRegion::first_radius(const QuadraticModel& model) {
  const auto usable = [](double radius) { return std::isfinite(radius) && radius > 0; };
  const TrustStep newton = step(model, std::numeric_limits<double>::infinity());
  const double length = newton.is_model_minimum ? length_of(newton.step) : 0;
  if (usable(length)) return 2 * length;
  const double size = length_of(model.gradient());
  if (size == 0) return 1;
  const double radius = size / length_of(model.hessian_times(model.gradient() / size));
  return usable(radius) ? radius : 1;
}

void EigenTrustRegion::reset() {
  TrustRegion::reset();
  decomposed_at_ = {};
}

TrustStep EigenTrustRegion::step(const QuadraticModel& model, double radius) {
  const Point& here = model.here();
  if (!decomposed_at_.defined() || !decomposed_at_.is_same(here.x)) decompose(model);
  if (!decomposed_.values.defined()) return {};
  const Tensor slopes = matmul(model.gradient(), decomposed_.vectors);
  EigenModel parts{decomposed_.values.to_vector(), slopes.to_vector()};
  const BinaryUnits units = units_of(parts, radius);
  for (double& value : parts.values) value = std::ldexp(value, 2 * units.radius - units.objective);
  for (double& slope : parts.slopes) slope = std::ldexp(slope, units.radius - units.objective);
  EigenStep chosen = choose(parts, std::ldexp(radius, -units.radius),
                            std::ldexp(rounding_of(here.value), -units.objective));
  for (double& step : chosen.steps) step = std::ldexp(step, units.radius);
  return {matmul(decomposed_.vectors, from_vector(chosen.steps)),
          std::ldexp(chosen.decrease, units.objective), chosen.is_model_minimum};
}

void EigenTrustRegion::decompose(const QuadraticModel& model) {
  const Tensor& x = model.here().x;
  const Tensor hessian = model.hessian();
  decomposed_at_ = x;
  decomposed_ = {};
  if (!all(isfinite(hessian)).item<bool>()) return;
  decomposed_ = eigh(hessian);
  // The sign of an eigenvector is chance; by weights without symmetry it is not.
  const Tensor weights = sin(1 + square(float_range(0, static_cast<double>(x.numel()), 1)));
  const Tensor sides = where(matmul(weights, decomposed_.vectors) < 0, -1., 1.);
  decomposed_.vectors = decomposed_.vectors * sides;
}

}  // namespace wald::optim
