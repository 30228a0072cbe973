#include "survival_prediction.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/models/distributions.h>

namespace wald {
namespace {

/// Subjects whose distributions are functions of the parameters of a fit.
struct Subjects {
  SurvivalModel model;
  Tensor x, offset;

  std::int64_t n() const { return x.size(0); }
  const SurvivalLaw& law() const { return law_of(model.distribution); }

  SurvivalPredictor at(const Tensor& parameters) const {
    const std::int64_t k = x.size(1);
    const Tensor eta = mv(x, slice(parameters, 0, 0, k));
    return {offset.defined() ? eta + offset : eta, slice(parameters, 0, k, parameters.numel()),
            model.form};
  }

  /// All from 0 to the same time.
  Spells until(double time) const { return {{}, full({n()}, time), law().needs_logs}; }
};

Subjects subjects_of(const SurvivalFit& fit, const Tensor& x, const Tensor& offset) {
  if (x.dim() != 2 || x.size(1) != static_cast<std::int64_t>(fit.coefficients))
    throw ShapeError(fmt::format("predict: the covariates have the shape {}, not {} columns",
                                 to_string(Dims(x.shape())), fit.coefficients));
  return {{fit.distribution, fit.form}, x, offset};
}

void check_subjects(const Subjects& s) {
  if (s.x.dim() != 2) throw ShapeError("predict: the covariates are not a matrix");
  if (s.offset.defined() && s.offset.numel() != s.n())
    throw ShapeError(fmt::format("predict: {} offsets for {} rows", s.offset.numel(), s.n()));
  if (!all(isfinite(s.x)).item<bool>()) throw InputError("predict: a covariate is not finite");
}

void check_level(double level) {
  if (!(level > 0 && level < 1))
    throw InputError(fmt::format("predict: the level must be between 0 and 1, not {}", level));
}

void check_at(SurvivalQuantity quantity, double at) {
  if (quantity == SurvivalQuantity::quantile) {
    if (!(at > 0 && at < 1))
      throw InputError(fmt::format("predict: a probability must be between 0 and 1, not {}", at));
  } else if (!(at > 0 && std::isfinite(at))) {
    throw InputError(fmt::format("predict: a time must be positive and finite, not {}", at));
  }
}

/// Values of g = log H, log h or log t with their errors, and where they go.
struct Band {
  SurvivalQuantity quantity;
  double normal_quantile;

