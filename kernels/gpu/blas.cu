// Products of matrices by the vendor's BLAS, which has them column by column: of row-major
// operands, c' = b' a'.
#include <algorithm>

#include "elements.h"
#include "library.h"
#include "linalg.h"

namespace wald::gpu {
namespace {

/// An operand x of `rows` by `cols` as BLAS may read its transpose: as it lies, or transposed.
struct Operand {
  bool is_possible, is_transposed;
  std::int64_t leading;
};

Operand transpose_of(std::int64_t rows, std::int64_t cols, std::int64_t row, std::int64_t col) {
  // A stride along an axis of one element is never used.
  if ((col == 1 || cols == 1) && (row >= cols || rows == 1))
    return {true, false, std::max({rows == 1 ? cols : row, cols, std::int64_t{1}})};
  if ((row == 1 || rows == 1) && (col >= rows || cols == 1))
    return {true, true, std::max({cols == 1 ? rows : col, rows, std::int64_t{1}})};
  return {false, false, 0};
}

template <class T>
Status matmul_of(int device, const kernels::Matmul& p, Stream stream) {
  const Operand a = transpose_of(p.m, p.k, p.a_row, p.a_col);
  const Operand b = transpose_of(p.k, p.n, p.b_row, p.b_col);
  if (!a.is_possible || !b.is_possible) return not_supported;
  return library::gemm(
      device,
      library::Gemm<T>{b.is_transposed, a.is_transposed, p.n, p.m, p.k, p.batch,
                       static_cast<const T*>(p.b), b.leading, p.b_batch, static_cast<const T*>(p.a),
                       a.leading, p.a_batch, static_cast<T*>(p.c)},
      stream);
}

}  // namespace

Status library_matmul(int device, const kernels::Matmul& p, Stream stream) {
  const std::int64_t count = p.batch * p.m * p.n;
  if (count == 0) return success;
  if (p.k == 0) return fill(p.dtype, p.c, count, 0, stream);
  return p.dtype == DType::float32 ? matmul_of<float>(device, p, stream)
                                   : matmul_of<double>(device, p, stream);
}

}  // namespace wald::gpu
