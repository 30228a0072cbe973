// Conditional logistic regression: matched case-control studies and choices, by strata whose
// intercepts are conditioned away.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/models/inference.h>

namespace wald {

/// What was observed of n rows.
struct ConditionalLogitData {
  Tensor x;                        ///< Covariates [n, k], float64, without an intercept.
  std::vector<std::string> names;  ///< Of its columns.
  Tensor y;       ///< 1 for a case, or the alternative chosen, else 0 [n], float64.
  Tensor strata;  ///< int64 [n], any numbers.
  Tensor offset;  ///< Added to x'b [n], float64; undefined: 0.

  std::int64_t n() const { return x.size(0); }
};

/// A group of strata with the same number of rows to choose from, padded to one length.
struct StrataBatch {
  std::int64_t chosen = 0;  ///< How many of each stratum's rows are picked, at most half of them.
  bool of_cases = true;     ///< Else those picked are the rows that are no cases.
  Tensor row;               ///< [strata, length], int64: rows of the data; padding is 0.
  Tensor is_padding;        ///< [strata, length], boolean.
  Tensor first;             ///< [strata], int64: the first row of each stratum.
};

/// The strata whose outcome varies, sorted by how many are chosen out of how many; strata all of
/// cases or without any say nothing about b.
class ConditionalStrata {
 public:
  /// Throws InputError naming the row (counted from 1) for an outcome other than 0 or 1.
  ConditionalStrata(const std::vector<double>& y, const std::vector<std::int64_t>& strata);

  const std::vector<StrataBatch>& batches() const { return batches_; }
  /// The rows of strata that vary, and of each its stratum 0, 1 ...
  const std::vector<std::int64_t>& row() const { return row_; }
  const std::vector<std::int64_t>& group() const { return group_; }
  std::int64_t used() const { return used_; }
  std::int64_t dropped() const { return dropped_; }  ///< Strata without variation.

 private:
  std::vector<StrataBatch> batches_;
  std::vector<std::int64_t> row_, group_;
  std::int64_t used_ = 0, dropped_ = 0;
};

/// log of the sum, over all choices of `chosen` of the elements along the last axis of eta [.., m],
/// of exp of their sum: the elementary symmetric function of exp(eta), by the recursion
///   B(j, r) = B(j-1, r) + exp(eta_j) B(j-1, r-1)
/// of Gail, Lubin and Rubinstein (1981), Biometrika 68, 703-707, in logarithms: 200 choose 100 is
/// no matter. Elements of -1e300 are never chosen. 1 <= chosen <= m.
Tensor log_elementary_symmetric(const Tensor& eta, std::int64_t chosen);

/// The conditional log-likelihood given each stratum's number of cases, exact:
///   sum of eta over the cases - log sum over all sets of as many rows of exp(sum of eta).
/// [n] terms, each stratum's on its first row and 0 on the others.
LogLikelihood conditional_log_likelihood(const ConditionalLogitData& data);

/// A fitted model; coefficients are log odds ratios.
struct ConditionalLogitFit : Fit {
  std::int64_t strata = 0;          ///< That vary.
  std::int64_t dropped_strata = 0;  ///< All of cases, or without any.
  double cases = 0;                 ///< In the strata that vary.
  double loglik_null = 0;           ///< At b = 0.
  bool contains_null = true;        ///< Whether b = 0 is a special case: none is held at an effect.
  double lr_statistic() const { return 2 * (loglik - loglik_null); }
  int df() const { return static_cast<int>(free_parameters()); }
};

/// Fits by maximum conditional likelihood; n counts all rows.
/// Throws NotIdentifiedError if no stratum varies, naming covariates that are constant within all
/// strata or linear combinations of others there, and those whose coefficients are infinite.
ConditionalLogitFit fit_conditional_logit(const ConditionalLogitData& data,
                                          const FitOptions& options = {});

}  // namespace wald
