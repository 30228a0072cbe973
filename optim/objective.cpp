#include "objective.h"

#include <cmath>
#include <utility>

#include <wald/engine/autograd.h>
#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>

namespace wald::optim {

bool Point::is_finite() const {
  return std::isfinite(value) && all(isfinite(gradient)).item<bool>();
}

Objective::Objective(ScalarFunction f) : f_(std::move(f)) {}

void Objective::begin(std::int64_t& count) {
  if (guard_) guard_();
  ++count;
}

double Objective::note(double value) {
  if (value == -INFINITY) has_fallen_to_infinity_ = true;
  return value;
}

double Objective::value(const Tensor& x) {
  begin(evaluations_.values);
  const NoGradGuard guard;
  return note(f_(x).item<double>());
}

Point Objective::at(const Tensor& x) {
  begin(evaluations_.values);
  ++evaluations_.gradients;
  const ValueAndGradient here = value_and_gradient(f_, x, {.create_graph = false});
  return {x, note(here.value.item<double>()), here.gradient};
}

Point Objective::with_hessian(const Tensor& x) {
  if (hessian_of_) {
    const Point here = at(x);
    hessian(x);
    return here;
  }
  begin(evaluations_.values);
  ++evaluations_.gradients;
  ++evaluations_.hessians;
  const auto here = value_gradient_and_hessian(f_, x, {.create_graph = false});
  keep_hessian(x, here.hessian);
  return {x, note(here.value.item<double>()), here.gradient};
}

Tensor Objective::hessian(const Tensor& x) {
  if (hessian_at_.defined() && hessian_at_.is_same(x)) return hessian_;
  begin(evaluations_.hessians);
  keep_hessian(x, hessian_of_ ? hessian_of_(x) : wald::hessian(f_, x, {.create_graph = false}));
  return hessian_;
}

void Objective::keep_hessian(const Tensor& x, const Tensor& hessian) {
  hessian_at_ = x;
  hessian_ = hessian;
}

Tensor Objective::hessian_times(const Tensor& x, const Tensor& v) {
  if (hessian_at_.defined() && hessian_at_.is_same(x)) return mv(hessian_, v);
  begin(evaluations_.products);
  if (!products_at_.defined() || !products_at_.is_same(x)) {
    const EnableGradGuard recording;
    products_at_ = x;
    input_ = x.detach().requires_grad_();
    const Tensor value = f_(input_);
    gradient_ = value.requires_grad()
                    ? grad(value, input_, {.create_graph = true, .allow_unused = true})
                    : Tensor();
  }
  const NoGradGuard guard;
  if (!gradient_.defined() || !gradient_.requires_grad()) return zeros_like(x);
  const Tensor product = forward_sweep({gradient_}, {input_}, {unsqueeze(v, 0)})[0];
  return product.defined() ? squeeze(product, 0) : zeros_like(x);
}

}  // namespace wald::optim
