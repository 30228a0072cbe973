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

/// Subjects whose distributions are functions of the parameters of the fit.
struct Subjects {
  const SurvivalFit& fit;
  Tensor x, offset;

  std::int64_t n() const { return x.size(0); }

  SurvivalPredictor at(const Tensor& parameters) const {
    const auto k = static_cast<std::int64_t>(fit.coefficients);
    const Tensor eta = mv(x, slice(parameters, 0, 0, k));
    return {offset.defined() ? eta + offset : eta, slice(parameters, 0, k, parameters.numel()),
            fit.form};
  }
};

void check_subjects(const Subjects& subjects, double level) {
  const auto k = static_cast<std::int64_t>(subjects.fit.coefficients);
  if (subjects.x.dim() != 2 || subjects.x.size(1) != k)
    throw ShapeError(fmt::format("predict: the covariates have the shape {}, not {} columns",
                                 to_string(Dims(subjects.x.shape())), k));
  if (subjects.offset.defined() && subjects.offset.numel() != subjects.n())
    throw ShapeError(
        fmt::format("predict: {} offsets for {} rows", subjects.offset.numel(), subjects.n()));
  if (!all(isfinite(subjects.x)).item<bool>())
    throw InputError("predict: a covariate is not finite");
  if (!(level > 0 && level < 1))
    throw InputError(fmt::format("predict: the level must be between 0 and 1, not {}", level));
}

void check_times(const std::vector<double>& times, bool allows_zero) {
  for (double time : times)
    if (!std::isfinite(time) || time < 0 || (time == 0 && !allows_zero))
      throw InputError(fmt::format("predict: a time must be {}, not {}",
                                   allows_zero ? "finite and at least 0" : "finite and above 0",
                                   time));
}

/// Each row as many times as there are points.
Subjects repeated(const Subjects& subjects, std::int64_t points) {
  const std::int64_t n = subjects.n(), k = subjects.x.size(1);
  const Tensor x = contiguous(expand(unsqueeze(subjects.x, 1), {n, points, k}));
  Subjects all{subjects.fit, reshape(x, {n * points, k}), {}};
  if (subjects.offset.defined())
    all.offset =
        reshape(contiguous(expand(unsqueeze(subjects.offset, 1), {n, points})), {n * points});
  return all;
}

/// The points once for each of n rows.
Tensor tiled(const std::vector<double>& points, std::int64_t n) {
  return repeat(from_vector(points), {n});
}

/// The standard errors of the elements of f at the estimate.
std::vector<double> standard_errors(const SurvivalFit& fit, const Tensor& slopes) {
  const auto k = static_cast<std::int64_t>(fit.names.size());
  const Tensor half = matmul(slopes, from_vector(fit.vcov, {k, k}));
  return sqrt(sum(half * slopes, {1})).to_vector();
}

/// On the scale of g = log of a hazard or a time, with `value` a function of it.
template <class Value, class Slope>
SurvivalPrediction from_log_scale(const std::vector<double>& g, const std::vector<double>& se,
                                  double level, Value value, Slope slope) {
  const double quantile = two_sided_quantile(level);
  SurvivalPrediction p;
  for (std::size_t i = 0; i < g.size(); ++i) {
    p.value.push_back(value(g[i]));
    // At time 0 nothing is uncertain.
    const double error = std::isinf(g[i]) ? 0 : se[i];
    p.std_error.push_back(error == 0 ? 0 : std::abs(slope(g[i])) * error);
    const double a = value(g[i] - quantile * error), b = value(g[i] + quantile * error);
    p.lower.push_back(std::min(a, b));
    p.upper.push_back(std::max(a, b));
  }
  return p;
}

double log_scale_survival(double g) { return std::exp(-std::exp(g)); }
double log_scale_survival_slope(double g) { return -std::exp(g - std::exp(g)); }
double exponential(double g) { return std::exp(g); }

/// -log of the mean of exp(-H), to the last places also where it is near 0 or large.
Tensor log_mean_hazard(const Tensor& hazard) {
  const Tensor failed = mean(-expm1(-hazard));
  if (failed.item() < 0.5) return log(-log1p(-failed));
  return log(std::log(static_cast<double>(hazard.numel())) - logsumexp(-hazard));
}

Tensor hazard_until(const Subjects& subjects, const Spells& spells, const Tensor& parameters) {
  return subjects.fit.law().cumulative_hazard(spells, subjects.at(parameters));
}

}  // namespace

