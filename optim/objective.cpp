#include "objective.h"

#include <cmath>
#include <utility>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>

namespace wald::optim {

bool Point::is_finite() const {
  return std::isfinite(value) && all(isfinite(gradient)).item<bool>();
}

Objective::Objective(ScalarFunction f) : f_(std::move(f)) {}

double Objective::value(const Tensor& x) {
  ++evaluations_.values;
  const NoGradGuard guard;
  return f_(x).item<double>();
}

Point Objective::at(const Tensor& x) {
  ++evaluations_.values;
  ++evaluations_.gradients;
  const ValueAndGradient here = value_and_gradient(f_, x, {.create_graph = false});
  return {x, here.value.item<double>(), here.gradient};
}

Tensor Objective::hessian(const Tensor& x) {
  ++evaluations_.hessians;
  return wald::hessian(f_, x, {.create_graph = false});
}

Tensor Objective::hessian_times(const Tensor& x, const Tensor& v) {
  ++evaluations_.products;
  if (!products_at_.defined() || !products_at_.is_same(x)) {
    const EnableGradGuard recording;
    products_at_ = x;
    input_ = x.detach().requires_grad_();
    gradient_ = grad(f_(input_), input_, {.create_graph = true, .allow_unused = true});
  }
  const NoGradGuard guard;
  if (!gradient_.defined() || !gradient_.requires_grad()) return zeros(x.shape());
  const Tensor product = forward_sweep({gradient_}, {input_}, {unsqueeze(v, 0)})[0];
  return product.defined() ? squeeze(product, 0) : zeros(x.shape());
}

}  // namespace wald::optim
