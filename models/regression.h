// Regressions: likelihoods that see the covariates through linear predictors only. What they share
// is here, the rank of the design, the coordinates of the fit and the fit itself. Knows no
// particular model.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/models/inference.h>

namespace wald {

/// The terms [n] of a log-likelihood, given the linear predictors ([n] if there is one, else
/// [n, equations]) and the other parameters [m].
using PredictorLikelihood = std::function<Tensor(const Tensor& eta, const Tensor& other)>;

/// A likelihood of coefficients, k for each equation, one equation after the other, and of m other
/// parameters after them.
struct Regression {
  Tensor x;                              ///< Design matrix [n, k], float64.
  std::vector<std::string> names;        ///< Of its columns.
  Tensor offset;                         ///< Added to each linear predictor [n]; undefined: 0.
  Tensor weights;                        ///< Multiplies each term [n], >= 0; undefined: 1.
  std::vector<std::string> equations;    ///< Their names; empty: a single one without a name.
  std::vector<std::string> other_names;  ///< Of the other parameters.
  std::vector<double> start;             ///< Of all parameters.
  PredictorLikelihood terms;
  /// Whether each term depends on its own row's predictors alone: the Hessian then takes a sweep
  /// for each equation and other parameter in place of one for each coefficient.
  bool is_by_rows = false;

  std::int64_t n() const { return x.size(0); }
  std::size_t n_equations() const { return equations.empty() ? 1 : equations.size(); }
  /// `age`, or `equation:age`, and the other names.
  std::vector<std::string> parameter_names() const;
};

/// What the first column of a design [n, k] is throughout, as an intercept's is 1; NaN if it is not
/// constant, is 0, or there is none.
double constant_column(const Tensor& x);

/// The weighted terms as a function of all parameters.
LogLikelihood log_likelihood(const Regression& regression);

/// Fits by maximum likelihood in coordinates in which the columns of the design are orthonormal, so
/// that nearly collinear columns, or columns far from their origin, cost no digits.
/// Coefficients may be fixed or tied, within an equation or across equations, and so may the other
/// parameters; then the covariance of what is free is that of the columns added up.
/// Throws NotIdentifiedError naming columns that are linear combinations of others among the rows
/// with weight, or parameters without a maximum; ShapeError, DTypeError for tensors that do not fit
/// together; InputError if a coefficient is tied to one of the other parameters.
Fit fit_regression(const Regression& regression, const FitOptions& options = {});

/// The leverages h_i = w_i x_i' (X'WX)^-1 x_i of a single linear predictor [n], for HC2 and HC3.
/// The working weights w_i are minus the second derivatives of the terms by their predictor, at
/// `fit`, unless others are given [n], as the expected ones of R's glm. The sum of h_i is k. Throws
/// InputError for several equations, or if X'WX is not positive definite.
Tensor leverages(const Regression& regression, const Fit& fit, const Tensor& working_weights = {});

}  // namespace wald
