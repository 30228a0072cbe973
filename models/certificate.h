// What is checked at the end of a fit, and how a likelihood that has no proper maximum is
// described. Knows no way of maximizing.
#pragma once

#include <vector>

#include <wald/engine/tensor.h>
#include <wald/engine/transforms.h>
#include <wald/models/inference.h>

namespace wald {

/// Fills the certificate from the information of the fit, the gradient and the Newton decrement,
/// but for the agreement of the score. Whether the information is positive definite; it need not be
/// if the fit failed before it came near a maximum. Throws FlatLikelihoodError if it is singular.
bool certify(Fit& fit, const std::vector<double>& gradient, double decrement);

/// Certificate::score_agreement of a fit with its covariance: along a direction that moves each
/// parameter, the slope from the gradient [k] beside that from the differences of values at four
/// points, up to 1/32 of a standard error away (Richardson's extrapolation). `objective` is minus
/// the log-likelihood, whose gradient is given.
double score_agreement(const ScalarFunction& objective, const Fit& fit, const Tensor& gradient);

}  // namespace wald
