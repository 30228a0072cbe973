#include "cox_baseline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/models/distributions.h>

namespace wald {
namespace {

/// What cumulative hazards are made of.
struct Pieces {
  const CoxData& data;
  RiskSets sets;
  Ties ties;
  Tensor x, weights, offset;  // of the rows at risk, x less the center
  Tensor mean_weight;         // of the events of each event's time
  Tensor carry;               // [times]: 0 where a stratum begins, else 1
};

Pieces pieces_of(const CoxData& data, Ties ties) {
  RiskSets sets = risk_sets_of(data);
  const Tensor row = from_vector(sets.row(), {sets.rows()});
  const auto at_risk = [&](const Tensor& column) {
    return column.defined() ? index_select(column, 0, row) : Tensor();
  };
  const auto times = static_cast<std::int64_t>(sets.times().size());
  const Tensor weights = at_risk(data.weights);
  const Tensor of_events = weights.defined() ? index_select(weights, 0, sets.event_row())
                                             : ones({sets.event_row().numel()});
  const Tensor mean_weight = index_select(
      segment_sum(of_events / sets.tied(), sets.event_time(), times), 0, sets.event_time());
  std::vector<double> carry(times, 1.0);
  for (std::int64_t j = 0; j < times; ++j)
    if (j == 0 || sets.times()[j].stratum != sets.times()[j - 1].stratum) carry[j] = 0;
  return {data,    std::move(sets),      ties,        at_risk(data.x),
          weights, at_risk(data.offset), mean_weight, from_vector(carry, {times})};
}

/// Sums over the events up to each time of mean weight / (risk left)^power, at x = 0.
Tensor cumulative(const Pieces& p, const Tensor& b, int power) {
  Tensor eta = mv(p.x, b);
  if (p.offset.defined()) eta = eta + p.offset;
  const CoxSlots slots = cox_slots(eta, p.weights, p.sets, p.ties);
  const Tensor terms = p.mean_weight * exp(-power * (slots.scale + log(slots.left)));
  return linear_recurrence(segment_sum(terms, p.sets.event_time(), p.carry.numel()), p.carry, 0);
}

}  // namespace

std::int64_t BaselineHazard::at(double t) const {
  return std::ranges::upper_bound(time, t) - time.begin() - 1;
}

const BaselineHazard& CoxBaseline::of(std::int64_t stratum) const {
  for (const BaselineHazard& hazard : strata)
    if (hazard.stratum == stratum) return hazard;
  throw InputError(fmt::format("cox: stratum {} has no events, and no baseline hazard", stratum));
}

CoxBaseline cox_baseline(const CoxData& data, const CoxFit& fit) {
  const DeviceGuard beside(data.x.device());
  Pieces p = pieces_of(data, fit.ties);
  const Tensor center = mean(p.x, {0});
  p.x = p.x - center;
  const Tensor b = from_vector(fit.estimate);
  const auto at = value_and_jacobian([&](const Tensor& c) { return cumulative(p, c, 1); }, b, {});
  const std::vector<double> cumhaz = at.value.to_vector(), gradient = at.jacobian.to_vector(),
                            variance = cumulative(p, b, 2).to_vector();
  CoxBaseline baseline{center.to_vector(), {}};
  const std::size_t k = fit.names.size();
  for (std::size_t j = 0; j < cumhaz.size(); ++j) {
    const EventTime& time = p.sets.times()[j];
    if (baseline.strata.empty() || baseline.strata.back().stratum != time.stratum)
      baseline.strata.emplace_back().stratum = time.stratum;
    BaselineHazard& hazard = baseline.strata.back();
    hazard.time.push_back(time.time);
    hazard.cumhaz.push_back(cumhaz[j]);
    hazard.variance.push_back(variance[j]);
    for (std::size_t i = 0; i < k; ++i) hazard.gradient.push_back(gradient[j * k + i]);
  }
  return baseline;
}

PredictedSurvival predict_survival(const CoxFit& fit, const BaselineHazard& baseline,
                                   const std::vector<double>& center, const std::vector<double>& x,
                                   double offset, double level) {
  const std::size_t k = fit.names.size();
  if (x.size() != k || center.size() != k)
    throw ShapeError(fmt::format("cox: {} covariates where {} are expected", x.size(), k));
  double eta = offset;
  for (std::size_t i = 0; i < k; ++i) eta += (x[i] - center[i]) * fit.estimate[i];
  const double ratio = std::exp(eta), z = two_sided_quantile(level);
  PredictedSurvival curve;
  curve.time = baseline.time;
  for (std::size_t j = 0; j < baseline.time.size(); ++j) {
    std::vector<double> slope(k);
    for (std::size_t i = 0; i < k; ++i)
      slope[i] = baseline.gradient[j * k + i] + baseline.cumhaz[j] * (x[i] - center[i]);
    double variance = baseline.variance[j];
    for (std::size_t i = 0; i < k; ++i)
      for (std::size_t l = 0; l < k; ++l) variance += slope[i] * fit.vcov[i * k + l] * slope[l];
    const double cumhaz = ratio * baseline.cumhaz[j], se = ratio * std::sqrt(variance);
    curve.cumhaz.push_back(cumhaz);
    curve.std_error.push_back(se);
    curve.survival.push_back(std::exp(-cumhaz));
    curve.lower.push_back(std::exp(-cumhaz - z * se));
    curve.upper.push_back(std::exp(std::min(z * se - cumhaz, 0.0)));
  }
  return curve;
}

}  // namespace wald
