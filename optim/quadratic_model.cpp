#include "quadratic_model.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <wald/engine/ops/ops.h>

namespace wald::optim {
namespace {

/// The size of each diagonal element; where it is 0 that which another element of the row would
/// bound it by from below, were the matrix positive semidefinite; 0 if there is none either.
std::vector<double> curvatures(const Tensor& hessian) {
  const std::size_t k = static_cast<std::size_t>(hessian.size(0));
  const std::vector<double> h = hessian.to_vector();
  std::vector<double> out(k);
  for (std::size_t i = 0; i < k; ++i) {
    out[i] = std::abs(h[i * k + i]);
    for (std::size_t j = 0; j < k && h[i * k + i] == 0; ++j)
      if (h[j * k + j] != 0)
        out[i] = std::max(out[i], h[i * k + j] * h[i * k + j] / std::abs(h[j * k + j]));
  }
  return out;
}

}  // namespace

Tensor step_units(Objective& objective, const Point& here) {
  constexpr std::int64_t most = 500;
  if (here.x.numel() > most) return {};
  std::vector<double> units = curvatures(objective.hessian(here.x));
  const auto usable = [](double c) { return std::isfinite(c) && c > 0; };
  const auto reference = std::find_if(units.begin(), units.end(), usable);
  if (reference == units.end()) return {};
  const double first = *reference;
  for (double& unit : units) unit = usable(unit) ? std::sqrt(first / unit) : 1;
  return from_vector(units);
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
