// Sums cut the summed elements into blocks of fixed length, add each block with vector accumulators
// and combine the blocks in a fixed tree, so that no bit depends on the number of threads.
#include "reduce.h"

#include <algorithm>
#include <vector>

#include "copy.h"
#include "loops.h"
#include "parallel.h"
#include "simd.h"

namespace wald::kernels {
namespace {

constexpr std::int64_t block = 4096;
constexpr std::int64_t block_rows = 256;
constexpr std::int64_t block_columns = 512;

double sum_block(const double* x, std::int64_t n) { return simd().sum_f64(x, n); }
double sum_block(const float* x, std::int64_t n) { return simd().sum_f32(x, n); }
void add_rows(const double* x, std::int64_t stride, std::int64_t rows, double* acc,
              std::int64_t n) {
  simd().add_rows_f64(x, stride, rows, acc, n);
}
void add_rows(const float* x, std::int64_t stride, std::int64_t rows, double* acc, std::int64_t n) {
  simd().add_rows_f32(x, stride, rows, acc, n);
}

/// The axes of a sum, apart: those that stay and those that are summed.
struct Axes {
  std::int64_t size[2][max_axes], stride[2][max_axes];
  int rank[2] = {0, 0};

  Axes(Shape shape, View in, std::uint64_t summed) {
    for (int axis = 0; axis < shape.rank; ++axis) {
      const int side = summed >> axis & 1;
      size[side][rank[side]] = shape.size[axis];
      stride[side][rank[side]++] = in.stride[axis];
    }
  }
  Nest nest(int side, const void* data) const {
    const View view{data, stride[side]};
    return Nest({rank[side], size[side]}, &view, 1);
  }
};

/// Each result is the sum of `n` contiguous elements that begin where `kept` says.
template <class T>
void sum_contiguous(const T* x, const Nest& kept, std::int64_t n, T* out) {
  const std::int64_t blocks = std::max<std::int64_t>(1, (n + block - 1) / block);
  std::vector<double> partial(blocks > 1 ? kept.count * blocks : 0);
  const std::int64_t items = kept.count * blocks;
  const std::int64_t per_task = std::max<std::int64_t>(1, 2 * block / std::max<std::int64_t>(n, 1));
  parallel_for((items + per_task - 1) / per_task, [&](std::int64_t task) {
    const std::int64_t end = std::min(items, (task + 1) * per_task);
    for (std::int64_t item = task * per_task; item < end; ++item) {
      const std::int64_t begin = item % blocks * block;
      const T* from = x + Cursor(kept, 0, item / blocks).offset() + begin;
      const double value = sum_block(from, std::min(block, n - begin));
      if (blocks > 1)
        partial[item] = value;
      else
        out[item] = static_cast<T>(value);
    }
  });
  if (blocks == 1) return;
  for (std::int64_t i = 0; i < kept.count; ++i) {
    tree_sum(&partial[i * blocks], blocks);
    out[i] = static_cast<T>(partial[i * blocks]);
  }
}

/// Result j is the sum over n rows of column j; rows are contiguous, `stride` apart.
template <class T>
void sum_columns(const T* x, std::int64_t columns, std::int64_t n, std::int64_t stride, T* out) {
  const std::int64_t blocks = (n + block_rows - 1) / block_rows;
  const std::int64_t strips = (columns + block_columns - 1) / block_columns;
  std::vector<double> partial(blocks * columns);
  parallel_for(blocks * strips, [&](std::int64_t task) {
    const std::int64_t b = task / strips, begin = task % strips * block_columns;
    add_rows(x + b * block_rows * stride + begin, stride, std::min(block_rows, n - b * block_rows),
             &partial[b * columns + begin], std::min(block_columns, columns - begin));
  });
  tree_sum(partial.data(), blocks, columns);
  for (std::int64_t j = 0; j < columns; ++j) out[j] = static_cast<T>(partial[j]);
}

template <class T>
void sum_floating(Shape shape, View in, std::uint64_t summed_axes, T* out) {
  const Axes axes(shape, in, summed_axes);
  const Nest kept = axes.nest(0, in.data), summed = axes.nest(1, in.data);
  const T* x = static_cast<const T*>(in.data);
  if (kept.count == 0) return;
  if (summed.count == 0) {
    std::fill(out, out + kept.count, T{0});
    return;
  }
  if (summed.is_contiguous(0)) return sum_contiguous(x, kept, summed.count, out);
  if (summed.is_splat(0)) {
    for (std::int64_t i = 0; i < kept.count; ++i)
      out[i] = static_cast<T>(static_cast<double>(x[Cursor(kept, 0, i).offset()]) *
                              static_cast<double>(summed.count));
    return;
  }
  if (kept.is_contiguous(0) && kept.count > 1 && summed.rank == 1)
    return sum_columns(x, kept.count, summed.count, summed.stride[0][0], out);

  // No simple order: bring the summed axes together first.
  std::vector<T> packed(kept.count * summed.count);
  std::int64_t size[max_axes], from[max_axes], to[max_axes];
  int rank = 0;
  for (int side : {0, 1})
    for (int i = 0; i < axes.rank[side]; ++i, ++rank) {
      size[rank] = axes.size[side][i];
      from[rank] = axes.stride[side][i];
    }
  std::int64_t stride = 1;
  for (int i = rank - 1; i >= 0; stride *= size[i--]) to[i] = stride;
  const DType dtype = dtype_of<T>::value;
  copy(dtype, dtype, {rank, size}, {x, from}, {packed.data(), to});
  const std::int64_t begins[] = {summed.count};
  const View view{packed.data(), begins};
  const std::int64_t kept_count[] = {kept.count};
  sum_contiguous(packed.data(), Nest({1, kept_count}, &view, 1), summed.count, out);
}

void sum_integers(Shape shape, View in, std::uint64_t summed_axes, std::int64_t* out) {
  const Axes axes(shape, in, summed_axes);
  const Nest kept = axes.nest(0, in.data), summed = axes.nest(1, in.data);
  const auto* x = static_cast<const std::int64_t*>(in.data);
  for (std::int64_t i = 0; i < kept.count; ++i) {
    const std::int64_t* from = x + Cursor(kept, 0, i).offset();
    std::uint64_t total = 0;  // wraps around as two's complement does
    for (std::int64_t j = 0; j < summed.count; ++j)
      total += static_cast<std::uint64_t>(from[Cursor(summed, 0, j).offset()]);
    out[i] = static_cast<std::int64_t>(total);
  }
}

}  // namespace

void tree_sum(double* x, std::int64_t n, std::int64_t width) {
  for (; n > 1; n = (n + 1) / 2)
    for (std::int64_t i = 0; i < n / 2 + n % 2; ++i)
      for (std::int64_t j = 0; j < width; ++j)
        x[i * width + j] = 2 * i + 1 < n ? x[2 * i * width + j] + x[(2 * i + 1) * width + j]
                                         : x[2 * i * width + j];
}

void sum(DType dtype, Shape shape, View in, std::uint64_t axes, void* out) {
  switch (dtype) {
    case DType::float64:
      return sum_floating(shape, in, axes, static_cast<double*>(out));
    case DType::float32:
      return sum_floating(shape, in, axes, static_cast<float*>(out));
    default:
      return sum_integers(shape, in, axes, static_cast<std::int64_t*>(out));
  }
}

}  // namespace wald::kernels
