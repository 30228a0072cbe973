#include "quadratic_model.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <wald/engine/ops/ops.h>
#include <wald/optim/run/spectrum.h>

namespace wald::optim {
namespace {

bool is_usable(double curvature) { return std::isfinite(curvature) && curvature > 0; }

}  // namespace

void StepUnits::begin(Objective& objective, const Point& here) {
  constexpr std::int64_t most = 500;
  reset();
  if (here.x.numel() > most) return;
  const std::vector<double> curvature = curvatures(objective.hessian(here.x));
  const auto reference = std::find_if(curvature.begin(), curvature.end(), is_usable);
  if (reference == curvature.end()) return;
  reference_ = *reference;
  set(curvature);
}

void StepUnits::update(Objective& objective, const Point& there) {
  if (!curvature_.defined()) return begin(objective, there);
  std::vector<double> curvature = curvatures(objective.hessian(there.x));
  const std::vector<double> before = curvature_.to_vector();
  for (std::size_t i = 0; i < curvature.size(); ++i)
    curvature[i] = std::isfinite(curvature[i]) ? std::max(curvature[i], before[i] / 16) : before[i];
  set(curvature);
}

void StepUnits::set(const std::vector<double>& curvature) {
  std::vector<double> units;
  for (const double c : curvature) units.push_back(is_usable(c) ? std::sqrt(reference_ / c) : 1);
  curvature_ = from_vector(curvature);
  units_ = from_vector(units);
}

void StepUnits::save(NamedTensors& state) const {
  if (!curvature_.defined()) return;
  state.emplace_back("curvature", curvature_);
  state.emplace_back("reference", tensor(reference_));
}

void StepUnits::load(const NamedTensors& state) {
  reset();
  std::vector<double> curvature;
  for (const auto& [name, value] : state) {
    if (name == "curvature") curvature = value.to_vector();
    if (name == "reference") reference_ = value.item<double>();
  }
  if (!curvature.empty()) set(curvature);
}

QuadraticModel::QuadraticModel(Objective& objective, const Point& here, const Tensor& units)
    : objective_(objective), here_(here), units_(units), gradient_(step(here.gradient)) {}

Tensor QuadraticModel::hessian() const {
  const Tensor h = objective_.hessian(here_.x);
  return units_.defined() ? units_ * h * unsqueeze(units_, 1) : h;
}

Tensor QuadraticModel::hessian_times(const Tensor& u) const {
  return step(objective_.hessian_times(here_.x, step(u)));
}

Tensor QuadraticModel::step(const Tensor& u) const { return units_.defined() ? units_ * u : u; }

}  // namespace wald::optim
