#include "objective.h"

#include <cmath>
#include <utility>

#include <wald/engine/autograd.h>
#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>
#include <wald/optim/one_copy.h>

namespace wald::optim {

bool Point::is_finite() const {
  if (!std::isfinite(value)) return false;
  return largest_slope ? std::isfinite(*largest_slope) : all(isfinite(gradient)).item<bool>();
}

bool Point::is_stationary() const {
  return largest_slope ? *largest_slope == 0 : all(gradient == 0).item<bool>();
}

Objective::Objective(ScalarFunction f, const Device& device) : f_(std::move(f)), device_(device) {}

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
  const DeviceGuard there(device_);
  return note(f_(to(x, device_)).item<double>());
}

Point Objective::at(const Tensor& x, const Tensor& along) {
  begin(evaluations_.values);
  ++evaluations_.gradients;
  const DeviceGuard there(device_);
  const auto [value, gradient] = value_and_gradient(f_, to(x, device_), {.create_graph = false});
  const NoGradGuard guard;
  if (x.device() == Device()) {
    const std::vector<Tensor> parts = brought({value, gradient}, x.device());
    Point here{x, note(parts[0].item<double>()), parts[1]};
    if (along.defined()) here.slope_along = dot(here.gradient, along).item<double>();
    return here;
  }
  // Many parameters, which stay where they are; what everyone asks next comes with the value.
  std::vector<Tensor> asked = {value, max(abs(gradient))};
  if (along.defined()) asked.push_back(dot(gradient, along));
  const std::vector<double> read = read_numbers(asked);
  Point here{x, note(read[0]), gradient, read[1]};
  if (along.defined()) here.slope_along = read[2];
  return here;
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
  const DeviceGuard there(device_);
  const auto here = value_gradient_and_hessian(f_, to(x, device_), {.create_graph = false});
  const NoGradGuard guard;
  const std::vector<Tensor> parts = brought({here.value, here.gradient, here.hessian}, x.device());
  keep_hessian(x, parts[2]);
  return {x, note(parts[0].item<double>()), parts[1]};
}

Tensor Objective::hessian(const Tensor& x) {
  if (hessian_at_.defined() && hessian_at_.is_same(x)) return hessian_;
  begin(evaluations_.hessians);
  const DeviceGuard there(device_);
  const Tensor at = to(x, device_);
  const Tensor found =
      hessian_of_ ? hessian_of_(at) : wald::hessian(f_, at, {.create_graph = false});
  keep_hessian(x, to(found, x.device()));
  return hessian_;
}

void Objective::keep_hessian(const Tensor& x, const Tensor& hessian) {
  hessian_at_ = x;
  hessian_ = hessian;
}

Tensor Objective::hessian_times(const Tensor& x, const Tensor& v) {
  if (hessian_at_.defined() && hessian_at_.is_same(x)) return mv(hessian_, v);
  begin(evaluations_.products);
  const DeviceGuard there(device_);
  if (!products_at_.defined() || !products_at_.is_same(x)) {
    const EnableGradGuard recording;
    products_at_ = x;
    input_ = to(x.detach(), device_).requires_grad_();
    const Tensor value = f_(input_);
    gradient_ = value.requires_grad()
                    ? grad(value, input_, {.create_graph = true, .allow_unused = true})
                    : Tensor();
  }
  const NoGradGuard guard;
  if (!gradient_.defined() || !gradient_.requires_grad()) return zeros_like(x);
  const Tensor product = forward_sweep({gradient_}, {input_}, {unsqueeze(to(v, device_), 0)})[0];
  return product.defined() ? to(squeeze(product, 0), x.device()) : zeros_like(x);
}

}  // namespace wald::optim
