// Matched sets drawn from the conditional logistic model. Knows no fitting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <wald/models/random.h>

namespace wald {

struct SimulateMatched {
  std::int64_t size = 4;   ///< Rows of a stratum.
  std::int64_t cases = 1;  ///< Of them, 1 <= cases < size.
};

struct MatchedSample {
  std::vector<double> y, stratum;       ///< 1 for a case; 1, 2 ...
  std::vector<std::string> covariates;  ///< x1, x2 ...
  std::vector<std::vector<double>> columns;
};

/// `n` rows in strata of one size. The covariates are standard normal, drawn column by column;
/// then, stratum by stratum, the cases: a set of as many rows is drawn with a probability in
/// proportion to exp(sum of b1 x1 + b2 x2 + ... over it), exactly, by a uniform for each row.
/// Throws InputError for no or non-finite coefficients, numbers out of range, or n no multiple of
/// the size.
MatchedSample simulate_matched(RRandom& random, std::size_t n, std::span<const double> coefficients,
                               const SimulateMatched& how = {});

}  // namespace wald