  double value(double g) const {
    return quantity == SurvivalQuantity::survival ? std::exp(-std::exp(g)) : std::exp(g);
  }
  double slope(double g) const {
    return quantity == SurvivalQuantity::survival ? std::exp(g - std::exp(g)) : std::exp(g);
  }
  void add(SurvivalPrediction& to, std::size_t i, double g, double error) const {
    const double known = std::isinf(g) ? 0 : error;  // at time 0, or never
    const double a = value(g - normal_quantile * known), b = value(g + normal_quantile * known);
    to.value[i] = value(g);
    to.std_error[i] = std::isinf(to.value[i]) ? NAN : known == 0 ? 0 : slope(g) * known;
    to.lower[i] = std::min(a, b);
    to.upper[i] = std::max(a, b);
  }
};

SurvivalPrediction room_for(std::size_t n) {
  return {std::vector<double>(n), std::vector<double>(n), std::vector<double>(n),
          std::vector<double>(n)};
}

/// sqrt(diag(J V J')) of the rows of J.
std::vector<double> standard_errors(const SurvivalFit& fit, const Tensor& jacobian) {
  const auto k = static_cast<std::int64_t>(fit.names.size());
  const Tensor half = matmul(jacobian, from_vector(fit.vcov, {k, k}));
  return sqrt(sum(half * jacobian, {1})).to_vector();
}

/// log of -log of the mean of exp(-H), to the last places also where that is near 1 or 0.
Tensor log_mean_hazard(const Tensor& hazard) {
  const Tensor failed = mean(-expm1(-hazard));
  if (failed.item() < 0.5) return log(-log1p(-failed));
  return log(std::log(static_cast<double>(hazard.numel())) - logsumexp(-hazard));
}

}  // namespace

TensorFunction survival_log_scale(const SurvivalModel& model, SurvivalQuantity quantity,
                                  const Tensor& x, const Tensor& offset, double at) {
  const Subjects subjects{model, x, offset};
  check_subjects(subjects);
  check_at(quantity, at);
  const DeviceGuard beside(x.device());
  if (quantity == SurvivalQuantity::quantile) {
    const Tensor hazard = full({subjects.n()}, -std::log1p(-at));
    return evaluated_on(x.device(), [=](const Tensor& b) {
      return subjects.law().log_time_of(hazard, subjects.at(b));
    });
  }
  const Spells spells = subjects.until(at);
  if (quantity == SurvivalQuantity::hazard)
    return evaluated_on(x.device(), [=](const Tensor& b) {
      return subjects.law().log_hazard(spells, subjects.at(b));
    });
  return evaluated_on(x.device(), [=](const Tensor& b) {
    return log(subjects.law().cumulative_hazard(spells, subjects.at(b)));
  });
}

SurvivalPrediction predict_survival(const SurvivalFit& fit, SurvivalQuantity quantity,
                                    const Tensor& x, const std::vector<double>& at, double level,
                                    const Tensor& offset) {
  check_level(level);
  const DeviceGuard beside(x.device());
  const Subjects subjects = subjects_of(fit, x, offset);
  const Band band{quantity, two_sided_quantile(level)};
  const auto m = static_cast<std::size_t>(subjects.n());
  SurvivalPrediction p = room_for(m * at.size());
  for (std::size_t j = 0; j < at.size(); ++j) {
    const auto g = value_and_jacobian(
        survival_log_scale(subjects.model, quantity, x, offset, at[j]), from_vector(fit.estimate));
    const std::vector<double> values = g.value.to_vector(), se = standard_errors(fit, g.jacobian);
    for (std::size_t i = 0; i < m; ++i) band.add(p, i * at.size() + j, values[i], se[i]);
  }
  return p;
}

SurvivalPrediction predict_mean_survival(const SurvivalFit& fit, const Tensor& x,
                                         const std::vector<double>& times, double level,
                                         const Tensor& offset) {
  check_level(level);
  const DeviceGuard beside(x.device());
  const Subjects subjects = subjects_of(fit, x, offset);
  check_subjects(subjects);
  const Band band{SurvivalQuantity::survival, two_sided_quantile(level)};
  SurvivalPrediction p = room_for(times.size());
  for (std::size_t j = 0; j < times.size(); ++j) {
    if (times[j] == 0) {
      band.add(p, j, -INFINITY, 0);
      continue;
    }
    check_at(SurvivalQuantity::survival, times[j]);
    const Spells spells = subjects.until(times[j]);
    const auto g = value_and_gradient(
        [&](const Tensor& b) {
          return log_mean_hazard(subjects.law().cumulative_hazard(spells, subjects.at(b)));
        },
        from_vector(fit.estimate));
    band.add(p, j, g.value.item(), standard_errors(fit, unsqueeze(g.gradient, 0))[0]);
  }
  return p;
}

std::vector<double> mean_survival(const SurvivalFit& fit, const SurvivalData& data,
                                  const std::vector<double>& times) {
  const DeviceGuard beside(data.x.device());
  const Subjects subjects = subjects_of(fit, data.x, data.offset);
  const SurvivalPredictor of = subjects.at(from_vector(fit.estimate));
  std::vector<double> means;
  for (double time : times)
    means.push_back(mean(exp(-fit.law().cumulative_hazard(subjects.until(time), of))).item());
  return means;
}

SurvivalResiduals survival_residuals(const SurvivalFit& fit, const SurvivalData& data) {
  check(data);
  const DeviceGuard beside(data.x.device());
  const SurvivalLaw& law = fit.law();
  const SurvivalObservations seen(data, law.needs_logs);
  const SurvivalPredictor of = subjects_of(fit, data.x, data.offset).at(from_vector(fit.estimate));
  Tensor hazard = law.cumulative_hazard(seen.survived, of);
  if (seen.in_window.defined()) {
    // The mean of an exponential variable that is at most `width`.
    const Tensor width = where(seen.in_window, law.hazard_between(seen.window, of), 1.0);
    hazard = hazard + where(seen.in_window, 1.0 - width * inverse_expm1(width), 0.0);
  }
  const Tensor martingale = seen.happened - hazard;
  const Tensor square_half = -(martingale + xlogy(seen.happened, hazard));
  const Tensor deviance = sign(martingale) * sqrt(2.0 * maximum(square_half, 0.0));
  return {hazard.to_vector(), martingale.to_vector(), deviance.to_vector()};
}

}  // namespace wald
