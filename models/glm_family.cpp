#include "glm_family.h"

#include <cmath>
#include <numbers>

#include <wald/engine/creation.h>
#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>

namespace wald {
namespace {

using std::numbers::pi;

/// log(1 - exp(-exp(eta))). Far below, where exp(eta) is below the rounding of 1, by its series.
Tensor log_success_of_cloglog(const Tensor& eta) {
  constexpr double far_below = -37;
  const Tensor hazard = exp(eta);
  return where(eta < far_below, eta - hazard / 2, log1mexp(hazard));
}

/// The log probability of a success.
Tensor log_success(GlmLink link, const Tensor& eta) {
  switch (link) {
    case GlmLink::logit:
      return log_sigmoid(eta);
    case GlmLink::probit:
      return log_ndtr(eta);
    case GlmLink::cloglog:
      return log_success_of_cloglog(eta);
    default:  // cauchit: 1/2 + atan(eta) / pi, without cancellation far below
      return log(atan2(number_like(1, eta), -eta) / pi);
  }
}

bool is_symmetric(GlmLink link) { return link != GlmLink::cloglog; }

/// The log probability of a failure.
Tensor log_failure(GlmLink link, const Tensor& eta) {
  return is_symmetric(link) ? log_success(link, -eta) : -exp(eta);
}

PredictorLikelihood binomial_terms(GlmLink link, const GlmResponse& r) {
  if (!r.trials.defined()) {
    if (is_symmetric(link)) {
      const Tensor sign = 2.0 * r.y - 1.0;
      return [=](const Tensor& eta, const Tensor&) { return log_success(link, sign * eta); };
    }
    const Tensor success = r.y > 0;
    return [=](const Tensor& eta, const Tensor&) {
      return where(success, log_success(link, eta), log_failure(link, eta));
    };
  }
  const Tensor y = r.y, failures = r.trials - r.y, constant = lchoose(r.trials, r.y);
  return [=](const Tensor& eta, const Tensor&) {
    return constant + y * log_success(link, eta) + failures * log_failure(link, eta);
  };
}

PredictorLikelihood poisson_terms(const GlmResponse& r) {
  const Tensor y = r.y, constant = lgamma(r.y + 1.0);
  return [=](const Tensor& eta, const Tensor&) { return y * eta - exp(eta) - constant; };
}

// With p = mu / (theta + mu) = sigmoid(eta - log theta); the binomial coefficient is
// 1 / ((y + theta) B(theta, y + 1)).
PredictorLikelihood negative_binomial_terms(const GlmResponse& r) {
  const Tensor y = r.y, y_plus_1 = r.y + 1.0;
  return [=](const Tensor& eta, const Tensor& log_theta) {
    const Tensor theta = exp(log_theta), logit = eta - log_theta;
    return theta * log_sigmoid(-logit) + y * log_sigmoid(logit) - lbeta(theta, y_plus_1) -
           log(y + theta);
  };
}

PredictorLikelihood gamma_terms(GlmLink link, const GlmResponse& r) {
  const Tensor y = r.y, log_y = log(r.y);
  return [=](const Tensor& eta, const Tensor& log_shape) {
    const Tensor shape = exp(log_shape);
    const bool is_log = link == GlmLink::log;
    const Tensor log_mean = is_log ? eta : -log(eta), ratio = is_log ? y * exp(-eta) : y * eta;
    return shape * (log_shape + log_y - log_mean - ratio) - log_y - lgamma(shape);
  };
}

PredictorLikelihood gaussian_terms(const GlmResponse& r) {
  const Tensor y = r.y;
  return [=](const Tensor& eta, const Tensor& log_sigma) {
    return -0.5 * square((y - eta) * exp(-log_sigma)) - log_sigma - 0.5 * std::log(2 * pi);
  };
}

/// The binomial's part of the information, by logarithms, since p (1 - p) underflows first.
Tensor binomial_information(GlmLink link, const GlmResponse& r, const Tensor& eta) {
  const Tensor each =
      exp(2.0 * log(glm_mean_slope(link, eta)) - log_success(link, eta) - log_failure(link, eta));
  return r.trials.defined() ? r.trials * each : each;
}

}  // namespace

const char* name_of(GlmFamily family) {
  constexpr const char* names[] = {"binomial", "poisson", "negbin", "gamma", "gaussian"};
  return names[static_cast<int>(family)];
}

const char* name_of(GlmLink link) {
  constexpr const char* names[] = {"logit", "probit",  "cloglog", "cauchit",
                                   "log",   "inverse", "identity"};
  return names[static_cast<int>(link)];
}

GlmLink default_link(GlmFamily family) {
  constexpr GlmLink links[] = {GlmLink::logit, GlmLink::log, GlmLink::log, GlmLink::log,
                               GlmLink::identity};
  return links[static_cast<int>(family)];
}

std::string other_name(GlmFamily family) {
  constexpr const char* names[] = {"", "", "log(theta)", "log(shape)", "log(sigma)"};
  return names[static_cast<int>(family)];
}

PredictorLikelihood glm_terms(GlmFamily family, GlmLink link, const GlmResponse& response) {
  switch (family) {
    case GlmFamily::binomial:
      return binomial_terms(link, response);
    case GlmFamily::poisson:
      return poisson_terms(response);
    case GlmFamily::negative_binomial:
      return negative_binomial_terms(response);
    case GlmFamily::gamma:
      return gamma_terms(link, response);
    case GlmFamily::gaussian:
      break;
  }
  return gaussian_terms(response);
}

Tensor glm_mean(GlmLink link, const Tensor& eta) {
  switch (link) {
    case GlmLink::logit:
      return sigmoid(eta);
    case GlmLink::probit:
      return ndtr(eta);
    case GlmLink::cloglog:
      return -expm1(-exp(eta));
    case GlmLink::cauchit:
      return atan2(number_like(1, eta), -eta) / pi;
    case GlmLink::log:
      return exp(eta);
    case GlmLink::inverse:
      return reciprocal(eta);
    case GlmLink::identity:
      break;
  }
  return eta;
}

Tensor glm_mean_slope(GlmLink link, const Tensor& eta) {
  if (link == GlmLink::identity) return ones_like(eta);
  return value_and_gradient([&](const Tensor& at) { return sum(glm_mean(link, at)); }, eta)
      .gradient;
}

Tensor glm_predictor(GlmLink link, const Tensor& mean) {
  switch (link) {
    case GlmLink::logit:
      return logit(mean);
    case GlmLink::probit:
      return ndtri(mean);
    case GlmLink::cloglog:
      return log(-log1p(-mean));
    case GlmLink::cauchit:
      return tan(pi * (mean - 0.5));
    case GlmLink::log:
      return log(mean);
    case GlmLink::inverse:
      return reciprocal(mean);
    case GlmLink::identity:
      break;
  }
  return mean;
}

Tensor glm_variance(GlmFamily family, GlmLink link, const GlmResponse& response, const Tensor& eta,
                    double other) {
  const Tensor mean = glm_mean(link, eta);
  switch (family) {
    case GlmFamily::binomial: {
      const Tensor one = exp(log_success(link, eta) + log_failure(link, eta));
      return response.trials.defined() ? one / response.trials : one;
    }
    case GlmFamily::poisson:
      return mean;
    case GlmFamily::negative_binomial:
      return mean + square(mean) * std::exp(-other);
    case GlmFamily::gamma:
      return square(mean) * std::exp(-other);
    case GlmFamily::gaussian:
      break;
  }
  return full_like(mean, std::exp(2 * other));
}

Tensor glm_information(GlmFamily family, GlmLink link, const GlmResponse& response,
                       const Tensor& eta, double other) {
  if (family == GlmFamily::binomial) return binomial_information(link, response, eta);
  return square(glm_mean_slope(link, eta)) / glm_variance(family, link, response, eta, other);
}

Tensor unit_deviance(GlmFamily family, GlmLink link, const GlmResponse& response, const Tensor& eta,
                     double other) {
  const Tensor& y = response.y;
  if (family == GlmFamily::gaussian) return square(y - eta);
  if (family == GlmFamily::binomial) {
    const Tensor m = response.trials.defined() ? response.trials : ones_like(y), failures = m - y;
    const Tensor at_least_1 = maximum(m, 1.0);  // no trials, no deviance
    return 2.0 * (xlogy(y, y / at_least_1) + xlogy(failures, failures / at_least_1) -
                  y * log_success(link, eta) - failures * log_failure(link, eta));
  }
  const Tensor mean = glm_mean(link, eta);
  if (family == GlmFamily::gamma) return 2.0 * ((y - mean) / mean - log(y / mean));
  if (family == GlmFamily::poisson) return 2.0 * (xlogy(y, y / mean) - (y - mean));
  const double theta = std::exp(other);
  return 2.0 * (xlogy(y, y / mean) - (y + theta) * log1p((y - mean) / (mean + theta)));
}

Tensor starting_mean(GlmFamily family, const GlmResponse& response) {
  const Tensor& y = response.y;
  switch (family) {
    case GlmFamily::binomial:
      return response.trials.defined() ? (y + 0.5) / (response.trials + 1.0) : (y + 0.5) / 2.0;
    case GlmFamily::poisson:
    case GlmFamily::negative_binomial:
      return y + 0.1;
    case GlmFamily::gamma:
    case GlmFamily::gaussian:
      break;
  }
  return y;
}

}  // namespace wald
