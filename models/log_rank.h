// The log-rank test: whether groups have the same survival. Knows numbers only.
#pragma once

#include <cstdint>
#include <vector>

#include <wald/models/risk_sets.h>

namespace wald {

/// One element for each group.
struct LogRankTest {
  std::vector<double> observed, expected;  ///< Events; weighted by S^rho if rho is not 0.
  double statistic = 0;                    ///< Chi-squared with df degrees of freedom.
  int df = 0;                              ///< Groups with events expected, less 1.
  double p = 1;
};

/// Compares `groups` groups, `group` [n] in 0 .. groups - 1, within the strata of the data and
/// summed over them. The events at a time are weighted by the Kaplan-Meier estimate just before it,
/// of the stratum with the groups together, to the power rho: 0 is the log-rank test, 1 that of
/// Peto and Peto. Harrington and Fleming (1982), Biometrika 69, 553-566. Weights of rows do not
/// matter but for being 0. Throws InputError as RiskSets does; NotIdentifiedError if fewer than two
/// groups are ever at risk together.
LogRankTest log_rank(const FollowUp& data, const std::vector<std::int64_t>& group,
                     std::int64_t groups, double rho = 0);

}  // namespace wald
