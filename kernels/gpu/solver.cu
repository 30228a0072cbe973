// Decompositions by the vendor's LAPACK, which has matrices column by column. These kernels bring
// row-major matrices there and back, and settle signs, determinants and what is not finite.
#include <algorithm>
#include <cmath>
#include <vector>

#include "elements.h"
#include "library.h"
#include "linalg.h"
#include "lu.h"
#include "memory.h"
#include "transfers.h"

namespace wald::gpu {
namespace {

using kernels::Matrices;
using library::Batch;

template <class T>
WALD_DEVICE bool is_finite(T x) {
  return x - x == T(0);
}

/// out = in', for matrices of `rows` by `cols`, row by row.
template <class T>
Status transpose(std::int64_t batch, std::int64_t rows, std::int64_t cols, const T* in, T* out,
                 Stream stream) {
  constexpr DType dtype = sizeof(T) == sizeof(double) ? DType::float64 : DType::float32;
  const std::int64_t size[] = {batch, cols, rows};
  const std::int64_t from[] = {rows * cols, 1, cols}, to[] = {rows * cols, rows, 1};
  return copy_elements(dtype, dtype, {3, size}, {in, from}, {out, to}, stream);
}

/// info[p] = 0.
struct Clear {
  std::int64_t count;
  int* info;
  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t i = first(t); i < count; i += step(t)) info[i] = 0;
  }
};

/// out = in, or its symmetric part, and which matrices are not finite.
template <class T>
struct Take {
  bool is_symmetric;
  std::int64_t count, rows, cols;
  const T* in;
  T* out;
  int* is_wrong;

  WALD_DEVICE void operator()(const Thread& t) const {
    const std::int64_t size = rows * cols;
    for (std::int64_t i = first(t); i < count; i += step(t)) {
      T x = in[i];
      if (is_symmetric) {
        const T y = in[i / size * size + i % cols * cols + i / cols % rows];
        x = x == y ? x : T(0.5) * x + T(0.5) * y;
      }
      if (!is_finite(x)) write_same(is_wrong + i / size, kernels::matrix_not_finite);
      out[i] = x;
    }
  }
};

/// Matrices that are not finite become the identity: a library may not end with others.
template <class T>
struct Replace {
  std::int64_t count, rows, cols;
  const int* is_wrong;
  T* out;

  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t i = first(t); i < count; i += step(t))
      if (is_wrong[i / (rows * cols)]) out[i] = i % cols == i / cols % rows ? T(1) : T(0);
  }
};

/// Brings a batch to where it is decomposed, finite.
template <class T>
Status take_finite(const Matrices& a, bool is_symmetric, T* out, int* is_wrong, Stream stream) {
  const std::int64_t count = a.batch * a.rows * a.cols;
  const Grid grid = grid_for(count);
  Status status = launch(Clear{a.batch, is_wrong}, grid_for(a.batch), stream);
  const Take<T> take{is_symmetric, count,   a.rows, a.cols, static_cast<const T*>(a.data),
                     out,          is_wrong};
  if (status == success) status = launch(take, grid, stream);
  const Replace<T> replace{count, a.rows, a.cols, is_wrong, out};
  return status == success ? launch(replace, grid, stream) : status;
}

/// The info of each matrix: what was not finite before what the library says.
Status tell(int device, std::int64_t batch, const int* is_wrong, const int* said, int* info) {
  std::vector<int> wrong(static_cast<std::size_t>(batch));
  const std::size_t bytes = wrong.size() * sizeof(int);
  Status status = copy_to_host(device, is_wrong, wrong.data(), bytes);
  if (status == success) status = copy_to_host(device, said, info, bytes);
  for (std::size_t p = 0; p < wrong.size(); ++p)
    if (wrong[p]) info[p] = wrong[p];
  return status;
}

template <class T>
struct ZeroAbove {
  std::int64_t count, n;
  T* a;
  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t i = first(t); i < count; i += step(t))
      if (i % n > i / n % n) a[i] = 0;
  }
};

