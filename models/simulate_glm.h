// Data drawn from generalized linear models. Knows no fitting.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <wald/models/glm_family.h>
#include <wald/models/random.h>

namespace wald {

/// A Poisson variable of this mean, in [0, 1e9], by inversion, in parts of means of at most 500.
/// Not R's rpois.
double draw_poisson(RRandom& random, double mean);
/// A gamma variable of this shape, above 0, and scale 1. Marsaglia and Tsang (2000), ACM TOMS 26,
/// 363-372. Not R's rgamma.
double draw_gamma(RRandom& random, double shape);

struct GlmSample {
  std::vector<double> y;
  std::vector<std::string> covariates;  ///< x1, x2 ...
  std::vector<std::vector<double>> columns;
};

struct SimulateGlm {
  GlmFamily family = GlmFamily::binomial;
  GlmLink link = GlmLink::logit;
  double other = 1;  ///< theta of negbin, shape of gamma, sigma of gaussian.
  int trials = 1;    ///< Of binomial counts.
};

/// `n` rows with the linear predictor b0 + b1 x1 + b2 x2 + ...; `coefficients` is b0, b1, ... The
/// covariates are standard normal, drawn column by column, then the responses in order.
/// Throws InputError for no or non-finite coefficients, a parameter out of range, or a mean that is
/// out of the family's.
GlmSample simulate_glm(RRandom& random, std::size_t n, std::span<const double> coefficients,
                       const SimulateGlm& model);

}  // namespace wald
