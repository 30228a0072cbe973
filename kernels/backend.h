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

/// How an axis is made one value. float32 is accumulated in float64, int64 wraps around. Booleans
/// have sum (a count, int64), max ("any") and min ("all"). Of nothing: 0, 1, -inf, inf, 0. A nan is
/// the maximum and the minimum. `norm` is the root of the sum of squares, without overflow.
enum class Reduction : std::uint8_t { sum, prod, max, min, norm };

/// Running results y of an axis x: sums, products, logarithms of sums of exponentials (float64 and
/// float32), and y(i) = factor(i) y(i - 1) + x(i), where a y of exactly 0 stays 0 whatever the
/// factor. Reversed they run from the end.
enum class Scan : std::uint8_t { sum, prod, logsumexp, recurrence };

/// The logarithm of the sum of exponentials (the axis goes away); exp(x) over that sum, and its
/// logarithm; and the derivative of the first, which is the second with limits in place of nan: 0s
/// where all are -inf, equal shares for those that are +inf.
enum class Softmax : std::uint8_t { logsumexp, softmax, log_softmax, logsumexp_gradient };

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

  /// Reduces the axes whose bit is set in `axes`, keeping the order of the others. The same bits
  /// for any number of threads. See Reduction.
  void (*reduce)(Reduction, DType, Shape, View in, std::uint64_t axes, void* out);
  void (*matmul)(const Matmul&);

  /// Where along an axis the maximum or minimum (`kind`) first stands, as int64; a nan is the
  /// extreme. The axis is not empty.
  void (*arg_reduce)(Reduction kind, DType, Shape, View in, int axis, std::int64_t* out);
  /// Running results along an axis. `factor` is read by Scan::recurrence alone.
  void (*scan)(Scan, DType, Shape, View in, View factor, int axis, bool is_reverse, void* out);
  /// Sums of exponentials along an axis. float64 and float32.
  void (*softmax)(Softmax, DType, Shape, View in, int axis, void* out);
};

const Backend& cpu_backend();

}  // namespace wald::kernels
