#include "transforms.h"

#include <fmt/format.h>

#include "autograd.h"
#include "ops/shape.h"

namespace wald {
namespace {

/// f at a fresh leaf with the values of x.
struct Evaluated {
  Tensor x, y;

  Evaluated(const ScalarFunction& f, const Tensor& at) : x(at.detach().requires_grad_()) {
    const EnableGradGuard guard;
    y = f(x);
    if (y.numel() != 1)
      throw ShapeError(fmt::format("the function to differentiate must give a scalar, not shape {}",
                                   to_string(y.shape())));
  }
};

Tensor hessian_rows(const Tensor& gradient, const Tensor& x) {
  const EnableGradGuard guard;  // each row is the gradient of a recorded element
  const Tensor flat = reshape(gradient, {x.numel()});
  std::vector<Tensor> rows;
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const Tensor row = grad(select(flat, 0, i), x, {.retain_graph = true, .allow_unused = true});
    rows.push_back(row.defined() ? row : zeros(x.shape(), x.dtype()));
  }
  return rows.empty() ? zeros({0}, x.dtype()) : stack(rows);
}

}  // namespace

ValueAndGradient value_and_gradient(const ScalarFunction& f, const Tensor& x) {
  const Evaluated at(f, x);
  if (!at.y.requires_grad()) return {at.y, zeros(x.shape(), x.dtype())};
  const Tensor g = grad(at.y, at.x, {.allow_unused = true});
  return {at.y.detach(), g.defined() ? g : zeros(x.shape(), x.dtype())};
}

Tensor hessian(const ScalarFunction& f, const Tensor& x, HessianMethod method) {
  const Evaluated at(f, x);
  Dims shape = x.shape(), batch_shape{x.numel()};
  for (std::int64_t size : x.shape()) {
    shape.push_back(size);
    batch_shape.push_back(size);
  }
  Tensor gradient;
  if (at.y.requires_grad())
    gradient = grad(at.y, at.x, {.create_graph = true, .allow_unused = true});
  if (!gradient.defined() || !gradient.requires_grad()) return zeros(shape, x.dtype());

  if (method == HessianMethod::rows) return reshape(hessian_rows(gradient, at.x), shape).detach();
  const NoGradGuard guard;
  const Tensor directions = reshape(eye(x.numel(), x.dtype()), batch_shape);
  const Tensor columns = forward_sweep({gradient}, {at.x}, {directions})[0];
  return columns.defined() ? reshape(columns, shape) : zeros(shape, x.dtype());
}

}  // namespace wald
