// Products of matrices and vectors.
#pragma once

#include <wald/engine/tensor.h>

namespace wald {

/// [m, k] by [k, n] gives [m, n], for each of the leading axes, which broadcast. A vector [k] on
/// the left is a row, on the right a column; its axis goes away again.
Tensor matmul(const Tensor& a, const Tensor& b);
/// [m, k] by [k] gives [m].
Tensor mv(const Tensor& a, const Tensor& x);
/// The inner product of two vectors [n], a scalar.
Tensor dot(const Tensor& x, const Tensor& y);

}  // namespace wald
