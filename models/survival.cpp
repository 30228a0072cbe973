#include "survival.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/models/identification.h>
#include <wald/models/regression.h>

namespace wald {
namespace {

Tensor exposure(const SurvivalData& data) {
  return data.entry.defined() ? data.time - data.entry : data.time;
}

double weighted_total(const Tensor& x, const SurvivalData& data) {
  return sum(data.weights.defined() ? x * data.weights : x).item();
}

/// The log hazard of each subject, given its linear predictor.
Tensor log_hazard(const Tensor& linear, SurvivalForm form) {
  return form == SurvivalForm::ph ? linear : -linear;
}

Tensor exponential_terms(const Tensor& linear, const SurvivalData& data, SurvivalForm form) {
  const Tensor eta = log_hazard(linear, form);
  return data.event * eta - exp(eta) * exposure(data);
}

/// What the first column of the design is throughout; NaN if it is not constant or is 0.
double constant_of(const Tensor& x) {
  const double value = select(select(x, 1, 0), 0, 0).item();
  return value != 0 && sum(select(x, 1, 0) != value).item() == 0 ? value : NAN;
}

}  // namespace

Tensor exponential_log_likelihood(const Tensor& coefficients, const SurvivalData& data,
                                  SurvivalForm form) {
  const Tensor terms = exponential_terms(mv(data.x, coefficients), data, form);
  return data.weights.defined() ? data.weights * terms : terms;
}

SurvivalFit fit_exponential(const SurvivalData& data, SurvivalForm form,
                            const FitOptions& options) {
  SurvivalFit fit;
  fit.form = form;
  fit.events = weighted_total(data.event, data);
  fit.time_at_risk = weighted_total(exposure(data), data);
  if (!(fit.events > 0))
    throw NotIdentifiedError(
        fmt::format("there are no events: the hazard is estimated as 0, and {} ha{} no finite "
                    "estimate",
                    fmt::join(data.names, ", "), data.names.size() > 1 ? "ve" : "s"));
  // A row without weight determines nothing.
  const Tensor x = data.weights.defined() ? data.x * unsqueeze(data.weights > 0, 1) : data.x;
  require_full_rank(x, data.names);
  require_finite_maximum(x, data.event, data.names);
  // The fit without covariates: where to start, and what to compare with.
  const double constant = constant_of(data.x), log_rate = std::log(fit.events / fit.time_at_risk);
  std::vector<double> start(data.names.size(), 0.0);
  if (!std::isnan(constant))
    start[0] = (form == SurvivalForm::ph ? log_rate : -log_rate) / constant;
  Regression regression{data.x, data.names, {}, data.weights, {}, {}, start, {}};
  regression.terms = [&](const Tensor& eta, const Tensor&) {
    return exponential_terms(eta, data, form);
  };
  static_cast<Fit&>(fit) = fit_regression(regression, options);
  const Tensor log_times = where(data.event > 0, data.event * log(data.time), 0.0);
  fit.loglik_logtime = fit.loglik + weighted_total(log_times, data);
  fit.loglik_null = std::isnan(constant) ? NAN : fit.events * (log_rate - 1);
  return fit;
}

std::vector<double> mean_survival(const SurvivalFit& fit, const SurvivalData& data,
                                  const std::vector<double>& times) {
  const Tensor hazard = exp(log_hazard(mv(data.x, from_vector(fit.estimate)), fit.form));
  std::vector<double> means;
  for (double time : times) means.push_back(mean(exp(-hazard * time)).item());
  return means;
}

}  // namespace wald
