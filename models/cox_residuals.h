// Residuals of a Cox regression and the test of proportional hazards that is made of them.
#pragma once

#include <string>
#include <vector>

#include <wald/models/cox.h>

namespace wald {

/// d - H(time), what was seen less what was expected, by rows [n]; 0 where a row was never at risk
/// at an event. Times the weight it is the derivative of the log-likelihood by the offset.
Tensor martingale_residuals(const CoxData& data, const CoxFit& fit);

/// sign(m) sqrt(-2 (m + d log(d - m))) of the martingale residuals m [n].
Tensor deviance_residuals(const CoxData& data, const CoxFit& fit);

/// The approximate change of the coefficients when a row is left out, [n, k]: weight times the
/// score residual times the covariance.
Tensor dfbeta_residuals(const CoxData& data, const CoxFit& fit);

/// By events in the order of time within strata.
struct SchoenfeldResiduals {
  std::vector<double> time;
  std::vector<std::int64_t> stratum, row;  ///< Of each event; row as in the data, from 0.
  Tensor residuals;                        ///< [events, k]: x less its mean over the risk set.
};
/// Schoenfeld (1982), Biometrika 69, 239-241.
SchoenfeldResiduals schoenfeld_residuals(const CoxData& data, const CoxFit& fit);

/// The time scale on which a coefficient may change: 1 - the Kaplan-Meier estimate before the time,
/// the rank of the time among those of all rows, the time, its logarithm.
enum class TimeScale { km, rank, identity, log };

/// The score test of b(t) = b + theta g(t) against theta = 0, for each coefficient (1 degree of
/// freedom) and all together: Grambsch and Therneau (1994), Biometrika 81, 515-526, without their
/// approximation, as cox.zph of R's package survival from version 3 on.
struct ProportionalHazardsTest {
  std::vector<std::string> names;
  std::vector<double> statistic, p;  ///< By coefficient.
  double global_statistic = 0, global_p = 0;
  int global_df = 0;
};
ProportionalHazardsTest test_proportional_hazards(const CoxData& data, const CoxFit& fit,
                                                  TimeScale scale = TimeScale::km);

}  // namespace wald
