// Profile likelihoods: the log-likelihood as a function of one parameter, maximized over the
// others, and the intervals that follow from it. Knows likelihoods as functions of a parameter
// vector, nothing of any model.
#pragma once

#include <string>
#include <vector>

#include <wald/models/inference.h>

namespace wald {

/// All values of a parameter that a likelihood-ratio test at 1 - level does not reject. Ends are
/// infinite where the profile stays above the limit for ever, NaN where it could not be followed.
struct ProfileInterval {
  std::string name;
  double estimate, lower, upper;
  std::string message;  ///< Why an end is NaN; empty if none is.
};

/// The interval of one parameter: where l(hat) - l_profile = chi^2_1(level) / 2. Each end by
/// Newton's method on the equations of Venzon and Moolgavkar (1988), Applied Statistics 37, 87-94,
/// with the exact Hessian; where that leads nowhere, by following the profile outwards, maximized
/// over the other parameters at each step, until the end is bracketed. The level is reached to the
/// rounding of the log-likelihood. Parameters fixed or tied in the fit stay so. Throws InputError
/// for a name that is not in the fit or was fixed, a level not between 0 and 1, or a fit without
/// covariance (its standard errors are the units of the search) or not converged.
ProfileInterval profile_interval(const LogLikelihood& loglik, const Fit& fit,
                                 const std::string& name, double level = 0.95);
/// Of each parameter that is not fixed.
std::vector<ProfileInterval> profile_intervals(const LogLikelihood& loglik, const Fit& fit,
                                               double level = 0.95);

/// A point of the profile.
struct ProfilePoint {
  double value;                  ///< Of the parameter.
  double loglik;                 ///< The largest with that value.
  double signed_root;            ///< sign(value - estimate) sqrt(2 (l(hat) - loglik)).
  std::vector<double> estimate;  ///< Of all parameters there [k].
};

struct ProfileCurve {
  std::string name;
  std::vector<ProfilePoint> points;  ///< By ascending value; the estimate is one of them.
  std::string message;               ///< Where the profile could not be followed further, if so.
};

struct ProfileCurveOptions {
  int points = 20;      ///< On each side of the estimate, at least 1.
  double level = 0.99;  ///< The curve goes to the ends of this interval, or where one is not finite
  double reach = 4;     ///< so many standard errors away.
};

/// The profile, for plotting.
ProfileCurve profile_curve(const LogLikelihood& loglik, const Fit& fit, const std::string& name,
                           const ProfileCurveOptions& options = {});

}  // namespace wald
