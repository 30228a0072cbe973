// The profile of one parameter in coordinates w in which the fit is the origin and its covariance
// the identity: w_1 is the distance of the parameter from its estimate in standard errors, the
// others are free. Knows nothing of intervals.
#pragma once

#include <optional>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/engine/transforms.h>
#include <wald/models/inference.h>

namespace wald {

/// A point, the log-likelihood and its derivatives there, all by w.
struct ProfileState {
  std::vector<double> w;         ///< [p]
  double value = 0;              ///< The log-likelihood.
  std::vector<double> gradient;  ///< [p]
  std::vector<double> hessian;   ///< [p, p]

  bool is_finite() const;
};

class ProfilePath {
 public:
  /// For parameter j of a fit, which is not fixed and has a covariance.
  ProfilePath(const LogLikelihood& loglik, const Fit& fit, std::size_t j);

  std::size_t size() const { return p_; }
  const ProfileState& origin() const { return origin_; }
  ProfileState at(std::vector<double> w) const;
  /// All parameters [k].
  std::vector<double> parameters(const std::vector<double>& w) const;
  /// The parameter's value.
  double value(double w1) const { return estimate_ + w1 * std_error_; }

  /// The solution of -H_oo x = b, for the Hessian of all but w_1; nothing if the log-likelihood is
  /// not concave in them.
  std::optional<std::vector<double>> solve_others(const ProfileState& state,
                                                  std::vector<double> b) const;
  /// d w_others / d w_1 along the profile; 0 where that is not defined.
  std::vector<double> tangent(const ProfileState& state) const;
  /// The maximum over the others at this w_1, from near `start`; nothing if none is found.
  std::optional<ProfileState> maximum(double w1, const ProfileState& start) const;

 private:
  std::optional<ProfileState> newton(std::vector<double> w) const;
  std::optional<ProfileState> minimized(const std::vector<double>& w) const;

  ScalarFunction objective_;  // of w
  std::size_t p_;
  double estimate_, std_error_;
  Tensor origin_parameters_, axes_;  // [k], [k, p]
  ProfileState origin_;
};

}  // namespace wald
