#include "concordance.h"

#include <algorithm>
#include <numeric>

namespace wald {
namespace {

/// Weights by rank of the score: a Fenwick tree.
class RankedWeights {
 public:
  explicit RankedWeights(std::size_t ranks) : tree_(ranks + 1, 0.0) {}

  void add(std::size_t rank, double weight) {
    for (std::size_t i = rank + 1; i < tree_.size(); i += i & (~i + 1)) tree_[i] += weight;
  }
  /// Of the ranks below this one.
  double below(std::size_t rank) const {
    double total = 0;
    for (std::size_t i = rank; i > 0; i -= i & (~i + 1)) total += tree_[i];
    return total;
  }

 private:
  std::vector<double> tree_;
};

std::vector<std::size_t> ranks_of(const std::vector<double>& score, std::size_t& count) {
  std::vector<double> distinct = score;
  std::ranges::sort(distinct);
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  count = distinct.size();
  std::vector<std::size_t> ranks;
  for (double s : score)
    ranks.push_back(
        static_cast<std::size_t>(std::ranges::lower_bound(distinct, s) - distinct.begin()));
  return ranks;
}

/// The rows by a place in time, which of them to take for each time.
std::vector<std::vector<std::int64_t>> rows_by(const std::vector<std::int64_t>& time,
                                               std::size_t times) {
  std::vector<std::vector<std::int64_t>> rows(times + 1);
  for (std::size_t i = 0; i < time.size(); ++i)
    rows[time[i]].push_back(static_cast<std::int64_t>(i));
  return rows;
}

}  // namespace

Concordance concordance(const RiskSets& sets, const std::vector<double>& score,
                        const std::vector<double>& weights) {
  const auto weight = [&](std::int64_t i) { return weights.empty() ? 1 : weights[i]; };
  std::size_t ranks = 0;
  const std::vector<std::size_t> rank = ranks_of(score, ranks);
  const std::size_t times = sets.times().size();
  const auto entering = rows_by(sets.first(), times), leaving = rows_by(sets.last(), times);
  std::vector<std::vector<std::int64_t>> deaths(times);
  const auto event_row = sets.event_row().to_vector<std::int64_t>(),
             event_time = sets.event_time().to_vector<std::int64_t>();
  for (std::size_t e = 0; e < event_row.size(); ++e) deaths[event_time[e]].push_back(event_row[e]);

  RankedWeights at_risk(ranks);
  double total = 0;
  const auto add = [&](std::int64_t row, double sign) {
    at_risk.add(rank[row], sign * weight(row));
    total += sign * weight(row);
  };
  Concordance found;
  for (std::size_t time = 0; time < times; ++time) {
    for (std::int64_t row : leaving[time]) add(row, -1);
    for (std::int64_t row : entering[time]) add(row, 1);
    for (std::int64_t row : deaths[time]) add(row, -1);
    for (std::int64_t row : deaths[time]) {
      const double below = at_risk.below(rank[row]), up_to = at_risk.below(rank[row] + 1);
      found.concordant += weight(row) * below;
      found.tied_score += weight(row) * (up_to - below);
      found.discordant += weight(row) * (total - up_to);
    }
    for (std::int64_t row : deaths[time]) add(row, 1);
  }
  return found;
}

}  // namespace wald
