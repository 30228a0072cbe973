// The functions that simd.cpp compiles once for each instruction set, and how one set is chosen.
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
  const char* name;
  const PointwiseKernel* pointwise;
  int pointwise_count;
  double (*sum_f64)(const double* x, std::int64_t n);
  double (*sum_f32)(const float* x, std::int64_t n);
  /// acc[j] += the sum over r < rows of x[r * stride + j], for j < n.
  void (*add_rows_f64)(const double* x, std::int64_t stride, std::int64_t rows, double* acc,
                       std::int64_t n);
  void (*add_rows_f32)(const float* x, std::int64_t stride, std::int64_t rows, double* acc,
                       std::int64_t n);
  void (*tall_times_small_f64)(const TallTimesSmall<double>&);
  void (*tall_times_small_f32)(const TallTimesSmall<float>&);
  void (*tall_cross_f64)(const TallCross<double>&);
  void (*tall_cross_f32)(const TallCross<float>&);
};

extern "C" {
const Simd* wald_simd_baseline();
const Simd* wald_simd_avx2();
const Simd* wald_simd_avx512();
}

/// The widest set that this processor has. WALD_SIMD=baseline|avx2|avx512 in the environment asks
/// for a narrower one.
const Simd& simd();

}  // namespace wald::kernels
