// Tests of hypotheses on the parameters of a fit: Wald, likelihood ratio, score. Knows likelihoods
// as functions of a parameter vector, nothing of any model.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/engine/transforms.h>
#include <wald/models/covariance.h>
#include <wald/models/inference.h>

namespace wald {

/// A statistic that is chi-squared with df degrees of freedom under the hypothesis, for many
/// observations; over df it is F with (df, denominator_df).
struct TestResult {
  double statistic = 0;
  int df = 0;
  double denominator_df = std::numeric_limits<double>::infinity();

  double p() const;  ///< By the chi-squared distribution.
  double f() const { return statistic / df; }
  double f_p() const;  ///< By the F distribution; p() if denominator_df is infinite.
};

struct WaldOptions {
  std::vector<double> vcov = {};  ///< [k, k]; empty: fit.vcov.
  /// Of the F statistic; NaN: fit.degrees_of_freedom.
  double denominator_df = std::numeric_limits<double>::quiet_NaN();
};

/// Tests g(theta) = 0 for a smooth g with values [q] by g' (J V J')^-1 g at the estimate, J the
/// derivative of g. Wald (1943), Trans. AMS 54, 426-482.
/// Throws InputError if some of the q restrictions follow from others or only concern parameters
/// that were fixed.
TestResult wald_test(const Fit& fit, const TensorFunction& g, const WaldOptions& options = {});
/// Tests R theta = q, R [q, k]. ShapeError if they do not fit together.
TestResult wald_test(const Fit& fit, const Tensor& r, const Tensor& q,
                     const WaldOptions& options = {});

/// R and q of R theta = q.
struct LinearHypothesis {
  Tensor r;  ///< [q, k]
  Tensor q;  ///< [q]
};
/// Reads `b1 = b2 = 0`, `2 b1 - b2 = 1`, `b1 + b2`, several with commas between them: sums of
/// names, each with a number before it or not (`0.5 b1`, `0.5 * b1`), and of numbers. Without `=`
/// it is 0. Throws InputError that says what cannot be read, or lists the names.
LinearHypothesis linear_hypothesis(const std::string& text, const std::vector<std::string>& names);

/// 2 (l1 - l0) for the same data, with as many degrees of freedom as parameters were given up.
/// Wilks (1938). Throws InputError if the fits differ in n, the restricted one has no fewer free
/// parameters, or its log-likelihood is higher: then it is not a special case, or one of the two is
/// not at its maximum.
TestResult lr_test(const Fit& restricted, const Fit& full);

struct ScoreTestOptions {
  /// information (observed) or opg, of all parameters at the restricted estimate.
  Covariance kind = Covariance::information;
  std::vector<double> information = {};  ///< Another one [k, k], as the expected one.
};

/// Tests what was fixed or tied in `restricted` by s' I^-1 s, with the score s and the information
/// I of all parameters at the restricted estimate: the model without restrictions need not be
/// fitted. Rao (1948), Proc. Cambridge Phil. Soc. 44, 50-57.
/// Throws InputError if nothing was fixed or tied; NumericalError if I is not positive definite, as
/// the observed information may be far from its maximum (then opg is).
TestResult score_test(const LogLikelihood& loglik, const Fit& restricted,
                      const ScoreTestOptions& options = {});

}  // namespace wald
