// Linear regression by ordinary least squares, to the last digits that the data determine.
#pragma once

#include <string>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/models/inference.h>

namespace wald {

/// A design matrix in more digits than double has: x + rest.
struct DoubledDesign {
  Tensor x;     ///< [n, k]
  Tensor rest;  ///< What rounding took from x, [n, k]; undefined: nothing.
};

/// The columns 1, x, x^2 ... x^degree of a polynomial in x [n], in twice the digits of double.
/// Rounded powers determine the coefficients of degree 10 over [-9, -3] to seven digits only.
/// Throws InputError unless x is a vector and degree >= 0.
DoubledDesign polynomial_design(const Tensor& x, int degree);

/// y = X b + e with e independent of mean 0 and one variance. `vcov` is s^2 (X'X)^-1 with s^2 =
/// rss / (n - k), `loglik` the normal log-likelihood at its maximum, where the variance is rss /
/// total_weight; `information` is that of b there. t statistics have n - k degrees of freedom.
struct OlsFit : Fit {
  std::vector<double> residuals;  ///< [n], y - X b.
  double total_weight = 0;        ///< n without weights.
  double rss = 0;                 ///< The sum of their squares; 0 of data met exactly.
  double residual_std_dev = 0;    ///< s; NaN if n = k.
  /// Whether a column is constant: then the squares that follow are about the mean of y.
  bool has_constant = false;
  double total_squares = 0;  ///< Of y.
  double r_squared = 0;
  /// Of all coefficients but the constant, F-distributed with (f_df, n - k) degrees of freedom if
  /// they are zero; NaN if there are none.
  double f_statistic = 0;
  int f_df = 0;

  double adjusted_r_squared() const;
  double f_p_value() const;
};

/// Regresses y [n] on the columns of x [n, k], float64, n >= k. By Householder's QR decomposition
/// of the columns scaled by powers of two, refined (Bjorck 1967) with residuals in twice the
/// precision of double, so that coefficients are right to about 15 digits where the columns are
/// given exactly. The covariance is refined likewise where they are nearly collinear.
/// Throws NotIdentifiedError naming the columns that depend on others to within n times the
/// rounding of double, InputError for numbers that are not finite, ShapeError, DTypeError.
/// Weights [n], >= 0, multiply the terms of the normal log-likelihood: squares are weighted, and n,
/// the number of rows, stays in s^2 = rss / (n - k). Their roots are rounded, so coefficients have
/// the digits of an ordinary QR decomposition.
OlsFit ols(const Tensor& x, const Tensor& y, std::vector<std::string> names,
           const Tensor& weights = {});
OlsFit ols(const DoubledDesign& x, const Tensor& y, std::vector<std::string> names,
           const Tensor& weights = {});

}  // namespace wald
