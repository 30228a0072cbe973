// The summaries of Cox and conditional logistic regressions.
#pragma once

#include <wald/models/conditional_logit.h>
#include <wald/models/cox.h>
#include <wald/models/summary.h>

namespace wald {

/// Counts, log-likelihoods with and without covariates, the three tests against b = 0 and the
/// concordance; hazard ratios beside the coefficients.
SummaryHead summary_head(const CoxFit& fit);
std::string summary(const CoxFit& fit, double level = 0.95);

/// Counts of rows, strata and cases, log-likelihoods, the likelihood-ratio test; odds ratios beside
/// the coefficients.
SummaryHead summary_head(const ConditionalLogitFit& fit);
std::string summary(const ConditionalLogitFit& fit, double level = 0.95);

}  // namespace wald