/// Column by column, the symmetric part is u'u, and u is l where rows and columns change places.
template <class T>
Status cholesky_of(int device, const Matrices& a, T* l, int* info, Stream stream) {
  const std::int64_t count = a.batch * a.rows * a.rows;
  const Scratch infos(device, 2 * static_cast<std::size_t>(a.batch) * sizeof(int));
  if (infos.status() != success) return infos.status();
  int *const is_wrong = infos.as<int>(), *const said = is_wrong + a.batch;
  Status status = take_finite(a, true, l, is_wrong, stream);
  if (status == success)
    status = library::potrf(device, Batch<T>{a.batch, a.rows, a.rows, l}, said, stream);
  if (status == success) status = launch(ZeroAbove<T>{count, a.rows, l}, grid_for(count), stream);
  return status == success ? tell(device, a.batch, is_wrong, said, info) : status;
}

template <class T>
Status lu_of(int device, const Matrices& a, kernels::LuOut<T> out, Stream stream) {
  const std::int64_t n = a.rows, count = a.batch * n * n;
  const Scratch work(device, static_cast<std::size_t>(count) * sizeof(T));
  const Scratch memory(device, static_cast<std::size_t>(a.batch * n) * sizeof(int));
  if (work.status() != success) return work.status();
  if (memory.status() != success) return memory.status();
  int* const pivots = memory.as<int>();
  Status status = transpose(a.batch, n, n, static_cast<const T*>(a.data), work.as<T>(), stream);
  if (status == success)
    status = library::getrf(device, Batch<T>{a.batch, n, n, work.as<T>()}, pivots, stream);
  if (status == success) status = transpose(a.batch, n, n, work.as<T>(), out.lu, stream);
  return status == success ? describe_lu(device, a.batch, n, pivots, 1, out, stream) : status;
}

/// r of geqrf's columns, its rows with a diagonal that is not negative, and their signs.
template <class T>
struct TakeR {
  std::int64_t count, m, n;
  const T* qr;
  T *r, *signs;

  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t i = first(t); i < count; i += step(t)) {
      const std::int64_t p = i / (n * n), row = i / n % n, col = i % n;
      const T* const from = qr + p * m * n;
      const T sign = from[row * m + row] < 0 ? T(-1) : T(1);
      r[i] = col < row ? T(0) : sign * from[col * m + row];
      if (row == col) signs[p * n + row] = sign;
    }
  }
};

/// q row by row, its columns with the signs of r's rows.
template <class T>
struct TakeQ {
  std::int64_t count, m, n;
  const T *columns, *signs;
  T* q;

  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t i = first(t); i < count; i += step(t)) {
      const std::int64_t p = i / (m * n), row = i / n % m, col = i % n;
      q[i] = signs[p * n + col] * columns[p * m * n + col * m + row];
    }
  }
};

template <class T>
Status qr_of(int device, const Matrices& a, T* q, T* r, Stream stream) {
  const std::int64_t m = a.rows, n = a.cols, count = a.batch * m * n;
  const Scratch work(device, static_cast<std::size_t>(count + 2 * a.batch * n) * sizeof(T));
  if (work.status() != success) return work.status();
  const Batch<T> batch{a.batch, m, n, work.as<T>()};
  T *const tau = batch.a + count, *const signs = tau + a.batch * n;
  Status status = transpose(a.batch, m, n, static_cast<const T*>(a.data), batch.a, stream);
  if (status == success) status = library::geqrf(device, batch, tau, stream);
  const std::int64_t triangles = a.batch * n * n;
  if (status == success)
    status = launch(TakeR<T>{triangles, m, n, batch.a, r, signs}, grid_for(triangles), stream);
  if (status == success) status = library::orgqr(device, batch, tau, stream);
  return status == success
             ? launch(TakeQ<T>{count, m, n, batch.a, signs, q}, grid_for(count), stream)
             : status;
}

template <class T>
Status eigh_of(int device, const Matrices& a, T* values, T* vectors, int* info, Stream stream) {
  const std::int64_t n = a.rows, count = a.batch * n * n;
  const Scratch work(device, static_cast<std::size_t>(count) * sizeof(T));
  const Scratch infos(device, 2 * static_cast<std::size_t>(a.batch) * sizeof(int));
  if (work.status() != success) return work.status();
  if (infos.status() != success) return infos.status();
  int *const is_wrong = infos.as<int>(), *const said = is_wrong + a.batch;
  Status status = take_finite(a, true, work.as<T>(), is_wrong, stream);
  if (status == success)
    status = library::syevd(device, Batch<T>{a.batch, n, n, work.as<T>()}, values, said, stream);
  if (status == success) status = transpose(a.batch, n, n, work.as<T>(), vectors, stream);
  return status == success ? tell(device, a.batch, is_wrong, said, info) : status;
}

