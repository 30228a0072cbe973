// What a fitted survival model says of subjects, new or its own: survival, hazards, quantiles with
// their standard errors and bands, and residuals.
#pragma once

#include <vector>

#include <wald/engine/tensor.h>
#include <wald/models/survival.h>

namespace wald {

/// Of m subjects at T times (or probabilities): [m * T], all times of the first subject first.
/// Standard errors by the delta method, with exact derivatives.
struct SurvivalPrediction {
  std::vector<double> value, std_error, lower, upper;
};

enum class SurvivalQuantity { survival, hazard, cumulative_hazard };

/// At each of the times, >= 0 (> 0 for the hazard), for the subjects whose covariates are the rows
/// of x [m, k] (and whose linear predictors have this offset [m], if any). Limits at `level` are
/// symmetric for log(-log S), log H and log h, and so stay within the domain.
/// Throws InputError for other times, a level outside (0, 1) or a covariate that is not finite,
/// ShapeError if x has not the k columns of the fit.
SurvivalPrediction predict_survival(const SurvivalFit& fit, SurvivalQuantity quantity,
                                    const Tensor& x, const std::vector<double>& times,
                                    double level = 0.95, const Tensor& offset = {});

/// The times by which the event has come with these probabilities, in (0, 1): 0.5 for the median.
/// Limits are symmetric for the log of the time. Infinite, without a standard error, where the
/// event never comes with that probability (gompertz with a negative shape). Throws as above.
SurvivalPrediction predict_survival_times(const SurvivalFit& fit, const Tensor& x,
                                          const std::vector<double>& probabilities,
                                          double level = 0.95, const Tensor& offset = {});

/// The survival function averaged over the subjects of x, at each time; limits are symmetric for
/// log(-log S). Throws as above.
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
