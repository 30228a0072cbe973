// What the operations on matrices share: checks, batches, triangles. For engine/ops.
#pragma once

#include <algorithm>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include <wald/engine/op.h>
#include <wald/engine/tensor_impl.h>

namespace wald::linalg {

/// Throws ShapeError unless x is [..., m, n].
void require_matrix(const Tensor& x, std::string_view op);
/// Throws ShapeError unless x is [..., n, n].
void require_square(const Tensor& x, std::string_view op);
/// The type in which floating operands meet. Throws DTypeError for integers and booleans.
DType require_floating(std::initializer_list<std::reference_wrapper<const Tensor>> x,
                       std::string_view op);

/// The axes before the last two, or before as many as `core` says.
Dims batch_of(const Tensor& x, std::size_t core = 2);
/// x with `leading` for these axes.
Tensor with_batch(const Tensor& x, const Dims& leading, std::size_t core = 2);
/// The axes swapped: of vectors that stand in the last axis, or of matrices.
Tensor mt(const Tensor& x);

/// The kernels' view of a contiguous batch of matrices.
kernels::Matrices matrices(const Tensor& x);

/// Throws LinalgError, naming the matrix of the batch, where info is not 0: its place is given to
/// `say`, which tells what is wrong ("the pivot 2 of its LU factorization is 0").
void require_done(std::string_view op, const std::vector<int>& info, bool is_batch,
                  std::string (*say)(int info));

/// x where row - column >= 0 (lower) or <= 0 (upper), else an exact 0; without the diagonal if
/// `strict`.
Tensor lower_triangle(const Tensor& x, bool strict = false);
Tensor upper_triangle(const Tensor& x, bool strict = false);
/// The lower triangle with half of the diagonal, the inverse of x -> x + x'.
Tensor half_lower(const Tensor& x);
/// (x + x') / 2.
Tensor symmetrized(const Tensor& x);
/// The diagonal of matrices [..., n, n]: [..., n].
Tensor diagonal_of(const Tensor& x);
/// The identity of x's last axis and type.
Tensor identity_like(const Tensor& x);

/// x, or y, or their sum, undefined ones counting as 0.
Tensor sum_defined(const Tensor& x, const Tensor& y);

/// Row i of the result is row rows[i] of x ([..., n, k]), or the other way round if `inverse`.
Tensor permute_rows(const Tensor& x, const Tensor& rows, bool inverse);

/// Solves triangular systems in place of x, which is contiguous; for `run`. Numbers of zeros on the
/// diagonals go to info, if it is not null.
void solve_triangles(const Tensor& a, bool is_transposed, bool upper, bool unit, const Tensor& x,
                     std::vector<int>* info);

/// Walks the leading axes, which all operands have: those of the first before its last `core`.
/// Calls body(batch, strides, offsets) for runs along which each operand has one stride, all of
/// them in elements.
template <class Body>
void for_each_batch(std::span<const Tensor* const> operands, std::size_t core, const Body& body) {
  constexpr std::size_t most = 4;
  std::int64_t last[most] = {}, outer = 1;
  const std::size_t leading = operands[0]->shape().size() - core;
  if (leading == 0) {
    const std::int64_t offset[most] = {};
    return body(1, last, offset);
  }
  Dims size, stride[most];
  for (std::size_t axis = 0; axis < leading; ++axis) {
    const std::int64_t n = operands[0]->shape()[axis];
    if (n == 1) continue;
    bool merges = !size.empty();
    for (std::size_t o = 0; o < operands.size(); ++o)
      merges = merges && stride[o].back() == n * operands[o]->strides()[axis];
    if (merges)
      size.back() *= n;
    else
      size.push_back(n);
    for (std::size_t o = 0; o < operands.size(); ++o) {
      if (merges)
        stride[o].back() = operands[o]->strides()[axis];
      else
        stride[o].push_back(operands[o]->strides()[axis]);
    }
  }
  if (size.empty()) {
    size.push_back(1);
    for (Dims& s : stride) s.push_back(0);
  }
  for (std::size_t o = 0; o < operands.size(); ++o) last[o] = stride[o].back();
  for (std::size_t i = 0; i + 1 < size.size(); ++i) outer *= size[i];
  for (std::int64_t index = 0; index < outer; ++index) {
    std::int64_t rest = index, offset[most] = {};
    for (std::size_t i = size.size() - 1; i-- > 0; rest /= size[i])
      for (std::size_t o = 0; o < operands.size(); ++o) offset[o] += rest % size[i] * stride[o][i];
    body(size.back(), last, offset);
  }
}

}  // namespace wald::linalg
