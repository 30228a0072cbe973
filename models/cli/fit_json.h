// What the JSON of every fit has.
#pragma once

#include <vector>

#include <wald/models/inference.h>
#include <wald/models/summary.h>

#include "commands.h"

namespace wald::cli {

/// One object for each coefficient, intervals at `level`; its statistic is called z, or t where
/// there are degrees of freedom. Ratios stand beside it as `ratio`, `ratio_lower`, `ratio_upper`.
Json coefficients_json(const Fit& fit, const SummaryHead& head, double level);
/// A matrix [k, k] as a list of rows; null if it is empty.
Json matrix_json(const std::vector<double>& values, std::size_t k);

/// A statistic that is chi-squared with df degrees of freedom, and its p value.
Json chi_squared_json(double statistic, int df);

}  // namespace wald::cli
