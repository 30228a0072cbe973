#include "decompositions.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#include <wald/kernels/lu_description.h>

#include "fortran.h"
#include "matmul.h"
#include "matrix_runs.h"

namespace wald::kernels {
namespace {

// Below this order plain loops beat the way into LAPACK.
constexpr int small_order = 24;

template <class T>
bool is_finite(T x) {
  return x - x == T(0);
}

/// Row by row, the symmetric part of a in the lower triangle of `out`, and in the upper one if
/// `both`, else 0; false if an element is not finite.
template <class T>
bool symmetric_part(const T* a, std::int64_t n, T* out, bool both) {
  constexpr std::int64_t block = 32;  // columns are read in blocks that stay in cache
  bool finite = true;
  for (std::int64_t i0 = 0; i0 < n; i0 += block)
    for (std::int64_t j0 = 0; j0 <= i0; j0 += block)
      for (std::int64_t i = i0; i < std::min(i0 + block, n); ++i)
        for (std::int64_t j = j0; j < std::min(j0 + block, i + 1); ++j) {
          const T x = a[i * n + j], y = a[j * n + i];
          const T mean = x == y ? x : T(0.5) * x + T(0.5) * y;
          finite &= is_finite(mean);
          out[j * n + i] = both ? mean : T(0);
          out[i * n + j] = mean;
        }
  return finite;
}

/// The Cholesky factor L from u = A, row by row, of which the upper triangle becomes L'; the order
/// of the first minor that fails. Whole rows are subtracted from each other, as vectors.
template <class T>
int small_cholesky(T* u, int n, T* l) {
  for (int k = 0; k < n; ++k) {
    T* row = u + k * n;
    if (!(row[k] > 0)) return k + 1;
    const T root = std::sqrt(row[k]);
    for (int j = k; j < n; ++j) row[j] /= root;
    row[k] = root;
    for (int i = k + 1; i < n; ++i) {
      const T factor = row[i];
      for (int j = i; j < n; ++j) u[i * n + j] -= factor * row[j];
    }
  }
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) l[i * n + j] = j <= i ? u[j * n + i] : T(0);
  return 0;
}

template <class T>
void cholesky_of(const Matrices& a, T* out, int* info) {
  const std::int64_t size = a.rows * a.rows;
  const int n = static_cast<int>(a.rows);
  for_each_run(a.batch, std::pow(n, 3) / 6 + 20 * n, [&](std::int64_t begin, std::int64_t end) {
    const SingleThreadedBlas guard;
    const bool is_small = n <= small_order;
    T scratch[small_order * small_order];
    for (std::int64_t p = begin; p < end; ++p) {
      T* l = out + p * size;
      info[p] = 0;
      if (!symmetric_part(static_cast<const T*>(a.data) + p * size, n, is_small ? scratch : l,
                          is_small))
        info[p] = matrix_not_finite;
      else if (is_small)
        info[p] = small_cholesky(scratch, n, l);
      else
        lapack::choose<T>(dpotrf_, spotrf_)("U", &n, l, &n, &info[p]);
    }
  });
}

template <class T>
void transpose_square(T* a, std::int64_t n) {
  constexpr std::int64_t block = 32;
  for (std::int64_t i0 = 0; i0 < n; i0 += block)
    for (std::int64_t j0 = 0; j0 <= i0; j0 += block)
      for (std::int64_t i = i0; i < std::min(i0 + block, n); ++i)
        for (std::int64_t j = j0; j < std::min(j0 + block, i); ++j)
          std::swap(a[i * n + j], a[j * n + i]);
}

/// LU in place, row by row; pivots[i] is the row (from 1) that row i was exchanged with.
template <class T>
void small_lu(T* a, int n, int* pivots) {
  for (int j = 0; j < n; ++j) {
    int at = j;
    for (int i = j + 1; i < n; ++i)
      if (std::fabs(a[i * n + j]) > std::fabs(a[at * n + j])) at = i;
    pivots[j] = at + 1;
    if (at != j) std::swap_ranges(a + j * n, a + (j + 1) * n, a + at * n);
    const T pivot = a[j * n + j];
    if (pivot == 0) continue;  // so are the numbers below it
    for (int i = j + 1; i < n; ++i) {
      const T factor = a[i * n + j] /= pivot;
      for (int k = j + 1; k < n; ++k) a[i * n + k] -= factor * a[j * n + k];
    }
  }
}

template <class T>
void lu_of(const Matrices& a, const LuOut<T>& out) {
  const int n = static_cast<int>(a.rows);
  for_each_run(a.batch, std::pow(n, 3) / 3 + 20 * n, [&](std::int64_t begin, std::int64_t end) {
    const SingleThreadedBlas guard;
    std::vector<int> pivots(static_cast<std::size_t>(n));
    for (std::int64_t p = begin; p < end; ++p) {
      T* lu = out.lu + p * n * n;
      std::copy_n(static_cast<const T*>(a.data) + p * n * n, static_cast<std::size_t>(n) * n, lu);
      if (n <= small_order) {
        small_lu(lu, n, pivots.data());
      } else {
        int info = 0;
        transpose_square(lu, n);
        lapack::choose<T>(dgetrf_, sgetrf_)(&n, &n, lu, &n, pivots.data(), &info);
        transpose_square(lu, n);
      }
      describe_lu(out, p, n, pivots.data(), 1);
    }
  });
}

/// The size of the workspace that a LAPACK function asks for, by calling it with lwork = -1.
template <class T, class Call>
std::vector<T> workspace(const Call& call) {
  T wanted = 0;
  call(&wanted, -1);
  // A float32 may have rounded the size down.
  return std::vector<T>(static_cast<std::size_t>(std::max(1.0, 1.00001 * wanted)) + 1);
}

/// Row by row, a = q r is, column by column, a' = r' q': an LQ decomposition without a copy.
template <class T>
void qr_of(const Matrices& a, T* q_out, T* r_out) {
  const int m = static_cast<int>(a.rows), n = static_cast<int>(a.cols);
  if (n == 0) return;
  const auto gelqf = lapack::choose<T>(dgelqf_, sgelqf_);
  const auto orglq = lapack::choose<T>(dorglq_, sorglq_);
  for_each_run(a.batch, 4.0 * m * n * n + 500, [&](std::int64_t begin, std::int64_t end) {
    const SingleThreadedBlas guard;
    int info = 0;
    std::vector<T> tau(static_cast<std::size_t>(n));
    std::vector<T> work = workspace<T>([&](T* to, int size) {
      T other = 0;
      gelqf(&n, &m, q_out, &n, tau.data(), to, &size, &info);
      orglq(&n, &m, &n, q_out, &n, tau.data(), &other, &size, &info);
      *to = std::max(*to, other);
    });
    const int size = static_cast<int>(work.size());
    for (std::int64_t p = begin; p < end; ++p) {
      T *q = q_out + p * m * n, *r = r_out + p * n * n;
      std::copy_n(static_cast<const T*>(a.data) + p * m * n, static_cast<std::size_t>(m) * n, q);
      gelqf(&n, &m, q, &n, tau.data(), work.data(), &size, &info);
      for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j) r[i * n + j] = j < i ? T(0) : q[i * n + j];
      orglq(&n, &m, &n, q, &n, tau.data(), work.data(), &size, &info);
      for (int i = 0; i < n; ++i) {
        if (!(r[i * n + i] < 0)) continue;
        for (int j = i; j < n; ++j) r[i * n + j] = -r[i * n + j];
        for (int j = 0; j < m; ++j) q[static_cast<std::int64_t>(j) * n + i] *= T(-1);
      }
    }
  });
}

