// Covariances of estimates that do without some of the model's assumptions: from the scores, row by
// row or in groups. Knows likelihoods as functions of a parameter vector, nothing of any model.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/models/inference.h>

namespace wald {

/// With s_i the score (gradient) of term i of n, A the bread, k the number of free parameters:
enum class Covariance {
  information,  ///< A: the inverse of the observed information, unless another one is given.
  opg,          ///< (sum s_i s_i')^-1, the outer product of scores; Berndt and others (1974).
  hc0,          ///< A (sum s_i s_i') A; Huber (1967), White (1982).
  hc1,          ///< n / (n - k) hc0.
  hc2,          ///< As hc0 with s_i s_i' / (1 - h_i), h_i the leverage of row i.
  hc3,          ///< As hc0 with s_i s_i' / (1 - h_i)^2.
  cr0,          ///< A (sum over groups g of s_g s_g') A, with s_g the sum of the scores in g.
  cr1           ///< G / (G - 1) (n - 1) / (n - k) cr0, for G groups.
};
/// As in "information", "opg", "HC1", "CR1".
const char* name_of(Covariance kind);
/// Throws InputError that lists the names; upper and lower case are the same.
Covariance covariance_named(std::string_view name);

struct CovarianceOptions {
  /// The bread [k, k] where it is not fit.vcov: the inverse of the expected information, say.
  std::vector<double> bread = {};
  Tensor groups = {};         ///< For cr0 and cr1: the group of each row [n], any numbers.
  Tensor leverages = {};      ///< For hc2 and hc3: h_i [n], in [0, 1); see leverages().
  std::size_t max_bytes = 0;  ///< Of the sweep for the scores, as in ScoresOptions.
};

/// The covariance [k, k] of the estimate. The scores come from one sweep forward with a direction
/// for each parameter. A weight is part of its row's term, and so of its score: a row with weight 2
/// counts twice in the information but four times in the outer product, unlike two equal rows. n
/// counts all rows, also those without weight. Of a fit with fixed or tied parameters it is that
/// within its constraints. HC2 and HC3 are defined for a linear predictor, as R's package sandwich
/// does; CR1 is as in Stata and sandwich (type HC1).
/// Throws InputError if groups or leverages are missing or do not fit, n <= k or G = 1 where that
/// leaves nothing, or the likelihood gives one sum in place of n terms; NumericalError if the outer
/// product is singular.
std::vector<double> covariance(const LogLikelihood& loglik, const Fit& fit, Covariance kind,
                               const CovarianceOptions& options = {});

/// Groups [n] for `covariance` from labels: equal texts are one group.
Tensor groups_of(const std::vector<std::string>& labels);

/// The derivatives of a log-likelihood's terms at one point.
struct TermDerivatives {
  double loglik;
  Tensor scores;       ///< [n, k]
  Tensor information;  ///< [k, k]: minus the Hessian of the sum.
};
/// All of them from one batched sweep forward over the graph of terms and gradient.
TermDerivatives term_derivatives(const LogLikelihood& loglik, const Tensor& parameters,
                                 std::size_t max_bytes = 0);

}  // namespace wald
