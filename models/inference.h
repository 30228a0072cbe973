// From a log-likelihood to estimates with standard errors: maximization, the observed information,
// Wald statistics. Knows likelihoods as functions of a parameter vector, nothing of any model.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <wald/engine/tensor.h>

namespace wald {

/// The log-likelihood as a function of the parameters [k] (float64): its n terms, one for each
/// observation, in any shape.
using LogLikelihood = std::function<Tensor(const Tensor& parameters)>;

enum class FitStatus { converged, precision, failed };
const char* name_of(FitStatus status);

/// What was found at the estimate.
struct Certificate {
  double largest_score = 0;  ///< Largest |element| of the gradient of the log-likelihood.
  /// Half of g'H^-1 g: by how much, in log-likelihood units, a quadratic model says that the
  /// maximum lies above the value reached.
  double newton_decrement = 0;
  double smallest_eigenvalue = 0;  ///< Of the information scaled to a unit diagonal.
  double largest_eigenvalue = 0;
};

/// A maximum likelihood fit.
struct Fit {
  std::vector<std::string> names;  ///< Of the k parameters.
  std::vector<double> estimate;    ///< [k]
  std::vector<double> vcov;  ///< [k, k]: the inverse of the observed information; may be empty.
  std::vector<double> information;  ///< [k, k]: minus the Hessian of the log-likelihood.
  double loglik = 0;
  std::int64_t n = 0;
  FitStatus status = FitStatus::failed;
  std::string message;
  Certificate certificate;
  std::int64_t iterations = 0, evaluations = 0;
  /// Of the t distribution of (estimate - parameter) / std_error; infinite for the normal one.
  double degrees_of_freedom = std::numeric_limits<double>::infinity();
  int unnamed_parameters = 0;  ///< Estimated besides, as a variance; aic() and bic() count them.

  double std_error(std::size_t i) const;  ///< NaN if there is no covariance.
  double aic() const;
  double bic() const;

 private:
  double parameters() const;
};

/// A coefficient with its Wald statistics; z is a t statistic where degrees of freedom are finite.
struct CoefficientRow {
  std::string name;
  double estimate, std_error, z, p, lower, upper;
};

/// Two-sided p values and intervals at `level`, by the normal or the t distribution.
std::vector<CoefficientRow> coefficient_table(const Fit& fit, double level = 0.95);

struct FitOptions {
  /// Iterations, at least 1; a fit that needs more is `failed`. Newton steps at the end, on the
  /// gradient alone, do not count. Log-likelihoods without surprises take about ten.
  int max_iter = 1000;
  /// The Hessian [k, k] of the log-likelihood at parameters, where a model knows a cheaper way to
  /// it than one sweep for each parameter.
  std::function<Tensor(const Tensor& parameters)> hessian = {};
};

/// Maximizes the sum of the log-likelihood's terms from `start` until the gradient is down to its
/// own rounding: by BFGS in coordinates of unit information and Newton steps at the end, or, where
/// that does not lead to a maximum at once, by Newton's method with the exact Hessian
/// (optim/minimize.h). Neither minds the units of the covariates. `n` is the number of observations
/// for bic().
/// Throws NotIdentifiedError if the information at the estimate is singular or there is no maximum,
/// naming the parameters; InputError for bad options.
Fit maximize(const LogLikelihood& loglik, const std::vector<double>& start,
             std::vector<std::string> names, std::int64_t n, const FitOptions& options = {});

}  // namespace wald
