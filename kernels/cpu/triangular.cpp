// Systems of equations with triangular matrices, of batches: see Backend for the contract.
#include <cblas.h>

#include <vector>

#include "copy.h"
#include "decompositions.h"
#include "matrix_runs.h"

namespace wald::kernels {
namespace {

void trsm(CBLAS_SIDE side, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, int m, int n,
          const double* a, int lda, double* b, int ldb) {
  cblas_dtrsm(CblasRowMajor, side, uplo, trans, diag, m, n, 1.0, a, lda, b, ldb);
}
void trsm(CBLAS_SIDE side, CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, int m, int n,
          const float* a, int lda, float* b, int ldb) {
  cblas_strsm(CblasRowMajor, side, uplo, trans, diag, m, n, 1.0f, a, lda, b, ldb);
}
void trsv(CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, int n, const double* a, int lda,
          double* x) {
  cblas_dtrsv(CblasRowMajor, uplo, trans, diag, n, a, lda, x, 1);
}
void trsv(CBLAS_UPLO uplo, CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, int n, const float* a, int lda,
          float* x) {
  cblas_strsv(CblasRowMajor, uplo, trans, diag, n, a, lda, x, 1);
}

/// A triangular matrix as BLAS takes it: one of its strides is 1. `packed` is used if neither was.
template <class T>
struct BlasTriangle {
  const T* data;
  int stride;
  bool upper, is_transposed;

  BlasTriangle(const TriangularSolve& s, const T* a, std::vector<T>& packed) {
    const std::int64_t size[] = {s.n, s.n}, from[] = {s.a_row, s.a_col}, to[] = {s.n, 1};
    is_transposed = s.a_col != 1 && s.a_row == 1 && s.a_col >= s.n;
    if (!is_transposed && (s.a_col != 1 || s.a_row < s.n)) {
      packed.resize(static_cast<std::size_t>(s.n * s.n));
      copy(s.dtype, s.dtype, {2, size}, {a, from}, {packed.data(), to});
      data = packed.data();
      stride = static_cast<int>(s.n);
    } else {
      data = a;
      stride = static_cast<int>(is_transposed ? s.a_col : s.a_row);
    }
    upper = s.upper;
  }
  CBLAS_UPLO uplo() const { return upper != is_transposed ? CblasUpper : CblasLower; }
  CBLAS_TRANSPOSE order(bool transposed) const {
    return is_transposed != transposed ? CblasTrans : CblasNoTrans;
  }
};

template <class T>
void small_solve(const TriangularSolve& s, const T* a, T* x) {
  const std::int64_t n = s.n, k = s.k;
  for (std::int64_t step = 0; step < n; ++step) {
    const std::int64_t i = s.upper ? n - 1 - step : step;
    T* row = x + i * k;
    const std::int64_t first = s.upper ? i + 1 : 0, last = s.upper ? n : i;
    if (k == 1) {  // in a register
      T rest = x[i];
      for (std::int64_t j = first; j < last; ++j) rest -= a[i * s.a_row + j * s.a_col] * x[j];
      x[i] = s.unit ? rest : rest / a[i * (s.a_row + s.a_col)];
      continue;
    }
    for (std::int64_t j = first; j < last; ++j) {
      const T factor = a[i * s.a_row + j * s.a_col];
      for (std::int64_t q = 0; q < k; ++q) row[q] -= factor * x[j * k + q];
    }
    if (s.unit) continue;
    const T pivot = a[i * (s.a_row + s.a_col)];
    for (std::int64_t q = 0; q < k; ++q) row[q] /= pivot;
  }
}

template <class T>
class Solver {
 public:
  explicit Solver(const TriangularSolve& s) : s_(s) {}

  void run() const {
    if (s_.n == 0 || s_.k == 0) return;
    const double work = 0.5 * static_cast<double>(s_.n) * static_cast<double>(s_.n * s_.k);
    if (s_.n <= 16 && s_.k <= 64 && (s_.k > 1 || s_.a_batch != 0 || s_.batch < 8))
      return for_each_run(s_.batch, work + 10, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t p = begin; p < end; ++p) small_solve(s_, matrix(p), right(p));
      });
    if (s_.a_batch == 0 && s_.k == 1 && s_.batch > 1) return solve_rows();
    if (work > 1e6 && s_.k > 128) return solve_columns();
    for_each_run(s_.batch, work, [&](std::int64_t begin, std::int64_t end) {
      const SingleThreadedBlas guard;
      std::vector<T> packed;
      for (std::int64_t p = begin; p < end; ++p)
        solve(BlasTriangle<T>(s_, matrix(p), packed), right(p), s_.k);
    });
  }

 private:
  const T* matrix(std::int64_t p) const { return static_cast<const T*>(s_.a) + p * s_.a_batch; }
  T* right(std::int64_t p) const { return static_cast<T*>(s_.x) + p * s_.n * s_.k; }
  CBLAS_DIAG diagonal() const { return s_.unit ? CblasUnit : CblasNonUnit; }

  void solve(const BlasTriangle<T>& a, T* x, std::int64_t columns) const {
    const int n = static_cast<int>(s_.n), k = static_cast<int>(s_.k);
    if (k == 1) return trsv(a.uplo(), a.order(false), diagonal(), n, a.data, a.stride, x);
    trsm(CblasLeft, a.uplo(), a.order(false), diagonal(), n, static_cast<int>(columns), a.data,
         a.stride, x, k);
  }

  /// One matrix and a batch of vectors: these are the rows of a matrix, x a' = b.
  void solve_rows() const {
    std::vector<T> packed;
    const BlasTriangle<T> a(s_, matrix(0), packed);
    const std::int64_t block = 64;
    const int n = static_cast<int>(s_.n);
    parallel_for((s_.batch + block - 1) / block, [&](std::int64_t i) {
      const SingleThreadedBlas guard;
      const std::int64_t count = std::min(block, s_.batch - i * block);
      trsm(CblasRight, a.uplo(), a.order(true), diagonal(), static_cast<int>(count), n, a.data,
           a.stride, right(i * block), n);
    });
  }

  /// Many columns: blocks of them are tasks of their own.
  void solve_columns() const {
    const std::int64_t block = 128, blocks = (s_.k + block - 1) / block;
    for (std::int64_t p = 0; p < s_.batch; ++p) {
      std::vector<T> packed;
      const BlasTriangle<T> a(s_, matrix(p), packed);
      parallel_for(blocks, [&](std::int64_t i) {
        const SingleThreadedBlas guard;
        solve(a, right(p) + i * block, std::min(block, s_.k - i * block));
      });
    }
  }

  const TriangularSolve& s_;
};

template <class T>
void find_zeros(const TriangularSolve& s, int* info) {
  const T* a = static_cast<const T*>(s.a);
  for (std::int64_t p = 0; p < s.batch; ++p) {
    info[p] = p > 0 && s.a_batch == 0 ? info[0] : 0;
    for (std::int64_t i = 0; i < s.n && !info[p] && !s.unit; ++i)
      if (a[p * s.a_batch + i * (s.a_row + s.a_col)] == 0) info[p] = static_cast<int>(i + 1);
  }
}

}  // namespace

void triangular_solve(const TriangularSolve& s, int* info) {
  const bool is_double = s.dtype == DType::float64;
  if (info) is_double ? find_zeros<double>(s, info) : find_zeros<float>(s, info);
  is_double ? Solver<double>(s).run() : Solver<float>(s).run();
}

}  // namespace wald::kernels
