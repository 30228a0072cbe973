// Whether a point that looks like a minimum is one: at a minimum the function rises within the
// distance that its own curvature says, towards a limit at infinity it never does. Knows functions,
// no model.
#pragma once

#include <optional>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/engine/transforms.h>

namespace wald {

/// The direction [k], that of Newton's step at x or the opposite one, along which the function does
/// not rise above its rounding as far as it can be computed, up to 16 of the distances on which the
/// Hessian at x promises 1/2 (for minus a log-likelihood, standard errors); nothing where it does,
/// or where the step is rounding. The function must have been minimized: as of exp(-x), or of
/// 1 - x / sqrt(1 + x^2), whose gradients and Hessians far out are those of a minimum near by.
std::optional<std::vector<double>> level_direction(const ScalarFunction& objective, const Tensor& x,
                                                   const Tensor& gradient, const Tensor& hessian);

}  // namespace wald
