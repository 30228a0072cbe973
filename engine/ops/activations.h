// The logistic family, and the activations of neural networks, of each element. Integers are taken
// as float64 (relu keeps them).
#pragma once

#include <wald/engine/tensor.h>

namespace wald {

/// 1 / (1 + exp(-x)), without overflow; the derivatives keep relative accuracy in both tails.
Tensor sigmoid(const Tensor& x);
/// log(x / (1 - x)), exact to the last place also near 1/2; -inf at 0, inf at 1, nan outside.
Tensor logit(const Tensor& x);
/// log(1 + exp(x)), without overflow or loss.
Tensor softplus(const Tensor& x);
/// The same by its other name.
Tensor log1pexp(const Tensor& x);
/// log(sigmoid(x)) = -softplus(-x), without loss.
Tensor log_sigmoid(const Tensor& x);
/// log(1 - exp(-x)) of x > 0, by Maechler (2012); -inf at 0, nan below.
Tensor log1mexp(const Tensor& x);

/// x above 0, else 0; nan stays. Derivative 0 at 0.
Tensor relu(const Tensor& x);
/// x above 0, else alpha (exp(x) - 1). The derivative at 0 is alpha.
Tensor elu(const Tensor& x, double alpha = 1);
Tensor elu(const Tensor& x, const Tensor& alpha);
/// x times the normal distribution function of x. Its relative error far below 0 is that of x
/// magnified by x^2, as of the distribution function.
Tensor gelu(const Tensor& x);

/// For derivative rules: p (1 - p).
Tensor bernoulli_variance(const Tensor& p);
/// For rules: the derivative of sigmoid.
Tensor logistic_density(const Tensor& x);
/// For rules: 1 / (exp(x) - 1), without overflow.
Tensor inverse_expm1(const Tensor& x);
/// For rules: the derivative of gelu.
Tensor gelu_slope(const Tensor& x);

}  // namespace wald
