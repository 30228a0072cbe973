// Matrix products: the shapes of statistics (very tall times very narrow) by the project's own
// vector kernels, the rest by OpenBLAS. Rows are cut into blocks of fixed size, each block is one
// single-threaded product, and partial sums over rows are combined in a fixed tree: the same bits
// for any number of threads.
#include "matmul.h"

#include <cblas.h>

#include <algorithm>
#include <vector>

#include "copy.h"
#include "matrix_runs.h"
#include "parallel.h"
#include "reduce.h"
#include "simd.h"

namespace wald::kernels {
namespace {

/// A matrix in memory: element (i, j) at data[i * row + j * col].
template <class T>
struct Matrix {
  const T* data;
  std::int64_t row, col;
  std::int64_t rows, cols;

  Matrix transposed() const { return {data, col, row, cols, rows}; }
  Matrix row_range(std::int64_t begin, std::int64_t n) const {
    return {data + begin * row, row, col, n, cols};
  }
  Matrix col_range(std::int64_t begin, std::int64_t n) const {
    return {data + begin * col, row, col, rows, n};
  }
};

/// A matrix as BLAS takes it, one of its strides being 1; copied if neither is.
template <class T>
class BlasMatrix {
 public:
  explicit BlasMatrix(Matrix<T> m) {
    if ((m.col != 1 && m.cols > 1) || (m.rows > 1 && m.row < m.cols)) {
      if ((m.row == 1 || m.rows == 1) && (m.cols <= 1 || m.col >= m.rows)) {
        m = m.transposed();
        is_transposed_ = true;
      } else {
        m = pack(m);
      }
    }
    data_ = m.data;
    stride_ = static_cast<int>(m.rows > 1 ? m.row : std::max<std::int64_t>(1, m.cols));
  }

  CBLAS_TRANSPOSE order() const { return is_transposed_ ? CblasTrans : CblasNoTrans; }
  bool is_transposed() const { return is_transposed_; }
  const T* data() const { return data_; }
  int stride() const { return stride_; }

 private:
  Matrix<T> pack(const Matrix<T>& m) {
    packed_.resize(m.rows * m.cols);
    const std::int64_t size[] = {m.rows, m.cols}, from[] = {m.row, m.col}, to[] = {m.cols, 1};
    const DType dtype = dtype_of<T>::value;
    copy(dtype, dtype, {2, size}, {m.data, from}, {packed_.data(), to});
    return {packed_.data(), m.cols, 1, m.rows, m.cols};
  }

