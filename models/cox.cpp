#include "cox.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/models/centering.h>
#include <wald/models/constraints.h>
#include <wald/models/divergence.h>
#include <wald/models/regression.h>

namespace wald {
namespace {

void check_column(const Tensor& column, const char* name, DType dtype, const CoxData& data) {
  if (!column.defined()) return;
  if (column.dtype() != dtype)
    throw DTypeError(
        fmt::format("cox: {} is not {}", name, dtype == DType::int64 ? "int64" : "float64"));
  if (column.dim() != 1 || column.size(0) != data.n())
    throw ShapeError(fmt::format("cox: {} has the shape {} where [{}] is expected", name,
                                 to_string(Dims(column.shape())), data.n()));
}

void check(const CoxData& data) {
  if (!data.x.defined() || data.x.dim() != 2 || data.x.dtype() != DType::float64)
    throw ShapeError("cox: the covariates are not a matrix of float64");
  if (static_cast<std::int64_t>(data.names.size()) != data.x.size(1))
    throw ShapeError(
        fmt::format("cox: {} names for {} covariates", data.names.size(), data.x.size(1)));
  if (!data.time.defined() || !data.event.defined())
    throw ShapeError("cox: time and event are needed");
  check_column(data.time, "time", DType::float64, data);
  check_column(data.event, "event", DType::float64, data);
  check_column(data.entry, "entry", DType::float64, data);
  check_column(data.weights, "weights", DType::float64, data);
  check_column(data.offset, "offset", DType::float64, data);
  check_column(data.strata, "strata", DType::int64, data);
  for (const Tensor& numbers : {data.x, data.offset})
    if (numbers.defined() && !all(isfinite(numbers)).item<bool>())
      throw InputError("cox: a covariate or an offset is not finite");
}

std::vector<double> numbers_of(const Tensor& column) {
  return column.defined() ? column.to_vector() : std::vector<double>();
}

Tensor row_index(const RiskSets& sets) { return from_vector(sets.row(), {sets.rows()}); }

/// Of a column of the data, the rows at risk.
Tensor at_risk(const Tensor& column, const RiskSets& sets) {
  return column.defined() ? index_select(column, 0, row_index(sets)) : Tensor();
}

/// The terms with their weights.
Tensor weighted_terms(const Tensor& eta, const Tensor& weights, const RiskSets& sets, Ties ties) {
  const Tensor terms = cox_event_terms(eta, weights, sets, ties);
  return weights.defined() ? index_select(weights, 0, sets.event_row()) * terms : terms;
}

void require_events(const RiskSets& sets, const CoxData& data) {
  if (sets.times().empty())
    throw NotIdentifiedError(fmt::format("there are no events, so that {} ha{} no estimate",
                                         fmt::join(data.names, ", "),
                                         data.names.size() > 1 ? "ve" : "s"));
}

/// g'H^-1 g at b = 0.
double score_statistic(const Regression& regression) {
  const LogLikelihood loglik = log_likelihood(regression);
  const ScalarFunction objective = [&](const Tensor& b) { return -sum(loglik(b)); };
  const Tensor zero = zeros({regression.x.size(1)});
  const Tensor g = value_and_gradient(objective, zero, {.create_graph = false}).gradient;
  const Tensor information = hessian(objective, zero, {.create_graph = false});
  return dot(g, solve(information, g)).item();
}

/// Whether each subject with an event has the largest x'd of those at risk, as near as rounding
/// lets tell. Without entries that would be a chain of comparisons; this is for any.
bool rises_along(const Tensor& direction, const Tensor& x, const RiskSets& sets) {
  const std::vector<double> along = mv(x, direction).to_vector();
  const std::vector<double> largest = sets.largest(along);
  const auto row = sets.event_row().to_vector<std::int64_t>(),
             time = sets.event_time().to_vector<std::int64_t>();
  for (std::size_t e = 0; e < row.size(); ++e)
    if (along[row[e]] < largest[time[e]] - 1e-6) return false;
  return true;
}

}  // namespace

const char* name_of(Ties ties) { return ties == Ties::efron ? "efron" : "breslow"; }

RiskSets risk_sets_of(const CoxData& data) {
  check(data);
  const DeviceGuard beside(data.x.device());
  return RiskSets({.time = data.time.to_vector(),
                   .event = data.event.to_vector(),
                   .entry = numbers_of(data.entry),
                   .weights = numbers_of(data.weights),
                   .strata = data.strata.defined() ? data.strata.to_vector<std::int64_t>()
                                                   : std::vector<std::int64_t>()});
}

CoxSlots cox_slots(const Tensor& eta, const Tensor& weights, const RiskSets& sets, Ties ties) {
  const Tensor row = sets.event_row(), time = sets.event_time();
  const auto sums = sets.sums(eta, weights);
  const Tensor scale = index_select(sums.scale, 0, time), all = index_select(sums.sum, 0, time);
  if (ties == Ties::breslow || !sets.has_ties()) return {scale, all};
  Tensor own = exp(index_select(eta, 0, row) - scale);
  if (weights.defined()) own = own * index_select(weights, 0, row);
  const Tensor tied = segment_sum(own, time, sums.sum.numel());
  return {scale, all - sets.tie_fraction() * index_select(tied, 0, time)};
}

Tensor cox_event_terms(const Tensor& eta, const Tensor& weights, const RiskSets& sets, Ties ties) {
  const CoxSlots slots = cox_slots(eta, weights, sets, ties);
  const Tensor above = index_select(eta, 0, sets.event_row()) - slots.scale,
               time = sets.event_time();
  const Tensor risk = log(slots.left);
  if (ties == Ties::breslow || !sets.has_ties()) return above - risk;
  const auto times = static_cast<std::int64_t>(sets.times().size());
  return above - index_select(segment_sum(risk / sets.tied(), time, times), 0, time);
}

LogLikelihood cox_log_likelihood(const CoxData& data, Ties ties) {
  const RiskSets sets = risk_sets_of(data);
  const DeviceGuard beside(data.x.device());
  const Tensor x = centered_within(index_select(data.x, 0, row_index(sets)), sets.group(),
                                   data.names, "among rows at risk together");
  const Tensor given = at_risk(data.weights, sets), offset = at_risk(data.offset, sets);
  return evaluated_on(data.x.device(), [=](const Tensor& b) {
    Tensor eta = mv(x, b);
    if (offset.defined()) eta = eta + offset;
    const EnableGradGuard recording;  // of the derivative by the weights
    const Tensor weights = given.defined() ? given : ones({sets.rows()});
    Tensor by_weight = weights.detach();
    by_weight.requires_grad_();
    const Tensor total = sum(weighted_terms(eta, by_weight, sets, ties));
    const Tensor slope = grad(total, by_weight, {.create_graph = true});
    const Tensor own = index_select(weights, 0, sets.event_row());
    const Tensor terms = index_add(weights * slope, 0, sets.event_row(), own);
    return index_add(zeros({data.n()}), 0, row_index(sets), terms);
  });
}

double CoxFit::wald_statistic() const {
  const auto k = static_cast<std::int64_t>(names.size());
  const Tensor b = from_vector(estimate);
  return dot(b, mv(from_vector(information, {k, k}), b)).item();
}

CoxFit fit_cox(const CoxData& data, Ties ties, const FitOptions& options) {
  const RiskSets sets = risk_sets_of(data);
  const DeviceGuard beside(data.x.device());
  require_events(sets, data);
  const Tensor weights = at_risk(data.weights, sets);
  Regression regression;
  regression.x = centered_within(index_select(data.x, 0, row_index(sets)), sets.group(), data.names,
                                 "among rows at risk together");
  regression.names = data.names;
  regression.offset = at_risk(data.offset, sets);
  regression.start.assign(data.names.size(), 0.0);
  regression.terms = [&](const Tensor& eta, const Tensor&) {
    return weighted_terms(eta, weights, sets, ties);
  };
  CoxFit fit;
  fit.ties = ties;
  fit.events = static_cast<double>(sets.event_row().numel());
  static_cast<Fit&>(fit) = fit_or_divergence(regression, options, [&](const Tensor& direction) {
    return rises_along(direction, regression.x, sets);
  });
  fit.n = data.n();
  fit.contains_null = has_null_model(options, {});
  fit.loglik_null =
      sum(log_likelihood(regression)(zeros({static_cast<std::int64_t>(data.names.size())}))).item();
  fit.score_statistic = fit.constraints.empty() ? score_statistic(regression) : NAN;
  Tensor eta = mv(regression.x, from_vector(fit.estimate));
  if (regression.offset.defined()) eta = eta + regression.offset;
  fit.concordance = concordance(sets, eta.to_vector(), numbers_of(weights));
  return fit;
}

}  // namespace wald
