// Multinomial logit: a category among several without order, regressed on what is known of the row.
#pragma once

#include <string>
#include <vector>

#include <wald/models/categorical.h>
#include <wald/models/inference.h>

namespace wald {

/// Of the coefficients b, k for each category after the first, one category after the other: the n
/// terms of the log-likelihood
///   w (eta_y - log sum_j exp(eta_j)),  eta_j = x'b_j + offset,  eta_0 = 0,
/// of the baseline-category logit (McFadden 1974; Agresti 2013, Categorical Data Analysis, 8.1).
LogLikelihood multinomial_log_likelihood(const CategoricalData& data);

/// A fitted multinomial logit; names are `versicolor:Sepal.Length`.
struct MultinomialFit : Fit {
  std::vector<std::string> levels;  ///< The baseline first.
  std::vector<double> totals;       ///< The weight of the rows of each.
  /// loglik of the shares of the categories; NaN if the design has no constant first column, or
  /// there are offsets.
  double loglik_null = 0;
  int lr_df = 0;  ///< Free coefficients beyond the intercepts.

  /// Twice the log-likelihood above that of the shares, chi-squared with lr_df degrees of freedom.
  double lr_statistic() const { return 2 * (loglik - loglik_null); }
};

/// Fits by maximum likelihood, from the shares of the categories.
/// Throws as check_categorical() and fit_regression() do; NotIdentifiedError with the direction
/// where a combination of covariates tells categories apart, so that there is no maximum.
MultinomialFit fit_multinomial(const CategoricalData& data, const FitOptions& options = {});

/// log(P(y = j) / P(y != j)) of each row of x [n, levels], for intervals of probabilities.
Tensor multinomial_log_odds(const Tensor& coefficients, const Tensor& x, const Tensor& offset = {});
/// P(y = j) of each row of x [n, levels] at coefficients as in a fit; undefined offset: 0.
Tensor multinomial_probabilities(const Tensor& coefficients, const Tensor& x,
                                 const Tensor& offset = {});

}  // namespace wald
