// Fits as text, for people.
#pragma once

#include <string>

#include <wald/models/ols.h>
#include <wald/models/survival.h>

namespace wald {

/// The table that Stata's streg prints: counts, log-likelihoods, coefficients with standard errors,
/// z, p and Wald intervals at `level`, hazard ratios (ph) or time ratios (aft) beside them.
std::string summary(const SurvivalFit& fit, double level = 0.95);

/// Counts, residual standard deviation, R^2 and F, coefficients with standard errors, t, p and
/// intervals at `level`.
std::string summary(const OlsFit& fit, double level = 0.95);

}  // namespace wald
