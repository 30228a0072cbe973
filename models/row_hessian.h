// The Hessian of a regression whose terms each see their own row only. Knows no model.
#pragma once

#include <functional>

#include <wald/engine/tensor.h>

namespace wald {

/// The sum of the terms, given the linear predictors, [n] or [n, equations], and the other
/// parameters [m].
using PredictorSum = std::function<Tensor(const Tensor& eta, const Tensor& other)>;

/// The Hessian [p, p] of the sum in coefficients, k for each equation, and the other parameters,
/// where each term depends on its own row of `eta` = x B (+ offset) alone: blocks x' diag(h) x,
/// with h from one sweep for each equation and each other parameter, not for each coefficient.
Tensor row_hessian(const PredictorSum& sum_of_terms, const Tensor& x, const Tensor& eta,
                   const Tensor& other);

/// x' diag(w) x [k, k], in blocks of rows that fit the cache.
Tensor weighted_cross(const Tensor& x, const Tensor& w);

}  // namespace wald
