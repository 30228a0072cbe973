// From a log-likelihood to estimates with standard errors: maximization, the observed information,
// Wald statistics. Knows likelihoods as functions of a parameter vector, nothing of any model.
#pragma once

#include <cstdint>
#include <functional>
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
  std::vector<std::string> names;   ///< Of the k parameters.
  std::vector<double> estimate;     ///< [k]
  std::vector<double> vcov;         ///< [k, k]: the inverse of the observed information.
  std::vector<double> information;  ///< [k, k]: minus the Hessian of the log-likelihood.
  double loglik = 0;
  std::int64_t n = 0;
  FitStatus status = FitStatus::failed;
  std::string message;
  Certificate certificate;
  std::int64_t iterations = 0, evaluations = 0;

  double std_error(std::size_t i) const;
  double aic() const;
  double bic() const;
};

/// A coefficient with its Wald statistics.
struct CoefficientRow {
  std::string name;
  double estimate, std_error, z, p, lower, upper;
};

/// Two-sided p values by the normal distribution; Wald intervals at `level`.
std::vector<CoefficientRow> coefficient_table(const Fit& fit, double level = 0.95);

struct FitOptions {
  int max_iter = 200;  ///< Iterations of Newton's method, beyond the hundred that it always has.
};

/// Maximizes the sum of the log-likelihood's terms from `start` by Newton's method with the exact
/// Hessian, which does not mind the units of the covariates, until the gradient is down to its own
/// rounding (optim/minimize.h). `n` is the number of observations for bic().
/// Throws NotIdentifiedError if the information at the estimate is singular or there is no maximum,
/// naming the parameters.
Fit maximize(const LogLikelihood& loglik, const std::vector<double>& start,
             std::vector<std::string> names, std::int64_t n, const FitOptions& options = {});

}  // namespace wald
