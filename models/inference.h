// From a log-likelihood to estimates with standard errors: maximization, the observed information,
// Wald statistics. Knows likelihoods as functions of a parameter vector, nothing of any model.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <wald/engine/tensor.h>

namespace wald {

namespace optim {
enum class Method;
}

/// The log-likelihood as a function of the parameters [k] (float64): its n terms, one for each
/// observation, in any shape.
using LogLikelihood = std::function<Tensor(const Tensor& parameters)>;

/// The same likelihood for parameters on any device: they are brought to the one that its data lie
/// on, and its constants are made there.
LogLikelihood evaluated_on(const Device& device, LogLikelihood loglik);

enum class FitStatus { converged, precision, failed };
const char* name_of(FitStatus status);

/// What was found at the estimate.
struct Certificate {
  double largest_score = 0;  ///< Largest |element| of the gradient of the log-likelihood.
  /// Half of g'H^-1 g: by how much, in log-likelihood units, a quadratic model says that the
  /// maximum lies above the value reached.
  double newton_decrement = 0;
  double smallest_eigenvalue = 0;  ///< Of the information scaled to a unit diagonal; NaN if none.
  double largest_eigenvalue = 0;
  /// By how much the score differs from a finite difference of the log-likelihood at the estimate,
  /// along a direction that moves every parameter and is one standard error long: log-likelihood
  /// units per standard error. NaN where the log-likelihood is not finite close to the estimate.
  double score_agreement = 0;
};

/// A maximum likelihood fit. Parameters may have been fixed or tied (FitOptions): then `estimate`,
/// `vcov` and `information` are of all k parameters nevertheless, and the rows and columns of
/// `vcov` are 0 for those that were fixed.
struct Fit {
  std::vector<std::string> names;  ///< Of the k parameters.
  std::vector<double> estimate;    ///< [k]
  /// [k, k]: the inverse of the observed information of what is free; empty if there is none, as
  /// where a fit failed before it came near a maximum.
  std::vector<double> vcov;
  std::vector<double> information;  ///< [k, k]: minus the Hessian of the log-likelihood.
  double loglik = 0;
  std::int64_t n = 0;
  FitStatus status = FitStatus::failed;
  std::string message;
  Certificate certificate;
  std::int64_t iterations = 0, evaluations = 0;
  /// The log-likelihood at the start, after each iteration, and at the estimate; empty of models
  /// that are solved without.
  std::vector<double> loglik_path{};
  /// Of the t distribution of (estimate - parameter) / std_error; infinite for the normal one.
  double degrees_of_freedom = std::numeric_limits<double>::infinity();
  int unnamed_parameters = 0;  ///< Estimated besides, as a variance; aic() and bic() count them.
  /// [k, p] of 0 and 1, for p free parameters: the fit was over estimate + free_directions u. Empty
  /// if all are free.
  std::vector<double> free_directions;
  std::vector<std::string> constraints;  ///< `log(shape) = 0`, `a = b`: what was fixed or tied.

  std::size_t free_parameters() const;
  bool is_fixed(std::size_t i) const;
  double std_error(std::size_t i) const;  ///< NaN without covariance, or of what was fixed.
  double aic() const;                     ///< Counts the free parameters, as do bic() and aicc().
  double bic() const;
  /// aic() with the correction for few observations of Hurvich and Tsai (1989), Biometrika 76,
  /// 297-307; infinite if n is not above the number of parameters by 2.
  double aicc() const;

 private:
  double parameters() const;
};

/// What the certificate says, in one sentence for people.
std::string verdict(const Fit& fit);

/// A coefficient with its Wald statistics; z is a t statistic where degrees of freedom are finite.
/// All but the estimate are NaN of a parameter that was fixed.
struct CoefficientRow {
  std::string name;
  double estimate, std_error, z, p, lower, upper;
};

/// The row of an estimate, by the t distribution with `df` degrees of freedom; infinite: normal.
CoefficientRow wald_row(const std::string& name, double estimate, double std_error, double df,
                        double level);

/// Two-sided p values and intervals at `level`, by the normal or the t distribution.
std::vector<CoefficientRow> coefficient_table(const Fit& fit, double level = 0.95);

struct FitOptions {
  /// Iterations, at least 1; a fit that needs more is `failed`. Newton steps at the end, on the
  /// gradient alone, do not count. Log-likelihoods without surprises take about ten.
  int max_iter = 1000;
  /// The Hessian [k, k] of the log-likelihood at parameters, where a model knows a cheaper way to
  /// it than one sweep for each parameter; not used where some are fixed or tied.
  std::function<Tensor(const Tensor& parameters)> hessian = {};
  std::map<std::string, double> fixed = {};  ///< Parameters held at a value.
  /// Groups of parameters that are one and the same; one that is fixed fixes its group.
  std::vector<std::vector<std::string>> tied = {};
  /// Where to start, in place of the model's own values; other names are not used.
  std::map<std::string, double> start = {};
  /// How to maximize, in place of what maximize() does by itself; Newton steps follow nevertheless.
  std::optional<optim::Method> method = {};
  bool show_progress = false;  ///< A line on standard error, if that is a terminal.
};

/// A likelihood that is flat, or rises without end, along some directions of its parameters.
class FlatLikelihoodError : public NotIdentifiedError {
 public:
  /// The directions [k] become combinations of the names in the message.
  FlatLikelihoodError(std::vector<std::vector<double>> directions, bool is_unbounded,
                      const std::vector<std::string>& names);
  const std::vector<std::vector<double>>& directions() const { return directions_; }
  bool is_unbounded() const { return is_unbounded_; }

 private:
  std::vector<std::vector<double>> directions_;
  bool is_unbounded_;
};

/// `start` with what the options have for these names in place of it.
std::vector<double> starting_values(std::vector<double> start,
                                    const std::vector<std::string>& names,
                                    const FitOptions& options);

/// The log-likelihood gets its parameters on default_device(), under a guard for it; value and
/// gradient come back in one copy, and all else is done on the processor. Maximizes the sum of the
/// log-likelihood's terms from `start` until the gradient is down to its own rounding: by BFGS in
/// coordinates of unit information and Newton steps at the end, or, where that does not lead to a
/// maximum at once, by Newton's method with the exact Hessian (optim/minimize.h). Neither minds the
/// units of the covariates. `n` is the number of observations for bic(). Throws FlatLikelihoodError
/// if the information at the estimate is singular or there is no maximum, naming the parameters or
/// their combination; InputError for bad options.
Fit maximize(const LogLikelihood& loglik, const std::vector<double>& start,
             std::vector<std::string> names, std::int64_t n, const FitOptions& options = {});

}  // namespace wald