template <class T>
void eigh_of(const Matrices& a, T* values, T* vectors, int* info) {
  const int n = static_cast<int>(a.rows);
  std::fill_n(info, a.batch, 0);
  if (n == 0) return;
  const auto syevd = lapack::choose<T>(dsyevd_, ssyevd_);
  for_each_run(a.batch, 10 * std::pow(n, 3) + 500, [&](std::int64_t begin, std::int64_t end) {
    const SingleThreadedBlas guard;
    int isize = -1, status = 0;
    std::vector<int> iwork(1);
    std::vector<T> work = workspace<T>([&](T* to, int size) {
      syevd("V", "U", &n, vectors, &n, values, to, &size, iwork.data(), &isize, &status);
    });
    isize = iwork[0];
    iwork.resize(static_cast<std::size_t>(isize));
    const int size = static_cast<int>(work.size());
    for (std::int64_t p = begin; p < end; ++p) {
      T* v = vectors + p * n * n;
      info[p] = matrix_not_finite;
      if (!symmetric_part(static_cast<const T*>(a.data) + p * n * n, n, v, true)) continue;
      syevd("V", "U", &n, v, &n, values + p * n, work.data(), &size, iwork.data(), &isize,
            &info[p]);
      transpose_square(v, n);
    }
  });
}

/// Row by row, a = u s vh is, column by column, a' = vh' s u'.
template <class T>
void svd_of(const Matrices& a, T* u, T* s, T* vh, int* info) {
  const int m = static_cast<int>(a.rows), n = static_cast<int>(a.cols), k = std::min(m, n);
  std::fill_n(info, a.batch, 0);
  if (k == 0) return;
  const auto gesdd = lapack::choose<T>(dgesdd_, sgesdd_);
  const std::int64_t count = static_cast<std::int64_t>(m) * n;
  for_each_run(a.batch, 10.0 * m * n * k + 500, [&](std::int64_t begin, std::int64_t end) {
    const SingleThreadedBlas guard;
    int status = 0;
    std::vector<int> iwork(static_cast<std::size_t>(8 * k));
    std::vector<T> copy(static_cast<std::size_t>(count));
    std::vector<T> work = workspace<T>([&](T* to, int size) {
      gesdd("S", &n, &m, copy.data(), &n, s, vh, &n, u, &k, to, &size, iwork.data(), &status);
    });
    const int size = static_cast<int>(work.size());
    for (std::int64_t p = begin; p < end; ++p) {
      const T* from = static_cast<const T*>(a.data) + p * count;
      std::copy_n(from, count, copy.data());
      info[p] = matrix_not_finite;
      if (!std::all_of(from, from + count, is_finite<T>)) continue;
      gesdd("S", &n, &m, copy.data(), &n, s + p * k, vh + p * k * n, &n, u + p * m * k, &k,
            work.data(), &size, iwork.data(), &info[p]);
    }
  });
}

