// The distributions of survival times once more, in long double and by their textbook formulas, and
// the log-likelihood of a row: what the models are compared with.
#pragma once

#include <wald/models/survival.h>

#include <cmath>
#include <numbers>
#include <ostream>
#include <string>
#include <vector>

namespace wald::testing {

using Long = long double;

/// A distribution and a form that it has.
struct Kind {
  SurvivalDistribution distribution;
  SurvivalForm form;

  SurvivalModel model() const { return {distribution, form}; }
  bool has_shape() const { return distribution != SurvivalDistribution::exponential; }
  bool is_ph() const { return form == SurvivalForm::ph; }
};

inline std::string name_of(const Kind& kind) {
  return std::string(law_of(kind.distribution).name) + (kind.is_ph() ? "_ph" : "_aft");
}
inline std::ostream& operator<<(std::ostream& out, const Kind& kind) {
  return out << name_of(kind);
}

inline const std::vector<Kind> kinds = {
    {SurvivalDistribution::exponential, SurvivalForm::ph},
    {SurvivalDistribution::exponential, SurvivalForm::aft},
    {SurvivalDistribution::weibull, SurvivalForm::ph},
    {SurvivalDistribution::weibull, SurvivalForm::aft},
    {SurvivalDistribution::gompertz, SurvivalForm::ph},
    {SurvivalDistribution::lognormal, SurvivalForm::aft},
    {SurvivalDistribution::loglogistic, SurvivalForm::aft},
};

inline Long reference_hazard(const Kind& kind, Long t, Long eta, Long shape) {
  switch (kind.distribution) {
    case SurvivalDistribution::exponential:
      return std::exp(kind.is_ph() ? eta : -eta);
    case SurvivalDistribution::gompertz:
      return std::exp(eta + shape * t);
    case SurvivalDistribution::weibull: {
      const Long p = std::exp(kind.is_ph() ? shape : -shape);
      return p * std::pow(t, p - 1) * std::exp(kind.is_ph() ? eta : -eta * p);
    }
    case SurvivalDistribution::lognormal: {
      const Long sigma = std::exp(shape), z = (std::log(t) - eta) / sigma;
      const Long density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi_v<Long>);
      return density / (sigma * t) / (std::erfc(z / std::numbers::sqrt2_v<Long>) / 2);
    }
    case SurvivalDistribution::loglogistic: {
      const Long p = std::exp(-shape), odds = std::pow(t / std::exp(eta), p);
      return p / t * odds / (1 + odds);
    }
  }
  return NAN;
}

/// From time 0.
inline Long reference_cumulative(const Kind& kind, Long t, Long eta, Long shape) {
  switch (kind.distribution) {
    case SurvivalDistribution::exponential:
      return reference_hazard(kind, t, eta, shape) * t;
    case SurvivalDistribution::gompertz:
      return shape == 0 ? std::exp(eta) * t : std::exp(eta) * std::expm1(shape * t) / shape;
    case SurvivalDistribution::weibull:
      return reference_hazard(kind, t, eta, shape) * t / std::exp(kind.is_ph() ? shape : -shape);
    case SurvivalDistribution::lognormal: {
      const Long z = (std::log(t) - eta) / std::exp(shape) / std::numbers::sqrt2_v<Long>;
      return z < 0 ? -std::log1p(-std::erfc(-z) / 2) : -std::log(std::erfc(z) / 2);
    }
    case SurvivalDistribution::loglogistic:
      return std::log1p(std::pow(t / std::exp(eta), std::exp(-shape)));
  }
  return NAN;
}

/// What is known of one time; NaN as in SurvivalData::time2.
struct Row {
  double entry, time, time2;
};

/// The log of the probability (density, where both ends are equal) given survival to entry.
inline Long reference_term(const Kind& kind, const Row& row, Long eta, Long shape) {
  const auto hazard = [&](Long t) {
    return t > 0 ? reference_cumulative(kind, t, eta, shape) : Long(0);
  };
  const Long entered = hazard(row.entry);
  if (row.time == row.time2)
    return std::log(reference_hazard(kind, row.time, eta, shape)) - (hazard(row.time) - entered);
  const Long from = std::isnan(row.time) ? entered : hazard(row.time);
  if (std::isnan(row.time2)) return -(from - entered);
  return -(from - entered) + std::log(-std::expm1(-(hazard(row.time2) - from)));
}

}  // namespace wald::testing
