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

  /// Moving by index. Indices are int64 and within range; the shape is that of the index. `out` of
  /// gather is contiguous: out[.., i, ..] = in[.., index[.., i, ..], ..] along `axis`. scatter goes
  /// the other way, out[.., index, ..] = source or += source, into what `out` (contiguous, of
  /// `out_shape`) holds; equal indices are taken in order, or in blocks of a number fixed by the
  /// shapes: the same bits for any number of threads. float32 is accumulated in float64.
  void (*gather)(DType, Shape, View in, int axis, View index, void* out);
  void (*scatter)(DType, bool add, Shape, View source, View index, int axis, Shape out_shape,
                  void* out);
  /// The least and the largest of at least one index.
  void (*index_bounds)(Shape, View index, std::int64_t* low, std::int64_t* high);
  /// The number of true elements; their places in row-major order, ascending, if `out` is given.
  std::int64_t (*places_of_true)(Shape, View mask, std::int64_t* out);
  /// The places of the first `keep` elements along the last axis in order, stably; nan counts as
  /// the largest number. `out` is contiguous.
  void (*argsort)(DType, Shape, View in, bool descending, std::int64_t keep, std::int64_t* out);
  /// For each value, how many elements of a sorted sequence lie before it (`right`: or equal it).
  /// The sequence of n elements, `step` apart, begins where `sequence` says for that value.
  void (*searchsorted)(DType, Shape, View sequence, std::int64_t n, std::int64_t step, View values,
                       bool right, std::int64_t* out);
};

const Backend& cpu_backend();

}  // namespace wald::kernels
