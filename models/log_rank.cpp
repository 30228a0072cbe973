#include "log_rank.h"

#include <cmath>

#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/distributions.h>

namespace wald {
namespace {

/// Sums of observed less expected events, and their covariance.
struct Differences {
  explicit Differences(std::int64_t groups)
      : observed(groups, 0.0), expected(groups, 0.0), variance(groups * groups, 0.0) {}

  /// The events of a time: of each group those at risk, and how many had the event.
  void add(const std::vector<double>& at_risk, const std::vector<double>& events, double weight) {
    const auto groups = static_cast<std::int64_t>(at_risk.size());
    double n = 0, d = 0;
    for (std::int64_t g = 0; g < groups; ++g) {
      n += at_risk[g];
      d += events[g];
    }
    const double spread = n > 1 ? weight * weight * d * (n - d) / (n - 1) : 0;
    for (std::int64_t g = 0; g < groups; ++g) {
      observed[g] += weight * events[g];
      expected[g] += weight * d * at_risk[g] / n;
      for (std::int64_t h = 0; h < groups; ++h)
        variance[g * groups + h] += spread * (at_risk[g] / n) * ((g == h) - at_risk[h] / n);
    }
  }

  std::vector<double> observed, expected, variance;
};

/// Goes through the times of events with who is at risk in each group.
Differences differences(const RiskSets& sets, const std::vector<std::int64_t>& group,
                        std::int64_t groups, double rho) {
  const std::size_t times = sets.times().size();
  std::vector<std::vector<double>> change(times + 1, std::vector<double>(groups, 0.0)),
      events(times, std::vector<double>(groups, 0.0));
  for (std::int64_t i = 0; i < sets.rows(); ++i) {
    change[sets.first()[i]][group[sets.row()[i]]] += 1;
    change[sets.last()[i]][group[sets.row()[i]]] -= 1;
  }
  const auto row = sets.event_row().to_vector<std::int64_t>(),
             time = sets.event_time().to_vector<std::int64_t>();
  for (std::size_t e = 0; e < row.size(); ++e) events[time[e]][group[sets.row()[row[e]]]] += 1;

  Differences sums(groups);
  std::vector<double> at_risk(groups, 0.0);
  double survival = 1;
  for (std::size_t j = 0; j < times; ++j) {
    if (j > 0 && sets.times()[j].stratum != sets.times()[j - 1].stratum) survival = 1;
    double n = 0;
    for (std::int64_t g = 0; g < groups; ++g) n += at_risk[g] += change[j][g];
    sums.add(at_risk, events[j], std::pow(survival, rho));
    survival *= 1 - static_cast<double>(sets.times()[j].deaths) / n;
  }
  return sums;
}

}  // namespace

LogRankTest log_rank(const FollowUp& data, const std::vector<std::int64_t>& group,
                     std::int64_t groups, double rho) {
  if (group.size() != data.time.size())
    throw InputError("log_rank: the groups and the times differ in number");
  const Differences sums = differences(RiskSets(data), group, groups, rho);
  LogRankTest test{.observed = sums.observed, .expected = sums.expected};
  // The differences add up to 0: all groups but one that can differ.
  std::vector<std::int64_t> compared;
  for (std::int64_t g = 0; g < groups; ++g)
    if (sums.variance[g * groups + g] > 0) compared.push_back(g);
  if (compared.size() < 2)
    throw NotIdentifiedError("log_rank: there are no two groups at risk together at an event");
  compared.pop_back();
  test.df = static_cast<int>(compared.size());
  std::vector<double> difference, variance;
  for (std::int64_t g : compared) {
    difference.push_back(sums.observed[g] - sums.expected[g]);
    for (std::int64_t h : compared) variance.push_back(sums.variance[g * groups + h]);
  }
  const Tensor u = from_vector(difference);
  test.statistic = dot(u, solve(from_vector(variance, {test.df, test.df}), u)).item();
  test.p = chi_squared_sf(test.statistic, test.df);
  return test;
}

}  // namespace wald
