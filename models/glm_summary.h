// The summary of a generalized linear model.
#pragma once

#include <wald/models/glm.h>
#include <wald/models/summary.h>

namespace wald {

/// Counts and degrees of freedom; log-likelihood, AIC, BIC, deviances; what exp(coefficient) is.
SummaryHead summary_head(const GlmFit& fit);
std::string summary(const GlmFit& fit, double level = 0.95);

}  // namespace wald
