// Data drawn from known models through R's random stream. Knows no fitting.
#pragma once

#include <wald/models/random.h>

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace wald {

/// Right-censored survival times with their covariates, one element per subject.
struct SurvivalSample {
  std::vector<double> time;                  ///< follow-up, in the unit of 1 / rate
  std::vector<double> event;                 ///< 1 where the event was seen, 0 where censored
  std::vector<std::string> covariates;       ///< names of the columns: trt, x2, x3, ...
  std::vector<std::vector<double>> columns;  ///< the covariates, without the intercept
};

/// Exponential survival of `n` subjects with rate exp(b0 + b1 trt + b2 x2 + ...), censored at
/// `censor_time`. `coefficients` is b0, b1, ...; trt is 0 or 1 with probability 1/2, the others
/// are standard normal. Drawn column by column, then the times T = -log(u) / rate.
/// Throws InputError for no or non-finite coefficients, or a censoring time that is not positive.
SurvivalSample simulate_exponential(RRandom& random, std::size_t n,
                                    std::span<const double> coefficients,
                                    double censor_time = std::numeric_limits<double>::infinity());

/// The published example, to the bit: R's set.seed(183475683), 100000 subjects,
/// trt = rbinom(N, 1, 0.5), T = -log(runif(N)) / (0.2 exp(-0.5 trt)), censored at 5.
SurvivalSample published_survival_data();

}  // namespace wald
