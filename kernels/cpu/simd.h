// The functions that simd_*.cpp compile once for each instruction set, and how one set is chosen.
// Sizes and strides count elements.
#pragma once

#include <cstdint>

#include <wald/kernels/dtype.h>

namespace wald::kernels {

/// Computes n results. Bit i of `splat` says that in[i] points at one value for all of them;
/// the other operands and `out` are contiguous.
using RowKernel = void (*)(const void* const* in, unsigned splat, void* out, std::int64_t n);

enum class PointwiseKind : std::uint8_t { value, compare, choose };

/// A pointwise operation: its arity, and a kernel for each element type that it has (else null).
struct PointwiseKernel {
  const char* name;
  int arity;
  PointwiseKind kind;
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

/// What one instruction set offers.
struct Simd {
  static constexpr int capacity = 256;

  const char* name = nullptr;
  PointwiseKernel pointwise[capacity] = {};
  int pointwise_count = 0;
  double (*sum_f64)(const double* x, std::int64_t n) = nullptr;
  double (*sum_f32)(const float* x, std::int64_t n) = nullptr;
  /// acc[j] += the sum over r < rows of x[r * stride + j], for j < n.
  void (*add_rows_f64)(const double* x, std::int64_t stride, std::int64_t rows, double* acc,
                       std::int64_t n) = nullptr;
  void (*add_rows_f32)(const float* x, std::int64_t stride, std::int64_t rows, double* acc,
                       std::int64_t n) = nullptr;
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
