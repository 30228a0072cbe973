#include "survival.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include <wald/engine/ops/ops.h>
#include <wald/models/constraints.h>
#include <wald/models/identification.h>

namespace wald {
namespace {

double weighted_total(const Tensor& x, const SurvivalData& data) {
  return sum(data.weights.defined() ? x * data.weights : x).item();
}

Tensor terms_of(const SurvivalObservations& seen, const SurvivalLaw& law,
                const SurvivalPredictor& of) {
  const Tensor terms =
      seen.seen * law.log_hazard(seen.survived, of) - law.cumulative_hazard(seen.survived, of);
  if (!seen.in_window.defined()) return terms;
  const Tensor hazard = where(seen.in_window, law.hazard_between(seen.window, of), 1.0);
  return terms + where(seen.in_window, log1mexp(hazard), 0.0);
}

Regression regression_of(const SurvivalData& data, const SurvivalObservations& seen,
                         const SurvivalModel& model) {
  const SurvivalLaw& law = law_of(model.distribution);
  const std::string parameter = law.parameter(model.form);
  Regression regression{data.x, data.names, data.offset, data.weights, {}, {}, {}, {}};
  if (!parameter.empty()) regression.other_names = {parameter};
  regression.terms = [seen, &law, form = model.form](const Tensor& eta, const Tensor& shape) {
    return terms_of(seen, law, {eta, shape, form});
  };
  return regression;
}

/// Throws where the likelihood rises without end as a free coefficient goes to infinity.
void require_estimates(const SurvivalData& data, const SurvivalObservations& seen,
                       const SurvivalFit& fit, const std::vector<std::string>& parameters,
                       const FreeParameters& free) {
  const auto refuse = [&](const char* what, const char* hazard) {
    throw NotIdentifiedError(
        fmt::format("{}: the hazard is estimated as {}, and {} ha{} no finite estimate", what,
                    hazard, fmt::join(parameters, ", "), parameters.size() > 1 ? "ve" : "s"));
  };
  if (!(fit.events > 0)) refuse("there are no events", "0");
  if (!(fit.time_at_risk > 0))
    refuse("nobody is known to be without the event at any time", "infinite");
  auto [x, names] = free.columns(data.x);
  if (names.empty()) return;
  // A row without weight determines nothing.
  if (data.weights.defined()) x = x * unsqueeze(data.weights > 0, 1);
  require_full_rank(x, names);
  Tensor pinned = seen.happened;  // from both sides
  if (seen.survived.empty.defined()) {
    const Tensor only_from_above = logical_and(seen.happened > 0, seen.survived.empty);
    x = where(unsqueeze(only_from_above, 1), -x, x);
    pinned = where(only_from_above, 0.0, pinned);
  }
  require_finite_maximum(fit.form == SurvivalForm::ph ? x : -x, pinned, names);
}

/// For distributions with a scale in log time: throws if all events lie where log t = x'b for some
/// b, and nothing else is against that, since the likelihood then rises without end as the scale
/// falls to 0.
void require_scatter(const SurvivalData& data, const SurvivalObservations& seen,
                     const std::string& parameter) {
  const Tensor counts = data.weights.defined() ? data.weights > 0 : data.time == data.time;
  Tensor log_time = log(seen.survived.end);
  if (data.offset.defined()) log_time = log_time - data.offset;
  const Tensor is_event = logical_and(seen.seen > 0, counts);
  if (!any(is_event).item<bool>()) return;
  const Tensor b =
      lstsq(where(unsqueeze(is_event, 1), data.x, 0.0), where(is_event, log_time, 0.0));
  const Tensor center = mv(data.x, b), tolerance = 1e-10 * (1.0 + abs(log_time));
  Tensor is_met = where(is_event, abs(log_time - center), log_time - center) <= tolerance;
  if (seen.survived.empty.defined()) is_met = logical_or(is_met, seen.survived.empty);
  if (seen.in_window.defined()) {
    const Tensor end = log(seen.window.end);
    const Tensor latest = data.offset.defined() ? end - data.offset : end;
    is_met = logical_and(is_met, logical_or(logical_not(seen.in_window), latest >= center));
  }
  if (!all(logical_or(is_met, logical_not(counts))).item<bool>()) return;
  throw NotIdentifiedError(
      fmt::format("there is no finite estimate of {}: the covariates ({}) give the time of every "
                  "event exactly, and the likelihood rises without end as the scale of log time "
                  "falls to 0",
                  parameter, fmt::join(data.names, ", ")));
}

struct Start {
  double eta = 0;             ///< Of every subject.
  std::vector<double> shape;  ///< Empty if there is none.
};

/// Of the Gompertz hazards that grow by a factor of e never, slowly or fast in the width of the
/// times of the events, the one of the largest likelihood, with the intercept at its maximum.
Start gompertz_start(const SurvivalData& data, const SurvivalObservations& seen,
                     const SurvivalFit& fit) {
  const Tensor share = seen.happened / fit.events;
  const double center = weighted_total(share * seen.middle, data);
  const double width = std::sqrt(weighted_total(share * square(seen.middle - center), data));
  const Tensor exposure = data.entry.defined() ? seen.middle - data.entry : seen.middle;
  Start best{std::log(fit.events / weighted_total(exposure, data)), {0.0}};
  double largest = fit.events * best.eta;
  if (!(width > 1e-8 * center)) return best;
  for (const double c : {0.3 / width, 1.2 / width}) {
    // log of the integral of exp(c t) over what each was at risk
    Tensor log_terms = seen.middle * c + log1mexp(exposure * c) - std::log(c);
    if (data.weights.defined()) log_terms = log_terms + log(data.weights);
    const double eta = std::log(fit.events) - logsumexp(log_terms).item();
    const double value = fit.events * (eta + c * center);
    if (!(value > largest)) continue;
    largest = value;
    best = {eta, {c}};
  }
  return best;
}

/// The exponential rate, events over time, or, where log times are scaled, that of a Weibull
/// distribution as wide as the times of the events. All move with the unit of time as the estimates
/// do.
Start rough_start(const SurvivalData& data, const SurvivalObservations& seen,
                  const SurvivalLaw& law, const SurvivalFit& fit) {
  const double sign = fit.form == SurvivalForm::ph ? 1 : -1;
  const std::string parameter = law.parameter(fit.form);
  const Tensor exposure = data.entry.defined() ? seen.middle - data.entry : seen.middle;
  const double log_rate = std::log(fit.events / weighted_total(exposure, data));
  if (parameter.empty()) return {sign * log_rate, {}};
  if (!law.needs_logs) return gompertz_start(data, seen, fit);
  const Tensor is_positive = seen.middle > 0;
  const Tensor log_time = log(where(is_positive, seen.middle, 1.0));
  const Tensor share = seen.happened / fit.events;
  const double center = weighted_total(share * log_time, data);
  const double width = std::sqrt(weighted_total(share * square(log_time - center), data));
  const double p = width > 1e-8 * (1 + std::abs(center)) ? 1.2 / width : 1;
  Tensor log_terms = where(is_positive, p * log_time, -INFINITY);
  if (data.weights.defined()) log_terms = log_terms + log(data.weights);
  const double log_scale = std::log(fit.events) - logsumexp(log_terms).item();
  return {fit.form == SurvivalForm::ph ? log_scale : -log_scale / p, {sign * std::log(p)}};
}

/// How to fit the intercept alone; nothing if that is no special case of the model.
std::optional<FitOptions> null_options(const Regression& regression, const FitOptions& options) {
  if (!has_null_model(options, {regression.names[0]}, regression.other_names)) return {};
  FitOptions null{.max_iter = options.max_iter};
  for (const auto& [name, value] : options.fixed)
    if (std::ranges::count(regression.other_names, name) > 0) null.fixed[name] = value;
  return null;
}

/// The fit of the intercept alone, a column of `constant`.
Fit fit_without_covariates(Regression regression, const Start& start, double constant,
                           const FitOptions& options) {
  regression.x = slice(regression.x, 1, 0, 1);
  regression.names = {regression.names.front()};
  regression.start = {start.eta / constant};
  regression.start.insert(regression.start.end(), start.shape.begin(), start.shape.end());
  return fit_regression(regression, options);
}

/// Where to begin: no covariate has an effect, or as nearly so as the design allows.
std::vector<double> start_of(const Regression& regression, const Start& start, double constant) {
  std::vector<double> values(regression.names.size(), 0.0);
  if (!std::isnan(constant))
    values[0] = start.eta / constant;
  else
    values = (lstsq(regression.x, ones({regression.n()})) * start.eta).to_vector();
  values.insert(values.end(), start.shape.begin(), start.shape.end());
  return values;
}

/// Weibull's ph coefficients move with the shape along a bent ridge, those of aft hardly: it is
/// quicker, and for narrow times the only way, to go to the maximum there and turn it into ph.
Start start_by_aft(const SurvivalData& data, const SurvivalObservations& seen, const Start& rough,
                   SurvivalDistribution distribution, double constant) {
  const double p = std::exp(rough.shape[0]);
  const Regression aft = regression_of(data, seen, {distribution, SurvivalForm::aft});
  const Fit null =
      fit_without_covariates(aft, {-rough.eta / p, {-rough.shape[0]}}, constant, FitOptions());
  const double slope = std::exp(-null.estimate[1]);
  return {-null.estimate[0] * constant * slope, {-null.estimate[1]}};
}

/// Estimates, and loglik_null on the way.
void estimate(SurvivalFit& fit, Regression& regression, Start start, bool is_closed_form,
              const FitOptions& options) {
  const double constant = constant_column(regression.x);
  const auto of_null = std::isnan(constant) ? std::nullopt : null_options(regression, options);
  fit.loglik_null = NAN;
  if (of_null && is_closed_form) {
    const double log_rate = fit.form == SurvivalForm::ph ? start.eta : -start.eta;
    fit.loglik_null = fit.events * (log_rate - 1);
    fit.null_parameters = 1;
  } else if (of_null && fit.coefficients > 1) {
    const Fit null = fit_without_covariates(regression, start, constant, *of_null);
    fit.loglik_null = null.loglik;
    fit.null_parameters = null.free_parameters();
    start.eta = null.estimate[0] * constant;
    start.shape.assign(null.estimate.begin() + 1, null.estimate.end());
  }
  regression.start = start_of(regression, start, constant);
  static_cast<Fit&>(fit) = fit_regression(regression, options);
  if (!of_null || fit.coefficients > 1 || is_closed_form) return;
  fit.loglik_null = fit.loglik;
  fit.null_parameters = fit.free_parameters();
}

}  // namespace

Regression survival_regression(const SurvivalData& data, const SurvivalModel& model) {
  check(data);
  const DeviceGuard beside(data.x.device());
  return regression_of(data, {data, law_of(model.distribution).needs_logs}, model);
}

SurvivalFit fit_survival(const SurvivalData& data, const SurvivalModel& model,
                         const FitOptions& options) {
  check(data);
  const DeviceGuard beside(data.x.device());
  SurvivalFit fit;
  fit.distribution = model.distribution;
  fit.form = model.form;
  fit.coefficients = data.names.size();
  const SurvivalLaw& law = fit.law();
  const SurvivalObservations seen(data, law.needs_logs);
  Regression regression = regression_of(data, seen, model);
  const Tensor& length = seen.survived.length;
  const Tensor time_at_risk =
      seen.survived.empty.defined() ? where(seen.survived.empty, 0.0, length) : length;
  fit.events = weighted_total(seen.happened, data);
  fit.time_at_risk = weighted_total(time_at_risk, data);
  const bool is_constrained = !options.fixed.empty() || !options.tied.empty();
  require_estimates(data, seen, fit, regression.parameter_names(),
                    {regression.parameter_names(), options});
  if (law.needs_logs && !is_constrained) require_scatter(data, seen, law.parameter(fit.form));
  const bool is_closed_form = model.distribution == SurvivalDistribution::exponential &&
                              !data.offset.defined() && !data.time2.defined();
  Start start = rough_start(data, seen, law, fit);
  const double constant = constant_column(data.x);
  if (law.needs_logs && fit.form == SurvivalForm::ph && !std::isnan(constant))
    start = start_by_aft(data, seen, start, model.distribution, constant);
  estimate(fit, regression, start, is_closed_form, options);
  const Tensor log_times = where(seen.seen > 0, seen.seen * log(seen.survived.end), 0.0);
  fit.loglik_logtime = fit.loglik + weighted_total(log_times, data);
  return fit;
}

SurvivalFit fit_exponential(const SurvivalData& data, SurvivalForm form,
                            const FitOptions& options) {
  return fit_survival(data, {SurvivalDistribution::exponential, form}, options);
}

}  // namespace wald
