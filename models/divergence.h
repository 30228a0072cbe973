// Fits of concave log-likelihoods that may have no maximum: where a fit fails, the direction in
// which the coefficients run away. Knows regressions; what holds along a direction, the model says.
#pragma once

#include <functional>

#include <wald/engine/tensor.h>
#include <wald/models/regression.h>

namespace wald {

/// Whether the log-likelihood does not fall anywhere along a direction of the coefficients [k]. The
/// direction changes the linear predictor of some row by about 1; 1e-6 is to be taken for 0.
using RisesAlong = std::function<bool(const Tensor& direction)>;

/// fit_regression() for one equation without other parameters, started from 0. If it finds no
/// maximum, or one with linear predictors so large that it may be none, Newton's steps are taken to
/// see whether they end: throws NotIdentifiedError naming the coefficients, of the free ones, and
/// the direction where `rises` confirms it, else what fit_regression() threw.
Fit fit_or_divergence(const Regression& regression, const FitOptions& options,
                      const RisesAlong& rises);

}  // namespace wald
