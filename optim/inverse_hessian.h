// The inverse of a Hessian, from which standard errors come.
#pragma once

#include <wald/engine/tensor.h>
#include <wald/engine/transforms.h>

namespace wald::optim {

/// The inverse [k, k] of f's Hessian at a minimum x, float64 [k]. A second Hessian is formed in
/// coordinates in which the first is the identity: of a sum of squares with residuals' Jacobian J,
/// the result is then wrong by about epsilon cond(J), where the inverse of J'J would be by
/// epsilon cond(J)^2. Throws LinalgError if the Hessian is not positive definite.
Tensor inverse_hessian(const ScalarFunction& f, const Tensor& x);

}  // namespace wald::optim
