// The logistic family and activations: beside each name, the partial derivative by each input. The
// formulas themselves are in kernels/formulas.h.
#include "activations.h"

#include <wald/engine/op.h>
#include <wald/engine/ops/pointwise.h>

namespace wald {

Tensor sigmoid(const Tensor& x) {
  static const Pointwise op("sigmoid",
                            {[](const Call& c) -> Partial { return logistic_density(c.in(0)); }});
  return op(x);
}

Tensor logistic_density(const Tensor& x) {
  // sigmoid(-x) - sigmoid(x) = -tanh(x / 2), without the cancellation near 0.
  static const Pointwise op("logistic_density", {[](const Call& c) -> Partial {
                              return -(tanh(0.5 * c.in(0)) * c.out());
                            }});
  return op(x);
}

Tensor logit(const Tensor& x) {
  static const Pointwise op(
      "logit", {[](const Call& c) -> Partial { return 1 / bernoulli_variance(c.in(0)); }});
  return op(x);
}

Tensor bernoulli_variance(const Tensor& p) {
  static const Pointwise op("bernoulli_variance",
                            {[](const Call& c) -> Partial { return 1 - 2 * c.in(0); }});
  return op(p);
}

Tensor softplus(const Tensor& x) {
  static const Pointwise op("softplus",
                            {[](const Call& c) -> Partial { return sigmoid(c.in(0)); }});
  return op(x);
}

Tensor log1pexp(const Tensor& x) { return softplus(x); }

Tensor log_sigmoid(const Tensor& x) {
  static const Pointwise op("log_sigmoid",
                            {[](const Call& c) -> Partial { return sigmoid(-c.in(0)); }});
  return op(x);
}

Tensor log1mexp(const Tensor& x) {
  static const Pointwise op("log1mexp",
                            {[](const Call& c) -> Partial { return inverse_expm1(c.in(0)); }});
  return op(x);
}

Tensor inverse_expm1(const Tensor& x) {
  static const Pointwise op("inverse_expm1",
                            {[](const Call& c) -> Partial { return -(c.out() * (1 + c.out())); }});
  return op(x);
}

Tensor relu(const Tensor& x) {
  static const Pointwise op(
      "relu", {[](const Call& c) -> Partial {
        return Partial::of_zero_mul(step(c.in(0), number_like(0, c.in(0)), 0));
      }});
  return op(x);
}

Tensor elu(const Tensor& x, const Tensor& alpha) {
  static const Pointwise op(
      "elu",
      {[](const Call& c) -> Partial { return where(c.in(0) > 0, 1.0, c.in(1) * exp(c.in(0))); },
       [](const Call& c) -> Partial { return where(c.in(0) > 0, 0.0, expm1(c.in(0))); }});
  return op(x, alpha);
}
Tensor elu(const Tensor& x, double alpha) { return elu(x, number_like(alpha, x)); }

Tensor gelu(const Tensor& x) {
  static const Pointwise op("gelu", {[](const Call& c) -> Partial { return gelu_slope(c.in(0)); }});
  return op(x);
}

Tensor gelu_slope(const Tensor& x) {
  static const Pointwise op("gelu_slope", {[](const Call& c) -> Partial {
                              const Tensor x_2 = square(c.in(0));
                              const Tensor density = 0.3989422804014327 * exp(-0.5 * x_2);
                              return strong_mul(density, 2 - x_2);
                            }});
  return op(x);
}

}  // namespace wald
