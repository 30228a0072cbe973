#include "cox_residuals.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/models/centering.h>
#include <wald/models/distributions.h>
#include <wald/models/kaplan_meier.h>

namespace wald {
namespace {

/// A fit's likelihood by events, in the rows at risk.
struct AtRisk {
  RiskSets sets;
  Tensor row, x, weights, offset;

  AtRisk(const CoxData& data)
      : sets(risk_sets_of(data)), row(from_vector(sets.row(), {sets.rows()})) {
    const auto of = [&](const Tensor& c) {
      return c.defined() ? index_select(c, 0, row) : Tensor();
    };
    x = centered_within(of(data.x), sets.group(), data.names, "among rows at risk together");
    weights = of(data.weights);
    offset = of(data.offset);
  }

  Tensor predictor(const Tensor& b) const {
    const Tensor eta = mv(x, b);
    return offset.defined() ? eta + offset : eta;
  }
  Tensor event_weights() const {
    return weights.defined() ? index_select(weights, 0, sets.event_row())
                             : ones({sets.event_row().numel()});
  }
};

std::vector<double> km_scale(const CoxData& data, const std::vector<double>& times) {
  const std::vector<double> time = data.time.to_vector(), event = data.event.to_vector();
  std::vector<double> entry, weights;
  if (data.entry.defined()) entry = data.entry.to_vector();
  if (data.weights.defined()) weights = data.weights.to_vector();
  const KaplanMeier km = kaplan_meier(time, event, {.weights = weights, .entry = entry});
  std::vector<double> g;
  for (double t : times) {
    const auto before = std::ranges::lower_bound(km.time, t) - km.time.begin();
    g.push_back(before == 0 ? 0 : 1 - km.survival[before - 1]);
  }
  return g;
}

std::vector<double> rank_scale(std::vector<double> all, const std::vector<double>& times) {
  std::ranges::sort(all);
  std::vector<double> g;
  for (double t : times) {
    const auto [first, last] = std::equal_range(all.begin(), all.end(), t);
    g.push_back(static_cast<double>((first - all.begin()) + (last - all.begin()) + 1) / 2);
  }
  return g;
}

/// g at the time of each event, less its mean: that changes no test and keeps digits.
Tensor time_scale(const CoxData& data, const RiskSets& sets, TimeScale scale) {
  std::vector<double> times;
  for (std::int64_t j : sets.event_time().to_vector<std::int64_t>())
    times.push_back(sets.times()[j].time);
  Tensor g = from_vector(times);
  if (scale == TimeScale::km) g = from_vector(km_scale(data, times));
  if (scale == TimeScale::rank) g = from_vector(rank_scale(data.time.to_vector(), times));
  if (scale == TimeScale::log) g = log(g);
  return g - mean(g);
}

}  // namespace

Tensor martingale_residuals(const CoxData& data, const CoxFit& fit) {
  const DeviceGuard beside(data.x.device());
  const AtRisk at(data);
  const auto loglik = [&](const Tensor& eta) {
    return sum(at.event_weights() * cox_event_terms(eta, at.weights, at.sets, fit.ties));
  };
  const Tensor eta = at.predictor(from_vector(fit.estimate));
  Tensor slope = value_and_gradient(loglik, eta).gradient;
  if (at.weights.defined()) slope = slope / at.weights;
  return index_add(zeros({data.n()}), 0, at.row, slope);
}

Tensor deviance_residuals(const CoxData& data, const CoxFit& fit) {
  const Tensor m = martingale_residuals(data, fit);
  return sign(m) * sqrt(maximum(-2 * (m + xlogy(data.event, data.event - m)), 0.0));
}

Tensor dfbeta_residuals(const CoxData& data, const CoxFit& fit) {
  const DeviceGuard beside(data.x.device());
  const auto k = static_cast<std::int64_t>(fit.names.size());
  return matmul(scores(cox_log_likelihood(data, fit.ties), from_vector(fit.estimate)),
                from_vector(fit.vcov, {k, k}));
}

SchoenfeldResiduals schoenfeld_residuals(const CoxData& data, const CoxFit& fit) {
  const DeviceGuard beside(data.x.device());
  const AtRisk at(data);
  SchoenfeldResiduals result;
  for (std::int64_t j : at.sets.event_time().to_vector<std::int64_t>()) {
    result.time.push_back(at.sets.times()[j].time);
    result.stratum.push_back(at.sets.times()[j].stratum);
  }
  for (std::int64_t i : at.sets.event_row().to_vector<std::int64_t>())
    result.row.push_back(at.sets.row()[i]);
  const auto terms = [&](const Tensor& b) {
    return cox_event_terms(at.predictor(b), at.weights, at.sets, fit.ties);
  };
  result.residuals = scores(terms, from_vector(fit.estimate));
  return result;
}

ProportionalHazardsTest test_proportional_hazards(const CoxData& data, const CoxFit& fit,
                                                  TimeScale scale) {
  const DeviceGuard beside(data.x.device());
  const AtRisk at(data);
  const Tensor g = time_scale(data, at.sets, scale), weights = at.event_weights(),
               b = from_vector(fit.estimate);
  // The information about b and theta is made of the Hessians of sums weighted by 1, g and g^2.
  const auto information = [&](const Tensor& by) {
    const ScalarFunction loglik = [&](const Tensor& c) {
      return -sum(by * cox_event_terms(at.predictor(c), at.weights, at.sets, fit.ties));
    };
    return hessian(loglik, b, {.create_graph = false});
  };
  const Tensor bb = information(weights), bt = information(weights * g),
               tt = information(weights * g * g);
  const Tensor u = mv(t(schoenfeld_residuals(data, fit).residuals), weights * g);
  const Tensor left = tt - matmul(t(bt), solve(bb, bt));
  ProportionalHazardsTest test;
  test.names = fit.names;
  for (std::int64_t j = 0; j < u.numel(); ++j) {
    const double own = select(u, 0, j).item(), variance = select(select(left, 0, j), 0, j).item();
    test.statistic.push_back(own * own / variance);
    test.p.push_back(chi_squared_sf(test.statistic.back(), 1));
  }
  test.global_statistic = dot(u, solve(left, u)).item();
  test.global_df = static_cast<int>(u.numel());
  test.global_p = chi_squared_sf(test.global_statistic, test.global_df);
  return test;
}

}  // namespace wald
