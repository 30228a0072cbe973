#include "divergence.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/models/constraints.h>
#include <wald/models/identification.h>
#include <wald/models/orthogonal_design.h>

namespace wald {
namespace {

/// Where Newton's steps lead that go on for ever: along a direction of no maximum each changes some
/// predictor by about 1 again, while all else settles. Coefficients of the columns of q; undefined
/// if the steps end, or lead to nothing that can be computed.
Tensor unending_step(const ScalarFunction& objective, const Tensor& q) {
  constexpr int steps = 25;
  const std::int64_t k = q.size(1);
  Tensor at = zeros({k}), step;
  for (int i = 0; i < steps; ++i) {
    const Tensor gradient = value_and_gradient(objective, at, {.create_graph = false}).gradient;
    const Tensor curvature = hessian(objective, at, {.create_graph = false});
    const double size = max(abs(curvature)).item();
    if (!(size > 0) || !std::isfinite(size) || max(abs(gradient)).item() == 0) return step;
    const Tensor next = -solve(curvature + 1e-13 * size * eye(k), gradient);
    if (!all(isfinite(next)).item<bool>()) return step;
    if (max(abs(mv(q, next))).item() < 1e-3) return {};
    step = next;
    at = at + step;
  }
  return step;
}

/// `0.5 age - size`, where the largest change of a row by one term is 1.
std::string combination(const std::vector<double>& direction,
                        const std::vector<std::string>& names) {
  double scale = 0;
  for (double d : direction) scale = std::max(scale, std::abs(d));
  std::string text;
  for (std::size_t j = 0; j < names.size(); ++j) {
    const double d = direction[j] / scale;
    if (d == 0) continue;
    text += text.empty() ? (d < 0 ? "-" : "") : (d < 0 ? " - " : " + ");
    text += std::abs(d) == 1 ? names[j] : fmt::format("{:.4g} {}", std::abs(d), names[j]);
  }
  return text;
}

/// The direction scaled to a largest change of 1, without the columns that hardly change a row.
std::vector<double> cleaned(std::vector<double> direction, const Tensor& x) {
  const std::vector<double> reach = flatten(max(abs(x), Dims{0})).to_vector();
  double largest = 0;
  for (std::size_t j = 0; j < direction.size(); ++j)
    largest = std::max(largest, std::abs(direction[j]) * reach[j]);
  for (std::size_t j = 0; j < direction.size(); ++j) {
    if (std::abs(direction[j]) * reach[j] < 1e-5 * largest) direction[j] = 0;
    direction[j] /= largest;
  }
  return direction;
}

[[noreturn]] void refuse(const std::vector<double>& direction,
                         const std::vector<std::string>& names) {
  std::vector<std::string> concerned;
  for (std::size_t j = 0; j < names.size(); ++j)
    if (direction[j] != 0) concerned.push_back(names[j]);
  throw NotIdentifiedError(fmt::format(
      "there is no finite estimate of the coefficient{} of {}: the likelihood rises without end "
      "along {}",
      concerned.size() > 1 ? "s" : "", fmt::join(concerned, ", "), combination(direction, names)));
}

}  // namespace

Fit fit_or_divergence(const Regression& regression, const FitOptions& options,
                      const RisesAlong& rises) {
  const FreeParameters free(regression.names, options);
  const FreeParameters::Columns columns = free.columns(regression.x);
  const Tensor& x = columns.x;
  const std::vector<std::string>& names = columns.names;
  if (names.empty()) return fit_regression(regression, options);
  require_full_rank(x, names);
  const auto explain = [&] {
    const OrthogonalDesign design(x);
    Regression orthogonal = regression;
    orthogonal.names = names;
    const Tensor held = mv(regression.x, free.constant());
    orthogonal.offset = regression.offset.defined() ? regression.offset + held : held;
    orthogonal.x = design.q();
    const LogLikelihood loglik = log_likelihood(orthogonal);
    const Tensor step = unending_step([&](const Tensor& g) { return -sum(loglik(g)); }, design.q());
    if (!step.defined()) return;
    const std::vector<double> direction = cleaned(design.direction(step.to_vector()), x);
    if (rises(mv(free.directions(), from_vector(direction)))) refuse(direction, names);
  };
  Fit fit;
  try {
    fit = fit_regression(regression, options);
  } catch (const NotIdentifiedError&) {
    explain();
    throw;
  }
  // A likelihood that rises towards infinity looks like a maximum where it has become flat.
  const double farthest = max(abs(mv(regression.x, from_vector(fit.estimate)))).item();
  if (fit.status == FitStatus::failed || farthest > 10) explain();
  return fit;
}

}  // namespace wald