/// A wide matrix is, column by column, the tall a' = vh' s u'; a tall one is transposed first.
template <class T>
Status svd_of(int device, const Matrices& a, T* u, T* s, T* vh, int* info, Stream stream) {
  const std::int64_t m = a.rows, n = a.cols, k = std::min(m, n), count = a.batch * m * n;
  const bool is_tall = m > n;
  const Scratch work(device, 2 * static_cast<std::size_t>(count + a.batch * k * k) * sizeof(T));
  const Scratch infos(device, 2 * static_cast<std::size_t>(a.batch) * sizeof(int));
  if (work.status() != success) return work.status();
  if (infos.status() != success) return infos.status();
  int *const is_wrong = infos.as<int>(), *const said = is_wrong + a.batch;
  T *const columns = work.as<T>(), *const left = columns + count, *const right = left + count;
  Status status = take_finite(a, false, is_tall ? left : columns, is_wrong, stream);
  if (is_tall && status == success) status = transpose(a.batch, m, n, left, columns, stream);
  const Batch<T> batch{a.batch, std::max(m, n), k, columns};
  if (status == success)
    status = is_tall ? library::gesvd(device, batch, left, s, right, said, stream)
                     : library::gesvd(device, batch, vh, s, u, said, stream);
  if (is_tall && status == success) status = transpose(a.batch, k, m, left, u, stream);
  if (is_tall && status == success) status = transpose(a.batch, k, k, right, vh, stream);
  return status == success ? tell(device, a.batch, is_wrong, said, info) : status;
}

/// `f(T)` for the element type of a, float64 or float32; nothing for no elements.
template <class F>
Status of_type(const Matrices& a, F&& f) {
  return a.dtype == DType::float32 ? f(float()) : f(double());
}

bool is_empty(const Matrices& a) { return a.batch * a.rows * a.cols == 0; }

}  // namespace

Status library_cholesky(int device, const Matrices& a, void* l, int* info, Stream stream) {
  std::fill_n(info, a.batch, 0);
  if (is_empty(a)) return success;
  return of_type(a, [&](auto zero) {
    return cholesky_of(device, a, static_cast<decltype(zero)*>(l), info, stream);
  });
}

Status library_lu(int device, const Matrices& a, void* lu, std::int64_t* rows, void* sign,
                  void* log_abs_det, void* det, int* info, Stream stream) {
  // The determinants of empty matrices are 1, and the host's to say.
  if (is_empty(a)) return not_supported;
  return of_type(a, [&](auto zero) {
    using T = decltype(zero);
    return lu_of<T>(device, a,
                    {static_cast<T*>(lu), rows, static_cast<T*>(sign), static_cast<T*>(log_abs_det),
                     static_cast<T*>(det), info},
                    stream);
  });
}

Status library_qr(int device, const Matrices& a, void* q, void* r, Stream stream) {
  if (is_empty(a)) return success;
  return of_type(a, [&](auto zero) {
    using T = decltype(zero);
    return qr_of(device, a, static_cast<T*>(q), static_cast<T*>(r), stream);
  });
}

Status library_eigh(int device, const Matrices& a, void* values, void* vectors, int* info,
                    Stream stream) {
  std::fill_n(info, a.batch, 0);
  if (is_empty(a)) return success;
  return of_type(a, [&](auto zero) {
    using T = decltype(zero);
    return eigh_of(device, a, static_cast<T*>(values), static_cast<T*>(vectors), info, stream);
  });
}

Status library_svd(int device, const Matrices& a, void* u, void* s, void* vh, int* info,
                   Stream stream) {
  std::fill_n(info, a.batch, 0);
  if (is_empty(a)) return success;
  return of_type(a, [&](auto zero) {
    using T = decltype(zero);
    return svd_of(device, a, static_cast<T*>(u), static_cast<T*>(s), static_cast<T*>(vh), info,
                  stream);
  });
}

}  // namespace wald::gpu
