#include "survival.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/models/identification.h>
#include <wald/models/orthogonal_design.h>

namespace wald {
namespace {

Tensor exposure(const SurvivalData& data) {
  return data.entry.defined() ? data.time - data.entry : data.time;
}

double weighted_total(const Tensor& x, const SurvivalData& data) {
  return sum(data.weights.defined() ? x * data.weights : x).item();
}

/// The log hazard of each subject.
Tensor log_hazard(const Tensor& coefficients, const SurvivalData& data, SurvivalForm form) {
  const Tensor linear = mv(data.x, coefficients);
  return form == SurvivalForm::ph ? linear : -linear;
}

/// The coefficients of the fit without covariates, if the first column is constant; else zeros.
std::vector<double> start_values(const SurvivalFit& fit, const SurvivalData& data) {
  std::vector<double> start(data.names.size(), 0.0);
  const Tensor first = select(data.x, 1, 0);
  const double value = first.numel() > 0 ? select(first, 0, 0).item() : 0;
  if (value != 0 && sum(first != value).item() == 0)
    start[0] =
        std::log(fit.events / fit.time_at_risk) / value * (fit.form == SurvivalForm::ph ? 1 : -1);
  return start;
}

}  // namespace

Tensor exponential_log_likelihood(const Tensor& coefficients, const SurvivalData& data,
                                  SurvivalForm form) {
  const Tensor eta = log_hazard(coefficients, data, form);
  const Tensor terms = data.event * eta - exp(eta) * exposure(data);
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
        fmt::format("there are no events: no coefficient has a finite estimate, not {}",
                    fmt::join(data.names, ", ")));
  // A row without weight determines nothing.
  const Tensor x = data.weights.defined() ? data.x * unsqueeze(data.weights > 0, 1) : data.x;
  require_full_rank(x, data.names);
  require_finite_maximum(x, data.event, data.names);
  const OrthogonalDesign design(data.x);
  SurvivalData turned = data;
  turned.x = design.q();
  static_cast<Fit&>(fit) =
      maximize([&](const Tensor& g) { return exponential_log_likelihood(g, turned, form); },
               design.to_orthogonal(start_values(fit, data)), data.names, data.n(), options);
  design.from_orthogonal(fit);
  const Tensor log_times = where(data.event > 0, data.event * log(data.time), 0.0);
  fit.loglik_logtime = fit.loglik + weighted_total(log_times, data);
  return fit;
}

std::vector<double> mean_survival(const SurvivalFit& fit, const SurvivalData& data,
                                  const std::vector<double>& times) {
  const Tensor hazard = exp(log_hazard(from_vector(fit.estimate), data, fit.form));
  std::vector<double> means;
  for (double time : times) means.push_back(mean(exp(-hazard * time)).item());
  return means;
}

}  // namespace wald
