// The delta method: standard errors of functions of the parameters, by automatic differentiation.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/engine/transforms.h>
#include <wald/models/inference.h>

namespace wald {

/// Functions of the parameters at the estimate.
struct DerivedEstimates {
  std::vector<std::string> names;                                       ///< Of the m functions.
  std::vector<double> estimate;                                         ///< [m]
  std::vector<double> vcov;                                             ///< [m, m]
  double degrees_of_freedom = std::numeric_limits<double>::infinity();  ///< As of the fit.

  double std_error(std::size_t i) const;
};

/// g(theta) at the estimate, with the covariance J V J' for the derivative J of g: g has any shape,
/// of m elements. V is fit.vcov unless another one is given [k, k].
/// Throws InputError if there are not m names, or J is not finite.
DerivedEstimates delta_method(const Fit& fit, const TensorFunction& g,
                              std::vector<std::string> names, const std::vector<double>& vcov = {});

/// Two-sided p values, of 0, and intervals, by the normal or the t distribution.
std::vector<CoefficientRow> coefficient_table(const DerivedEstimates& derived, double level = 0.95);

}  // namespace wald