/// The QR decomposition of a tall matrix by those of blocks of its rows and of their triangles one
/// below the other: each fits the cache, and the threads share them.
template <class T>
void tall_qr(const T* a, std::int64_t m, std::int64_t n, T* q, T* r) {
  const std::int64_t rows = std::max<std::int64_t>(1024, 4 * n), blocks = m / rows;
  const DType dtype = dtype_of<T>::value;
  if (blocks < 2) return qr_of<T>({dtype, 1, m, n, a}, q, r);
  const std::int64_t rest = m - blocks * rows, stacked = blocks * n + rest;
  // What is left of the rows goes into the stack as it is.
  std::vector<T> stack(static_cast<std::size_t>(stacked * n)), turns(stack.size());
  qr_of<T>({dtype, blocks, rows, n, a}, q, stack.data());
  std::copy_n(a + blocks * rows * n, rest * n, stack.data() + blocks * n * n);
  tall_qr(stack.data(), stacked, n, turns.data(), r);
  std::vector<T> block_q(q, q + blocks * rows * n);
  matmul({dtype, blocks, rows, n, n, block_q.data(), rows * n, n, 1, turns.data(), n * n, n, 1, q});
  std::copy_n(turns.data() + blocks * n * n, rest * n, q + blocks * rows * n);
}

template <class T>
void qr_of_each(const Matrices& a, void* q, void* r) {
  T *to_q = static_cast<T*>(q), *to_r = static_cast<T*>(r);
  const std::int64_t m = a.rows, n = a.cols;
  if (n == 0 || m < std::max<std::int64_t>(2048, 8 * n)) return qr_of(a, to_q, to_r);
  for (std::int64_t p = 0; p < a.batch; ++p)
    tall_qr(static_cast<const T*>(a.data) + p * m * n, m, n, to_q + p * m * n, to_r + p * n * n);
}

}  // namespace

void cholesky(const Matrices& a, void* l, int* info) {
  if (a.dtype == DType::float64)
    cholesky_of(a, static_cast<double*>(l), info);
  else
    cholesky_of(a, static_cast<float*>(l), info);
}

void lu(const Matrices& a, void* factor, std::int64_t* rows, void* sign, void* log_abs_det,
        void* det, int* info) {
  visit_dtype(a.dtype, [&](auto value) {
    using T = decltype(value);
    if constexpr (std::is_floating_point_v<T>)
      lu_of<T>(a, {static_cast<T*>(factor), rows, static_cast<T*>(sign),
                   static_cast<T*>(log_abs_det), static_cast<T*>(det), info});
  });
}

void permute_rows(const Matrices& x, const std::int64_t* rows, bool inverse, void* out) {
  const std::int64_t n = x.rows;
  const std::size_t bytes = static_cast<std::size_t>(x.cols) * size_of(x.dtype);
  const char* from = static_cast<const char*>(x.data);
  char* to = static_cast<char*>(out);
  for_each_run(x.batch, static_cast<double>(n * x.cols), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin * n; i < end * n; ++i) {
      const std::int64_t other = i / n * n + rows[i];
      std::memcpy(to + bytes * static_cast<std::size_t>(inverse ? other : i),
                  from + bytes * static_cast<std::size_t>(inverse ? i : other), bytes);
    }
  });
}

void qr(const Matrices& a, void* q, void* r) {
  if (a.dtype == DType::float64)
    qr_of_each<double>(a, q, r);
  else
    qr_of_each<float>(a, q, r);
}

void eigh(const Matrices& a, void* values, void* vectors, int* info) {
  if (a.dtype == DType::float64)
    eigh_of(a, static_cast<double*>(values), static_cast<double*>(vectors), info);
  else
    eigh_of(a, static_cast<float*>(values), static_cast<float*>(vectors), info);
}

void svd(const Matrices& a, void* u, void* s, void* vh, int* info) {
  if (a.dtype == DType::float64)
    svd_of(a, static_cast<double*>(u), static_cast<double*>(s), static_cast<double*>(vh), info);
  else
    svd_of(a, static_cast<float*>(u), static_cast<float*>(s), static_cast<float*>(vh), info);
}

}  // namespace wald::kernels
