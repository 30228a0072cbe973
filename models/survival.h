// Parametric survival regression. Time is in any one unit; hazards are per that unit.
#pragma once

#include <string>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/models/inference.h>

namespace wald {

/// What was observed of n subjects (or spells): all float64.
struct SurvivalData {
  Tensor x;                        ///< Design matrix [n, k], with its column of ones if wanted.
  std::vector<std::string> names;  ///< Of its columns.
  Tensor time;                     ///< End of observation [n], > 0.
  Tensor event;                    ///< 1 if the event was seen at `time`, 0 if censored there [n].
  Tensor entry;                    ///< Begin of observation [n], 0 <= entry < time; undefined: 0.
  Tensor weights;                  ///< Multiplies each term [n], >= 0; undefined: 1.

  std::int64_t n() const { return time.numel(); }
};

/// Log-relative-hazard (ph) or log-time (aft) coefficients.
enum class SurvivalForm { ph, aft };

/// The n terms of the exponential log-likelihood: the density of t where the event was seen, else
/// the survival function, given survival to entry. With eta = x'b the log hazard (ph):
///   d eta - exp(eta) (t - entry).
/// aft: log T = x'b + W, so eta = -x'b.
Tensor exponential_log_likelihood(const Tensor& coefficients, const SurvivalData& data,
                                  SurvivalForm form = SurvivalForm::ph);

/// A fitted survival model.
struct SurvivalFit : Fit {
  SurvivalForm form = SurvivalForm::ph;
  double events = 0;        ///< Weighted, if there are weights.
  double time_at_risk = 0;  ///< Likewise.
  /// loglik + sum(d log t): the log-likelihood of log time, the form that Stata's streg prints.
  double loglik_logtime = 0;
  /// loglik of the model with the intercept alone; NaN if the design has no constant first column.
  double loglik_null = 0;

  /// The likelihood-ratio statistic against that model, chi-squared with lr_df degrees of freedom.
  double lr_statistic() const { return 2 * (loglik - loglik_null); }
  int lr_df() const { return static_cast<int>(names.size()) - 1; }
};

/// Fits by maximum likelihood, starting from the model without covariates.
/// Throws NotIdentifiedError if there are no events, or the data do not determine a coefficient.
SurvivalFit fit_exponential(const SurvivalData& data, SurvivalForm form = SurvivalForm::ph,
                            const FitOptions& options = {});

/// The fitted survival function, averaged over the subjects of `data`, at each time.
std::vector<double> mean_survival(const SurvivalFit& fit, const SurvivalData& data,
                                  const std::vector<double>& times);

}  // namespace wald
