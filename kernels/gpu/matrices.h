// Products, systems of equations and decompositions on a device: see Backend for the contracts. A
// vendor's library (linalg.h) has the large ones where it is there; the kernels here have the small
// ones and the shapes of statistics, and all where it is not.
#pragma once

#include <type_traits>

#include <wald/kernels/backend.h>

#include "gpu.h"

namespace wald::gpu {

Status matmul(int device, const kernels::Matmul& product, Stream stream);
/// These wait for `info`, which lies on the host.
Status triangular_solve(int device, const kernels::TriangularSolve& system, int* info,
                        Stream stream);
Status cholesky(int device, const kernels::Matrices& a, void* l, int* info, Stream stream);
Status lu(int device, const kernels::Matrices& a, void* lu, std::int64_t* rows, void* sign,
          void* log_abs_det, void* det, int* info, Stream stream);

/// Matrices of a batch in memory: element (i, j) of the p-th at data[p * batch + i * row + j *
/// col].
template <class T>
struct Batched {
  T* data;
  std::int64_t batch, row, col;

  WALD_ANYWHERE Batched of(std::int64_t p) const { return {data + p * batch, batch, row, col}; }
  WALD_ANYWHERE T& at(std::int64_t i, std::int64_t j) const { return data[i * row + j * col]; }
  /// The matrices whose first element is (i, j).
  WALD_ANYWHERE Batched from(std::int64_t i, std::int64_t j) const {
    return {data + i * row + j * col, batch, row, col};
  }
  WALD_ANYWHERE Batched transposed() const { return {data, batch, col, row}; }
  WALD_ANYWHERE operator Batched<const T>() const requires(!std::is_const_v<T>) {
    return {data, batch, row, col};
  }
};

struct ProductSize {
  std::int64_t batch, m, n, k;
};

// Of float and double. Steps of the decompositions, which go through matrices in panels.

/// c -= a b, or, if only the lower triangle of c is of use, at least that.
template <class T>
Status subtract_product(ProductSize size, Batched<const T> a, Batched<const T> b, Batched<T> c,
                        bool only_lower, Stream stream);

/// The rows and columns of a panel: its triangle fits a block's shared memory.
constexpr std::int64_t panel = 32;

struct PanelSize {
  std::int64_t batch, n, k;
};
/// Solves a x = b, x (n by k) holding b before, for triangles a of order n up to `panel`.
template <class T>
Status solve_panel(bool upper, bool unit, PanelSize size, Batched<const T> a, Batched<T> x,
                   Stream stream);

}  // namespace wald::gpu
