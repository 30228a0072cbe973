// Generalized linear models by maximum likelihood: logistic regression and its relatives, counts,
// positive measurements, the normal linear model with its variance.
#pragma once

#include <string>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/models/glm_family.h>
#include <wald/models/inference.h>
#include <wald/models/regression.h>

namespace wald {

/// n observations, all float64.
struct GlmData {
  Tensor x;                        ///< Design matrix [n, k], with its column of ones if wanted.
  std::vector<std::string> names;  ///< Of its columns.
  /// Response [n]: 0 or 1, or the successes among `trials`; counts; positive numbers; any numbers.
  Tensor y;
  Tensor trials;   ///< Of binomial counts [n], whole numbers >= y; undefined: 1.
  Tensor offset;   ///< Added to the linear predictor [n]; undefined: 0.
  Tensor weights;  ///< Multiplies each term [n], >= 0; undefined: 1.

  std::int64_t n() const { return x.size(0); }
};

/// A fitted generalized linear model. The parameters are the coefficients, then the family's other
/// parameter (other_name()), whose estimation the covariance takes into account.
struct GlmFit : Fit {
  GlmFamily family = GlmFamily::binomial;
  GlmLink link = GlmLink::logit;
  double deviance = 0;  ///< Sum of the weighted unit_deviance().
  /// That of the model with the intercept (and the offset) alone, at the same theta; of the offset
  /// alone if the design has no constant column.
  double null_deviance = 0;
  bool has_constant = false;  ///< Whether a column is constant.
  /// Whether the model with the intercept alone is a special case: there is one, which is free, and
  /// no coefficient is held at an effect.
  bool contains_null = false;
  double df_residual = 0, df_null = 0;  ///< Rows with weight less free coefficients.
  double pearson = 0;  ///< Sum of squared Pearson residuals, in units as the deviance.

  /// Pearson's estimate of the dispersion, pearson / df_residual: 1 or so where the family's
  /// variance holds; an estimate of 1 / shape for gamma and of sigma^2 for gaussian.
  double dispersion() const { return pearson / df_residual; }
  /// The likelihood-ratio test against the null model: of binomial and poisson, where the deviances
  /// differ by it, and if the fit contains that model and a coefficient besides.
  bool has_lr_test() const;
  double lr_statistic() const { return null_deviance - deviance; }
  int lr_df() const { return static_cast<int>(df_null - df_residual); }

  std::vector<double> coefficients() const;  ///< Without the other parameter.
  double other() const;  ///< The other parameter as estimated, log(theta) say; 0 if there is none.
};

/// The likelihood of a model in the form of regressions, with the starting values of fit_glm(): one
/// weighted least squares step from means near y, as R's glm; for negbin the Poisson fit.
/// Throws as fit_glm(), but for what only the fit shows.
Regression glm_regression(const GlmData& data, GlmFamily family, GlmLink link,
                          const FitOptions& options = {});

/// Fits by maximum likelihood; family and link must belong together: binomial with logit, probit,
/// cloglog or cauchit, poisson and negative_binomial with log, gamma with log or inverse, gaussian
/// with identity.
/// Throws NotIdentifiedError if the design is collinear, the data are separated, a group has counts
/// of 0 only, the counts vary no more than Poisson ones (negbin), or the fit is exact (gamma,
/// gaussian); InputError for a response outside the family's range, or numbers that are not finite;
/// ShapeError, DTypeError.
GlmFit fit_glm(const GlmData& data, GlmFamily family, GlmLink link, const FitOptions& options = {});

/// The likelihood of a fit in the form of regressions, its estimate as start.
Regression glm_regression(const GlmFit& fit, const GlmData& data);

/// The linear predictors of rows, offsets included [n].
Tensor linear_predictor(const GlmFit& fit, const GlmData& data);
/// The mean of y (of the share of successes y / m) in each row [n].
Tensor fitted_mean(const GlmFit& fit, const GlmData& data);

enum class GlmResidual {
  response,  ///< y - mean (y / m - mean of binomial counts).
  pearson,   ///< The same over its standard deviation, at dispersion 1 (gamma, gaussian).
  deviance   ///< sign(y - mean) sqrt(unit deviance).
};
/// Residuals [n], those of Pearson and of the deviance times the root of the weights.
Tensor glm_residuals(const GlmFit& fit, const GlmData& data, GlmResidual kind);

/// Minus the expected Hessian of the log-likelihood at the estimate [p, p]: the Fisher information
/// X' W X of the coefficients and that of shape or sigma, which are orthogonal to them. That of
/// log(theta), which has no closed form, is the observed one, as in R's glm.nb.
std::vector<double> expected_information(const GlmFit& fit, const GlmData& data);

}  // namespace wald
