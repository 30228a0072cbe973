// The summary of a parametric survival regression.
#pragma once

#include <wald/models/summary.h>
#include <wald/models/survival.h>

namespace wald {

/// What Stata's streg prints: counts, the log-likelihoods of time and of log time; hazard ratios
/// (ph) or time ratios (aft) beside the coefficients.
SummaryHead summary_head(const SurvivalFit& fit);
std::string summary(const SurvivalFit& fit, double level = 0.95);

}  // namespace wald
