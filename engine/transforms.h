// Derivatives of functions of tensors.
#pragma once

#include <functional>

#include <wald/engine/tensor.h>

namespace wald {

using ScalarFunction = std::function<Tensor(const Tensor& x)>;

struct ValueAndGradient {
  Tensor value, gradient;
};

/// f and its gradient at x, outside any graph. f must give a scalar.
ValueAndGradient value_and_gradient(const ScalarFunction& f, const Tensor& x);

enum class HessianMethod {
  batched,  ///< One sweep forward over the gradient's graph, with all directions as a batch.
  rows      ///< The gradient of each element of the gradient in turn: K sweeps backward.
};

/// The matrix of second derivatives of a scalar function at x, of shape [shape of x, shape of x].
/// Throws ShapeError if f does not give a scalar.
Tensor hessian(const ScalarFunction& f, const Tensor& x,
               HessianMethod method = HessianMethod::batched);

}  // namespace wald