  std::vector<T> packed_;
  const T* data_;
  int stride_;
  bool is_transposed_ = false;
};

void gemm(const BlasMatrix<double>& a, const BlasMatrix<double>& b, double* c, int stride, int m,
          int n, int k) {
  cblas_dgemm(CblasRowMajor, a.order(), b.order(), m, n, k, 1.0, a.data(), a.stride(), b.data(),
              b.stride(), 0.0, c, stride);
}
void gemm(const BlasMatrix<float>& a, const BlasMatrix<float>& b, float* c, int stride, int m,
          int n, int k) {
  cblas_sgemm(CblasRowMajor, a.order(), b.order(), m, n, k, 1.0f, a.data(), a.stride(), b.data(),
              b.stride(), 0.0f, c, stride);
}
void gemv(const BlasMatrix<double>& a, int m, int k, const double* x, int step, double* y) {
  const bool t = a.is_transposed();
  cblas_dgemv(CblasRowMajor, a.order(), t ? k : m, t ? m : k, 1.0, a.data(), a.stride(), x, step,
              0.0, y, 1);
}
void gemv(const BlasMatrix<float>& a, int m, int k, const float* x, int step, float* y) {
  const bool t = a.is_transposed();
  cblas_sgemv(CblasRowMajor, a.order(), t ? k : m, t ? m : k, 1.0f, a.data(), a.stride(), x, step,
              0.0f, y, 1);
}

void tall_times_small(const TallTimesSmall<double>& a) { simd().tall_times_small_f64(a); }
void tall_times_small(const TallTimesSmall<float>& a) { simd().tall_times_small_f32(a); }
void row_dots(const Matrix<double>& a, const double* x, double* y) {
  simd().row_dots_f64(a.data, a.row, x, y, a.rows, a.cols);
}
void row_dots(const Matrix<float>& a, const float* x, float* y) {
  simd().row_dots_f32(a.data, a.row, x, y, a.rows, a.cols);
}
void tall_cross(const TallCross<double>& a) { simd().tall_cross_f64(a); }
void tall_cross(const TallCross<float>& a) { simd().tall_cross_f32(a); }

/// c (contiguous rows `stride` apart) = a b on the calling thread, by BLAS.
template <class T>
void blas_product(const Matrix<T>& a, const Matrix<T>& b, T* c, std::int64_t stride) {
  if (b.cols == 1 && stride == 1 && a.col == 1 && b.row == 1) return row_dots(a, b.data, c);
  if (a.rows == 1 && b.row == 1 && a.col == 1) return row_dots(b.transposed(), a.data, c);
  const SingleThreadedBlas guard;
  const int m = static_cast<int>(a.rows), n = static_cast<int>(b.cols),
            k = static_cast<int>(a.cols);
  if (n == 1 && stride == 1 && b.row != 0)
    return gemv(BlasMatrix<T>(a), m, k, b.data, static_cast<int>(b.row), c);
  if (m == 1 && a.col != 0)
    return gemv(BlasMatrix<T>(b.transposed()), n, k, a.data, static_cast<int>(a.col), c);
  gemm(BlasMatrix<T>(a), BlasMatrix<T>(b), c, static_cast<int>(stride), m, n, k);
}

/// Both operands tall along the summed axis, one of them a vector: c = x' w by one call.
template <class T>
void cross_with_vector(const Matrix<T>& x, const Matrix<T>& w, T* c) {
  tall_cross({x.data, x.row, x.col, w.data, w.row, w.col, c, x.rows, static_cast<int>(x.cols), 1});
}

template <class T>
void tiny_product(const Matrix<T>& a, const Matrix<T>& b, T* c) {
  for (std::int64_t i = 0; i < a.rows; ++i)
    for (std::int64_t j = 0; j < b.cols; ++j) {
      T total = 0;
      for (std::int64_t l = 0; l < a.cols; ++l)
        total += a.data[i * a.row + l * a.col] * b.data[l * b.row + j * b.col];
      c[i * b.cols + j] = total;
    }
}

/// Both operands tall along the summed axis, the result small.
template <class T>
void cross_product(const Matrix<T>& a, const Matrix<T>& b, T* c) {
  const std::int64_t m = a.rows, n = b.cols, k = a.cols, size = m * n;
  const std::int64_t shortest = (m == 1 || n == 1) && size > 32 ? 512 : 2048;
  const std::int64_t block = std::max<std::int64_t>(shortest, (k / 512 + 63) / 64 * 64);
  const std::int64_t blocks = (k + block - 1) / block;
  const bool is_skinny = size <= 32;
  std::vector<T> products(blocks * size);
  parallel_for(blocks, [&](std::int64_t i) {
    const std::int64_t begin = i * block, rows = std::min(block, k - begin);
    const Matrix<T> x = a.col_range(begin, rows), w = b.row_range(begin, rows);
    T* out = &products[i * size];
    if (m == 1 && !is_skinny && w.col == 1)
      tall_cross({w.data, w.row, w.col, x.data, x.col, x.row, out, rows, static_cast<int>(n), 1});
    else if (is_skinny || (n == 1 && x.row == 1))
      tall_cross({x.data, x.col, x.row, w.data, w.row, w.col, out, rows, static_cast<int>(m),
                  static_cast<int>(n)});
    else
      blas_product(x, w, out, n);
  });
  std::vector<double> partial(products.begin(), products.end());
  tree_sum(partial.data(), blocks, size);
  for (std::int64_t i = 0; i < size; ++i) c[i] = static_cast<T>(partial[i]);
}

/// The most rows and columns of the small matrix of a tall product.
constexpr std::int64_t most_small_rows = 16, most_small_columns = 8;

/// x tall, b small: element (i, q) of the result goes to c[i * ci + q * cq].
template <class T>
void tall_product(const Matrix<T>& x, const Matrix<T>& b, T* c, std::int64_t ci, std::int64_t cq) {
  T small[most_small_rows * most_small_columns];
  for (std::int64_t j = 0; j < b.rows; ++j)
    for (std::int64_t q = 0; q < b.cols; ++q) small[j * b.cols + q] = b.data[j * b.row + q * b.col];
  constexpr std::int64_t block = 4096;
  parallel_for((x.rows + block - 1) / block, [&](std::int64_t i) {
    const std::int64_t begin = i * block;
    tall_times_small({x.data + begin * x.row, x.row, x.col, small, c + begin * ci, ci, cq,
                      std::min(block, x.rows - begin), static_cast<int>(b.rows),
                      static_cast<int>(b.cols)});
  });
}

/// Blocks of the longer side of the result, each by BLAS.
template <class T>
void blocked_product(const Matrix<T>& a, const Matrix<T>& b, T* c) {
  const std::int64_t m = a.rows, n = b.cols;
  const std::int64_t longer = std::max(m, n), work = std::min(m, n) * a.cols;
  // Each block copies the shorter operand for itself: few where there would be many.
  const std::int64_t least = longer >= 4096 ? 512 : longer >= 2048 ? 256 : 128;
  const std::int64_t block =
      std::clamp<std::int64_t>((1 << 18) / std::max<std::int64_t>(work, 1) / 64 * 64, least, 8192);
  parallel_for((longer + block - 1) / block, [&](std::int64_t i) {
    const std::int64_t begin = i * block, count = std::min(block, longer - begin);
    if (m >= n)
      blas_product(a.row_range(begin, count), b, c + begin * n, n);
    else
      blas_product(a, b.col_range(begin, count), c + begin, n);
  });
}

/// Tiles of the result, where both of its sides are long.
template <class T>
void tiled_product(const Matrix<T>& a, const Matrix<T>& b, T* c) {
  const std::int64_t m = a.rows, n = b.cols, height = m >= 2048 ? 512 : 256, width = 512;
  const std::int64_t across = (n + width - 1) / width;
  parallel_for((m + height - 1) / height * across, [&](std::int64_t tile) {
    const std::int64_t row = tile / across * height, col = tile % across * width;
    blas_product(a.row_range(row, std::min(height, m - row)),
                 b.col_range(col, std::min(width, n - col)), c + row * n + col, n);
  });
}

/// Whether BLAS takes it without a copy.
template <class T>
bool is_ready(const Matrix<T>& m) {
  return (m.col == 1 && m.row >= m.cols) || (m.row == 1 && m.col >= m.rows);
}

template <class T>
void product(const Matrix<T>& a, const Matrix<T>& b, T* c) {
  const std::int64_t m = a.rows, n = b.cols, k = a.cols, work = m * n * k;
  if (m == 0 || n == 0) return;
  if (k >= 16 && k < 2048 && n == 1 && m <= 32) return cross_with_vector(a.transposed(), b, c);
  if (k >= 16 && k < 2048 && m == 1 && n <= 32) return cross_with_vector(b, a.transposed(), c);
  if (work <= (m == 1 || n == 1 ? 256 : 64)) return tiny_product(a, b, c);
  if (k >= 2048 && m * n <= 16384) return cross_product(a, b, c);
  if (k <= most_small_rows && n <= most_small_columns && m >= 16)
    return tall_product(a, b, c, n, 1);
  if (k <= most_small_rows && m <= most_small_columns && n >= 16)
    return tall_product(b.transposed(), a.transposed(), c, 1, n);
  if (work <= 1024 && !(is_ready(a) && is_ready(b))) return tiny_product(a, b, c);
  if (m >= 1024 && n >= 1024 && k >= 64 && is_ready(a) && is_ready(b))
    return tiled_product(a, b, c);
  blocked_product(a, b, c);
}

template <class T>
void batched_product(Matmul p) {
  const T* a = static_cast<const T*>(p.a);
  const T* b = static_cast<const T*>(p.b);
  T* c = static_cast<T*>(p.c);
  if (p.batch > 1 && p.b_batch == 0 && (p.m == 1 || p.a_batch == p.m * p.a_row)) {
    if (p.m == 1) p.a_row = p.a_batch;
    p.m *= p.batch;
    p.batch = 1;
  }
  if (p.batch == 1)
    return product<T>({a, p.a_row, p.a_col, p.m, p.k}, {b, p.b_row, p.b_col, p.k, p.n}, c);
  // One matrix times a batch of vectors is one product: its rows are the vectors.
  if (p.batch > 1 && p.a_batch == 0 && p.n == 1)
    return product<T>({b, p.b_batch, p.b_row, p.batch, p.k}, {a, p.a_col, p.a_row, p.k, p.m}, c);
  const auto multiply = [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      product<T>({a + i * p.a_batch, p.a_row, p.a_col, p.m, p.k},
                 {b + i * p.b_batch, p.b_row, p.b_col, p.k, p.n}, c + i * p.m * p.n);
  };
  // Large products are cut up themselves; small ones go to the threads whole.
  const double work = static_cast<double>(p.m * p.n) * static_cast<double>(p.k);
  if (work > 1e7) return multiply(0, p.batch);
  for_each_run(p.batch, work + 20, [&](std::int64_t begin, std::int64_t end) {
    const SingleThreadedBlas guard;  // once for all
    multiply(begin, end);
  });
}

}  // namespace

void matmul(const Matmul& p) {
  if (p.dtype == DType::float64)
    batched_product<double>(p);
  else
    batched_product<float>(p);
}

}  // namespace wald::kernels
