// What the JSON of every fit has.
#pragma once

#include <vector>

#include <wald/models/inference.h>

#include "commands.h"

namespace wald::cli {

/// One object for each coefficient, intervals at `level`; its statistic is called z, or t where
/// there are degrees of freedom.
Json coefficients_json(const Fit& fit, double level);
/// A matrix [k, k] as a list of rows.
Json matrix_json(const std::vector<double>& values, std::size_t k);

}  // namespace wald::cli
