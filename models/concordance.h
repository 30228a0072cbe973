// Harrell's concordance of a risk score with survival times. Knows numbers only.
#pragma once

#include <vector>

#include <wald/models/risk_sets.h>

namespace wald {

/// Pairs of rows of one stratum in which one has the event while the other is at risk and has it
/// later, or is censored then or later; with the product of their weights.
struct Concordance {
  double concordant = 0;  ///< The one with the event had the higher score.
  double discordant = 0;
  double tied_score = 0;  ///< The same score.

  /// (concordant + tied_score / 2) / all; NaN without pairs. Harrell and others (1982), JAMA 247,
  /// 2543-2546.
  double index() const {
    return (concordant + tied_score / 2) / (concordant + discordant + tied_score);
  }
};

/// Of the score of each row at risk [sets.rows()], higher for earlier events, at a cost of
/// n log(n); weights empty: 1.
Concordance concordance(const RiskSets& sets, const std::vector<double>& score,
                        const std::vector<double>& weights = {});

}  // namespace wald
