// What a fitted survival model says of subjects, new or its own: survival, hazards, quantiles with
// their standard errors and bands, and residuals.
#pragma once

#include <vector>

#include <wald/engine/tensor.h>
#include <wald/engine/transforms.h>
#include <wald/models/survival.h>

namespace wald {

enum class SurvivalQuantity {
  survival,           ///< S(t)
  hazard,             ///< h(t)
  cumulative_hazard,  ///< H(t) = -log S(t)
  quantile            ///< The time by which the event has come with a probability.
};

/// The quantity of each subject on the scale of its limits, as a function of the parameters of a
/// fit: log H(t) of survival and cumulative hazard, log h(t), the log of the quantile; [m]. The
/// subjects have the covariates x [m, k] (and this offset [m], if any); `at` is the time, or the
/// probability of the quantile.
/// Throws InputError for a time that is not finite and positive, a probability outside (0, 1) or a
/// covariate that is not finite, and ShapeError.
TensorFunction survival_log_scale(const SurvivalModel& model, SurvivalQuantity quantity,
                                  const Tensor& x, const Tensor& offset, double at);

/// Of m subjects at T times or probabilities: [m * T], all of the first subject first. Standard
/// errors are by the delta method, with exact derivatives.
struct SurvivalPrediction {
  std::vector<double> value, std_error, lower, upper;
};

/// The quantity at each time (or probability: 0.5 for the median). Limits at `level` are symmetric
/// on the scale above, and so stay within the domain. A quantile is infinite, without a standard
/// error, where the event never comes with that probability (gompertz with a negative shape).
/// Throws as above, and InputError for a level outside (0, 1).
SurvivalPrediction predict_survival(const SurvivalFit& fit, SurvivalQuantity quantity,
                                    const Tensor& x, const std::vector<double>& at,
                                    double level = 0.95, const Tensor& offset = {});

/// The survival function averaged over the subjects of x, at each time >= 0; limits are symmetric
/// for log(-log S). Throws as above.
SurvivalPrediction predict_mean_survival(const SurvivalFit& fit, const Tensor& x,
                                         const std::vector<double>& times, double level = 0.95,
                                         const Tensor& offset = {});

/// The fitted survival function, averaged over the subjects of `data`, at each time.
std::vector<double> mean_survival(const SurvivalFit& fit, const SurvivalData& data,
                                  const std::vector<double>& times);

/// Residuals of each row [n].
struct SurvivalResiduals {
  /// H(t) - H(entry): exponential with mean 1 if the model holds, censored where the time is. Where
  /// the event was in an interval, the mean of such a variable there.
  std::vector<double> cox_snell;
  /// d minus that, d being 0 where censored on the right, else 1.
  std::vector<double> martingale;
  /// sign(m) sqrt(-2 (m + d log(d - m))) of the martingale residual m: nearer to symmetry.
  std::vector<double> deviance;
};

/// Collett (2015), Modelling Survival Data in Medical Research, 4.1; in intervals Farrington
/// (2000), Biometrics 56, 473-482. Throws as survival_regression().
SurvivalResiduals survival_residuals(const SurvivalFit& fit, const SurvivalData& data);

}  // namespace wald
