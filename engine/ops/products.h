// Products of matrices, vectors and tensors.
#pragma once

#include <string_view>
#include <vector>

#include <wald/engine/tensor.h>

namespace wald {

/// [m, k] by [k, n] gives [m, n], for each of the leading axes, which broadcast. A vector [k] on
/// the left is a row, on the right a column; its axis goes away again.
Tensor matmul(const Tensor& a, const Tensor& b);
/// [m, k] by [k] gives [m].
Tensor mv(const Tensor& a, const Tensor& x);
/// The inner product of two vectors [n], a scalar.
Tensor dot(const Tensor& x, const Tensor& y);
/// The products of all pairs of elements of two vectors [m] and [n]: [m, n].
Tensor outer(const Tensor& x, const Tensor& y);
/// [b, m, k] by [b, k, n] gives [b, m, n].
Tensor bmm(const Tensor& a, const Tensor& b);
/// beta input + alpha a b for matrices a [m, k] and b [k, n]; input broadcasts to [m, n]. Where
/// beta is 0 the input's values do not matter, nan included.
Tensor addmm(const Tensor& input, const Tensor& a, const Tensor& b, double beta = 1,
             double alpha = 1);
/// The same for batches a [b, m, k] and b [b, k, n].
Tensor baddbmm(const Tensor& input, const Tensor& a, const Tensor& b, double beta = 1,
               double alpha = 1);

/// The Kronecker product of two vectors, [m] and [n] to [m n], or of two matrices, [..., m, n] and
/// [..., p, q] to [..., m p, n q]; leading axes broadcast.
Tensor kron(const Tensor& a, const Tensor& b);
/// The sum over the given axes of a and b, pair by pair; the other axes of a, then those of b, are
/// left.
Tensor tensordot(const Tensor& a, const Tensor& b, const Dims& axes_a, const Dims& axes_b);
/// The last `count` axes of a with the first of b.
Tensor tensordot(const Tensor& a, const Tensor& b, std::int64_t count = 2);
/// Sums of products, as "ij,jk->ik" says: a letter for each axis, operands apart by commas. Axes of
/// one letter go together (twice in one operand: its diagonal), and are summed over where the
/// result, after "->", does not name them. "..." stands for any further axes, which broadcast; so
/// do axes of size 1. Without "->" the result has the "..." axes, then the letters that occur once,
/// in alphabetical order. Operands are multiplied two at a time, those with the smallest product
/// first, by matmul. Throws ShapeError naming the letter and the sizes that do not agree, or the
/// place in the text that cannot be read.
Tensor einsum(std::string_view text, const std::vector<Tensor>& operands);

/// The product of vectors in space along an axis of size 3.
Tensor cross(const Tensor& a, const Tensor& b, std::int64_t axis = -1);
/// The powers 0, 1 ... count - 1 of each element, in a new last axis: rows of a Vandermonde matrix.
Tensor vander(const Tensor& x, std::int64_t count);
/// A square matrix [..., n, n] times itself, by repeated squaring; the identity for power 0, the
/// inverse to the power for negative ones (LinalgError if there is none).
Tensor matrix_power(const Tensor& a, std::int64_t power);

}  // namespace wald
