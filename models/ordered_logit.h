// Ordered regression: a category of an ordered scale, seen where a latent variable x'b + error
// passes cut points.
#pragma once

#include <string>
#include <vector>

#include <wald/models/categorical.h>
#include <wald/models/inference.h>

namespace wald {

/// The distribution function F of the error: logistic (proportional odds) or normal.
enum class OrderedLink { logit, probit };

/// Of the coefficients b [k] and the cut points zeta [levels - 1] after them, ascending: the n
/// terms of the log-likelihood
///   w log(F(zeta_y - eta) - F(zeta_{y-1} - eta)),  eta = x'b + offset,
/// where zeta before the first is minus infinity and after the last infinity (McCullagh 1980, JRSS
/// B 42, 109-142, with the signs of R's polr). The difference is exact in either tail.
LogLikelihood ordered_log_likelihood(const CategoricalData& data,
                                     OrderedLink link = OrderedLink::logit);

/// A fitted ordered regression; the cut points, on their own scale, are named `Low|Medium`.
struct OrderedFit : Fit {
  std::vector<std::string> levels;
  std::vector<double> totals;  ///< The weight of the rows of each.
  OrderedLink link = OrderedLink::logit;
  double loglik_null = 0;  ///< loglik of the shares of the categories; NaN with offsets.
  int lr_df = 0;           ///< Free coefficients beside the cut points.

  /// Twice the log-likelihood above that of the shares, chi-squared with lr_df degrees of freedom.
  double lr_statistic() const { return 2 * (loglik - loglik_null); }
};

/// Fits by maximum likelihood, from the shares of the categories. The design has no intercept,
/// which the cut points are.
/// Conditions in the options are on coefficients and cut points by these names.
/// Throws as check_categorical() and fit_regression() do; NotIdentifiedError for a design with a
/// constant column, and with the direction where a combination of covariates orders the categories
/// without error, so that there is no maximum.
OrderedFit fit_ordered(const CategoricalData& data, OrderedLink link = OrderedLink::logit,
                       const FitOptions& options = {});

/// log(P(y = j) / P(y != j)) of each row of x [n, levels], for intervals of probabilities.
Tensor ordered_log_odds(const Tensor& parameters, const Tensor& x,
                        OrderedLink link = OrderedLink::logit, const Tensor& offset = {});
/// P(y = j) of each row of x [n, levels] at parameters as in a fit; undefined offset: 0.
Tensor ordered_probabilities(const Tensor& parameters, const Tensor& x,
                             OrderedLink link = OrderedLink::logit, const Tensor& offset = {});

}  // namespace wald
