// The cumulative baseline hazard of a Cox regression, and survival predicted from it.
#pragma once

#include <vector>

#include <wald/models/cox.h>

namespace wald {

/// The cumulative hazard of one stratum at the covariates `center`, a step function.
struct BaselineHazard {
  std::int64_t stratum = 0;
  std::vector<double> time;      ///< Of events, in increasing order.
  std::vector<double> cumhaz;    ///< From each time on.
  std::vector<double> variance;  ///< Of cumhaz, were the coefficients known.
  std::vector<double> gradient;  ///< [times, k]: of cumhaz by the coefficients.

  /// The place of the last time that is not after t; -1 before the first.
  std::int64_t at(double t) const;
};

/// Breslow's estimate (1972), the sum of d / (sum of exp(x'b) over the risk set), or that of the
/// ties as Efron has them, by the method of the fit.
struct CoxBaseline {
  std::vector<double> center;  ///< [k]: the means of the covariates among rows at risk.
  std::vector<BaselineHazard> strata;

  /// Throws InputError if no event of the stratum was seen.
  const BaselineHazard& of(std::int64_t stratum) const;
};

CoxBaseline cox_baseline(const CoxData& data, const CoxFit& fit);

/// A predicted curve at each time of events.
struct PredictedSurvival {
  std::vector<double> time;
  std::vector<double> cumhaz;        ///< H0(t) exp(x'b).
  std::vector<double> std_error;     ///< Of cumhaz.
  std::vector<double> survival;      ///< exp(-cumhaz).
  std::vector<double> lower, upper;  ///< Symmetric in log S, as R's survfit has them; at most 1.
};

/// The survival of a subject with covariates x [k] (and this offset). Its variance is that of H0
/// given b plus what b adds by the delta method (Tsiatis 1981, Link 1984).
PredictedSurvival predict_survival(const CoxFit& fit, const BaselineHazard& baseline,
                                   const std::vector<double>& center, const std::vector<double>& x,
                                   double offset = 0, double level = 0.95);

}  // namespace wald
