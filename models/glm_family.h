// The families and links of generalized linear models: log-likelihood terms, means, variances and
// deviances of single observations, as functions of the linear predictor. Knows no design and no
// fit.
#pragma once

#include <string>

#include <wald/engine/tensor.h>
#include <wald/models/regression.h>

namespace wald {

enum class GlmFamily { binomial, poisson, negative_binomial, gamma, gaussian };
enum class GlmLink { logit, probit, cloglog, cauchit, log, inverse, identity };

/// `binomial`, `poisson`, `negbin`, `gamma`, `gaussian`.
const char* name_of(GlmFamily family);
const char* name_of(GlmLink link);

/// logit, log, log, log, identity.
GlmLink default_link(GlmFamily family);

/// The name of the parameter besides the coefficients: `log(theta)` of the negative binomial,
/// `log(shape)` of the gamma, `log(sigma)` of the normal distribution; empty for the others.
std::string other_name(GlmFamily family);

/// What was counted or measured, all float64 [n].
struct GlmResponse {
  Tensor y;
  Tensor trials;  ///< Of binomial counts, >= y; undefined: 1.
};

/// The log density of each y given the linear predictors and the family's other parameter:
///   binomial   log C(m, y) + y log p + (m - y) log(1 - p), link p = eta
///   poisson    y eta - mu - log y!, mu = exp(eta)
///   negbin     log C(y + theta - 1, y) + theta log(theta / (theta + mu)) + y log(mu / (theta +
///   mu)),
///              the NB2 form of variance mu + mu^2 / theta (Lawless 1987)
///   gamma      shape log(shape y / mu) - shape y / mu - log y - log Gamma(shape)
///   gaussian   -((y - eta) / sigma)^2 / 2 - log sigma - log(2 pi) / 2
/// without loss in the tails: predictors may be as large as +-700.
PredictorLikelihood glm_terms(GlmFamily family, GlmLink link, const GlmResponse& response);

/// The mean of an observation (of a single trial) at these linear predictors: the inverse link.
Tensor glm_mean(GlmLink link, const Tensor& eta);
/// Its derivative by the linear predictor.
Tensor glm_mean_slope(GlmLink link, const Tensor& eta);
/// The linear predictor of a mean.
Tensor glm_predictor(GlmLink link, const Tensor& mean);

/// The variance of y (of the share of successes y / m) at these linear predictors. `other` is the
/// family's other parameter as it is estimated, log(theta) for example; unused where there is none.
Tensor glm_variance(GlmFamily family, GlmLink link, const GlmResponse& response, const Tensor& eta,
                    double other);

/// The expected information on the linear predictor that each observation has:
/// (d mean / d eta)^2 / variance.
Tensor glm_information(GlmFamily family, GlmLink link, const GlmResponse& response,
                       const Tensor& eta, double other);

/// Twice the log-likelihood that each observation lacks to a mean of its own, in units of the
/// dispersion of gamma and gaussian (shape and sigma at 1), at the theta of negbin.
Tensor unit_deviance(GlmFamily family, GlmLink link, const GlmResponse& response, const Tensor& eta,
                     double other);

/// The means from which iterations start, near y and inside the range of means (McCullagh and
/// Nelder 1989, 2.5).
Tensor starting_mean(GlmFamily family, const GlmResponse& response);

}  // namespace wald
