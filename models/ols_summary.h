// The summary of a linear regression.
#pragma once

#include <wald/models/ols.h>
#include <wald/models/summary.h>

namespace wald {

/// Counts, residual standard deviation and squares; R^2, log-likelihood, AIC, BIC and F.
SummaryHead summary_head(const OlsFit& fit);
std::string summary(const OlsFit& fit, double level = 0.95);

}  // namespace wald
