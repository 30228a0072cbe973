// The functions that simd_*.cpp compile once for each instruction set, and how one set is chosen.
// Sizes and strides count elements.
#pragma once

#include <cstdint>

#include <wald/kernels/backend.h>

namespace wald::kernels {

/// Computes n results. Bit i of `splat` says that in[i] points at one value for all of them;
/// the other operands and `out` are contiguous.
using RowKernel = void (*)(const void* const* in, unsigned splat, void* out, std::int64_t n);

/// A pointwise operation with a kernel for each element type that it has (else null).
struct RowKernels : PointwiseKernel {
  RowKernel f64, f32, i64;

  RowKernel of(DType dtype) const {
    return dtype == DType::float64 ? f64 : dtype == DType::float32 ? f32 : i64;
  }
};

/// The product of a tall matrix with a small one: y(i, q) = sum over j of x(i, j) b(j, q).
/// Element (i, j) of x is x[i * xi + j * xj]; b is k by p, contiguous.
template <class T>
struct TallTimesSmall {
  const T* x;
  std::int64_t xi, xj;
  const T* b;
  T* y;
  std::int64_t yi, yq;
  std::int64_t rows;
  int k, p;
};

/// The product of two tall matrices over their rows: out(j, q) = sum over i of x(i, j) w(i, q).
template <class T>
struct TallCross {
  const T* x;
  std::int64_t xi, xj;
  const T* w;
  std::int64_t wi, wq;
  T* out;  // k by p, contiguous
  std::int64_t rows;
  int k, p;
};

/// How values are made one. Sums, squares and products of floats accumulate in float64; max and
/// min in the type of the values. Sums of booleans count in int64; max of them is "any", min "all".
enum class Fold : std::uint8_t { sum, prod, max, min, squares };

struct FoldKernel {
  /// *acc = the fold of n adjacent values.
  void (*row)(const void* x, std::int64_t n, void* acc);
  /// Folds x[r * row_stride + j * column_stride], r < rows, into acc[j], for j < n.
  void (*columns)(const void* x, std::int64_t row_stride, std::int64_t column_stride,
                  std::int64_t rows, void* acc, std::int64_t n);
};

/// What one instruction set offers.
struct Simd {
  static constexpr int capacity = 256;

  const char* name = nullptr;
  RowKernels pointwise[capacity] = {};
  int pointwise_count = 0;
  FoldKernel fold[5][4] = {};  // by Fold and DType
  /// By DType: the first place among n values where `value` stands (nan finds nan); n if nowhere.
  std::int64_t (*find[4])(const void* x, std::int64_t n, const void* value) = {};
  /// found[j] is the first row where x(row, j) is value[j], `rows` if there is none.
  void (*find_columns[4])(const void* x, std::int64_t row_stride, std::int64_t column_stride,
                          std::int64_t rows, const void* value, std::int64_t* found,
                          std::int64_t n) = {};
  /// v[i] = exp(v[i] - m), 1 where v[i] is m even if that is infinite. `count` gets the number of
  /// results that are 1, `tail` the sum of the others.
  void (*exp_row)(double* v, std::int64_t n, double m, double* tail, double* count) = nullptr;
  /// The same for each column of v [rows, width], its width a multiple of 8.
  void (*exp_columns)(double* v, std::int64_t rows, std::int64_t width, const double* m,
                      double* tail, double* count) = nullptr;
  void (*tall_times_small_f64)(const TallTimesSmall<double>&) = nullptr;
  void (*tall_times_small_f32)(const TallTimesSmall<float>&) = nullptr;
  /// y[i] = the sum over j < k of x[i * stride + j] v[j], for i < rows.
  void (*row_dots_f64)(const double* x, std::int64_t stride, const double* v, double* y,
                       std::int64_t rows, std::int64_t k) = nullptr;
  void (*row_dots_f32)(const float* x, std::int64_t stride, const float* v, float* y,
                       std::int64_t rows, std::int64_t k) = nullptr;
  void (*tall_cross_f64)(const TallCross<double>&) = nullptr;
  void (*tall_cross_f32)(const TallCross<float>&) = nullptr;
};

/// The sets by width: baseline, AVX2 with FMA, AVX-512.
const Simd& simd_baseline();
const Simd& simd_avx2();
const Simd& simd_avx512();

/// The widest set that this processor has. WALD_SIMD=baseline|avx2|avx512 in the environment asks
/// for a narrower one.
const Simd& simd();

/// The name of an entry of the translation unit that is being compiled, as in wald_dense_avx2.
#define WALD_SIMD_PASTE(part, set) part##_##set
#define WALD_SIMD_PASTE2(part, set) WALD_SIMD_PASTE(part, set)
#define WALD_SIMD_ENTRY(part) WALD_SIMD_PASTE2(part, WALD_SIMD_NAME)

}  // namespace wald::kernels