SurvivalPrediction predict_survival(const SurvivalFit& fit, SurvivalQuantity quantity,
                                    const Tensor& x, const std::vector<double>& times, double level,
                                    const Tensor& offset) {
  const Subjects subjects{fit, x, offset};
  check_subjects(subjects, level);
  check_times(times, quantity != SurvivalQuantity::hazard);
  const Subjects rows = repeated(subjects, static_cast<std::int64_t>(times.size()));
  const SurvivalLaw& law = fit.law();
  const Spells spells({}, tiled(times, subjects.n()), law.needs_logs);
  const auto log_value = [&](const Tensor& parameters) {
    if (quantity != SurvivalQuantity::hazard) return log(hazard_until(rows, spells, parameters));
    return law.log_hazard(spells, rows.at(parameters));
  };
  const auto [g, slopes] = value_and_jacobian(log_value, from_vector(fit.estimate));
  const std::vector<double> se = standard_errors(fit, slopes), at = g.to_vector();
  if (quantity == SurvivalQuantity::survival)
    return from_log_scale(at, se, level, log_scale_survival, log_scale_survival_slope);
  return from_log_scale(at, se, level, exponential, exponential);
}

SurvivalPrediction predict_survival_times(const SurvivalFit& fit, const Tensor& x,
                                          const std::vector<double>& probabilities, double level,
                                          const Tensor& offset) {
  const Subjects subjects{fit, x, offset};
  check_subjects(subjects, level);
  std::vector<double> hazards;
  for (double p : probabilities) {
    if (!(p > 0 && p < 1))
      throw InputError(fmt::format("predict: a probability must be between 0 and 1, not {}", p));
    hazards.push_back(-std::log1p(-p));
  }
  const Subjects rows = repeated(subjects, static_cast<std::int64_t>(probabilities.size()));
  const Tensor hazard = tiled(hazards, subjects.n());
  const auto log_time = [&](const Tensor& parameters) {
    return fit.law().log_time_of(hazard, rows.at(parameters));
  };
  const auto [g, slopes] = value_and_jacobian(log_time, from_vector(fit.estimate));
  const std::vector<double> log_times = g.to_vector();
  SurvivalPrediction p =
      from_log_scale(log_times, standard_errors(fit, slopes), level, exponential, exponential);
  for (std::size_t i = 0; i < log_times.size(); ++i)
    if (std::isnan(log_times[i])) {
      p.value[i] = INFINITY;
      p.std_error[i] = p.lower[i] = p.upper[i] = NAN;
    }
  return p;
}

SurvivalPrediction predict_mean_survival(const SurvivalFit& fit, const Tensor& x,
                                         const std::vector<double>& times, double level,
                                         const Tensor& offset) {
  const Subjects subjects{fit, x, offset};
  check_subjects(subjects, level);
  check_times(times, true);
  const auto k = static_cast<std::int64_t>(fit.names.size());
  std::vector<double> g;
  std::vector<Tensor> slopes;
  for (double time : times) {
    if (time == 0) {
      g.push_back(-INFINITY);
      slopes.push_back(zeros({k}));
      continue;
    }
    const Spells spells({}, full({subjects.n()}, time), fit.law().needs_logs);
    const auto at = value_and_gradient(
        [&](const Tensor& b) { return log_mean_hazard(hazard_until(subjects, spells, b)); },
        from_vector(fit.estimate));
    g.push_back(at.value.item());
    slopes.push_back(at.gradient);
  }
  return from_log_scale(g, standard_errors(fit, stack(slopes)), level, log_scale_survival,
                        log_scale_survival_slope);
}

std::vector<double> mean_survival(const SurvivalFit& fit, const SurvivalData& data,
                                  const std::vector<double>& times) {
  const SurvivalPredictor of = Subjects{fit, data.x, data.offset}.at(from_vector(fit.estimate));
  std::vector<double> means;
  for (double time : times) {
    const Spells spells({}, full({data.n()}, time), fit.law().needs_logs);
    means.push_back(mean(exp(-fit.law().cumulative_hazard(spells, of))).item());
  }
  return means;
}

SurvivalResiduals survival_residuals(const SurvivalFit& fit, const SurvivalData& data) {
  check(data);
  const SurvivalLaw& law = fit.law();
  const SurvivalObservations seen(data, law.needs_logs);
  const SurvivalPredictor of = Subjects{fit, data.x, data.offset}.at(from_vector(fit.estimate));
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
