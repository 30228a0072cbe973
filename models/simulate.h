// Data drawn from known models through R's random stream. Knows no fitting.
#pragma once

#include <wald/models/random.h>
#include <wald/models/survival_distributions.h>

#include <cstddef>
#include <cstdint>
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

/// Survival times of any distribution, with covariates and censoring as above. `parameters` are
/// those that a fit estimates, in its order: b0, b1, ..., and log(shape), shape or log(scale) last.
/// From the same stream, given the covariates, come R's own rweibull(), rlnorm() and exp(rlogis());
/// gompertz by inversion of one uniform.
/// Throws InputError as above, for a form that the distribution does not have, and without a
/// censoring time where some never have the event (gompertz with a negative shape).
SurvivalSample simulate_survival(RRandom& random, std::size_t n, const SurvivalModel& model,
                                 std::span<const double> parameters,
                                 double censor_time = std::numeric_limits<double>::infinity());

struct SimulateCox {
  double shape = 1;         ///< p of the baseline hazard, > 0.
  std::int64_t strata = 1;  ///< Rows 1, 2 ... belong to strata 1, 2 ... and again.
  double censor_time = std::numeric_limits<double>::infinity();
};

struct CoxSample : SurvivalSample {
  std::vector<double> stratum;  ///< 1, 2 ... of each row.
};

/// Survival times with the hazard s p t^(p-1) exp(b1 trt + b2 x2 + ...) in stratum s: Weibull
/// times, of which Cox regression sees no more than their order. `coefficients` is b1, b2, ...;
/// covariates and draws as above. Throws InputError for no or non-finite coefficients, a shape or a
/// censoring time that is not positive, or no stratum.
CoxSample simulate_cox(RRandom& random, std::size_t n, std::span<const double> coefficients,
                       const SimulateCox& how = {});

/// The published example, to the bit: R's set.seed(183475683), 100000 subjects,
/// trt = rbinom(N, 1, 0.5), T = -log(runif(N)) / (0.2 exp(-0.5 trt)), censored at 5.
SurvivalSample published_survival_data();

}  // namespace wald
