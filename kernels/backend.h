// What a device must offer to run wald's operations: one table of functions, the same for every
// device. Memory is given as raw pointers; sizes and strides count elements; outputs are contiguous
// unless they come with strides. Nothing here knows tensors.
#pragma once

#include <cstddef>
#include <cstdint>

#include <wald/kernels/dtype.h>

namespace wald::kernels {

/// A pointwise kernel of some device; its fields are the device's business.
struct PointwiseKernel;
bool has_dtype(const PointwiseKernel&, DType);
bool is_comparison(const PointwiseKernel&);

/// Memory read or written with one stride for each axis of the shape it goes with.
struct View {
  const void* data;
  const std::int64_t* stride;
};

struct Shape {
  int rank;
  const std::int64_t* size;
};

/// c = a b for each of `batch` pairs: a is m by k, b is k by n, c is m by n and contiguous.
/// Element (i, j) of the p-th a is at p * a_batch + i * a_row + j * a_col.
struct Matmul {
  DType dtype;  // float64 or float32
  std::int64_t batch, m, n, k;
  const void* a;
  std::int64_t a_batch, a_row, a_col;
  const void* b;
  std::int64_t b_batch, b_row, b_col;
  void* c;
};

/// Where a call's random numbers begin: the key of the generator and a counter of its blocks.
struct RandomPlace {
  std::uint64_t seed, position;
};
enum class RandomLaw : std::uint8_t { uniform, normal, exponential };

struct Backend {
  const char* name;
  void* (*allocate)(std::size_t bytes);  // null when out of memory
  void (*release)(void* p, std::size_t bytes);

  /// The kernel of a formula by its name; null if there is none.
  const PointwiseKernel* (*find_pointwise)(const char* name);
  /// `dtype` is that of the operands; a comparison writes booleans, one byte each.
  void (*pointwise)(const PointwiseKernel&, DType dtype, Shape, const View* in, void* out);

  /// Copies elements, converting between types. Both sides may be strided.
  void (*copy)(DType from, DType to, Shape, View in, View out);
  void (*fill)(DType, void* out, std::int64_t n, double value);

  /// Sums over the axes whose bit is set in `axes`, keeping the order of the others. float32 is
  /// accumulated in float64. The same bits for any number of threads.
  void (*sum)(DType, Shape, View in, std::uint64_t axes, void* out);
  void (*matmul)(const Matmul&);

  /// n random numbers of float64 or float32, each of the place and its index alone: uniform on
  /// (0, 1), standard normal, or exponential of rate 1. Two take one block.
  void (*random_real)(RandomLaw, DType, RandomPlace, std::int64_t n, void* out);
  /// Uniform on low ... low + range - 1, range from 1 on. Each takes one block.
  void (*random_integers)(RandomPlace, std::int64_t low, std::uint64_t range, std::int64_t n,
                          std::int64_t* out);
  /// Poisson counts with the given means. Each takes one block.
  void (*random_poisson)(RandomPlace, const double* mean, std::int64_t n, double* out);
};

const Backend& cpu_backend();

}  // namespace wald::kernels
