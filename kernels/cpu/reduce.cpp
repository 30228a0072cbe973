// Reductions cut what is reduced into blocks of fixed length, fold each block with vector
// accumulators and combine the blocks in a fixed order, sums in a tree, so that no bit depends on
// the number of threads.
#include "reduce.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "axes.h"
#include "simd.h"

namespace wald::kernels {
namespace {

constexpr std::int64_t block = 4096;
constexpr std::int64_t block_rows = 256;
constexpr std::int64_t block_columns = 512;

const FoldKernel& kernel_of(Fold fold, DType dtype) {
  return simd().fold[static_cast<int>(fold)][static_cast<int>(dtype)];
}

/// What folds the results of blocks.
Fold joining(Fold fold) { return fold == Fold::squares ? Fold::sum : fold; }

template <class A>
A identity(Fold fold) {
  using Limits = std::numeric_limits<A>;
  switch (fold) {
    case Fold::sum:
    case Fold::squares:
      return 0;
    case Fold::prod:
      return 1;
    case Fold::max:
      return Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
    case Fold::min:
      break;
  }
  return Limits::has_infinity ? Limits::infinity() : Limits::max();
}

/// Makes `n` rows of `width` partial results one, in x[0 .. width].
template <class A>
void join(Fold fold, A* x, std::int64_t n, std::int64_t width) {
  if constexpr (std::is_same_v<A, double>)
    if (joining(fold) == Fold::sum) return tree_sum(x, n, width);
  using Element = std::conditional_t<std::is_same_v<A, std::uint8_t>, bool, A>;
  kernel_of(joining(fold), dtype_of<Element>::value).columns(x + width, width, 1, n - 1, x, width);
}

/// A fold of elements T, accumulated in A.
template <class T, class A>
struct Folding {
  Fold fold;
  const Axes& axes;
  const T* x;
  A* out;
  const FoldKernel& kernel = kernel_of(
      fold, dtype_of<std::conditional_t<std::is_same_v<T, std::uint8_t>, bool, T>>::value);

  void rows() const {
    const std::int64_t n = axes.gone.count, blocks = (n + block - 1) / block;
    std::vector<A> partial(blocks > 1 ? axes.kept.count * blocks : 0);
    A* const to = blocks > 1 ? partial.data() : out;
    const bool is_contiguous = axes.gone.is_contiguous(0);
    parallel_items(
        axes.kept.count * blocks, std::min(n, block), [&](std::int64_t item, std::int64_t end) {
          T buffer[block];
          Cursor at(axes.kept, 0, item / blocks);
          for (; item < end; ++item) {
            const std::int64_t begin = item % blocks * block, length = std::min(block, n - begin);
            const T* from = x + at.offset();
            if (!is_contiguous) gather(from, axes.gone, begin, length, buffer);
            kernel.row(is_contiguous ? from + begin : buffer, length, to + item);
            if (item % blocks == blocks - 1) at.advance(1);
          }
        });
    if (blocks == 1) return;
    for (std::int64_t i = 0; i < axes.kept.count; ++i) {
      join(fold, &partial[i * blocks], blocks, 1);
      out[i] = partial[i * blocks];
    }
  }

  void columns() const {
    const std::int64_t n = axes.gone.count, width = axes.columns;
    const std::int64_t height = std::max(block_rows, 2 * block / width);
    const std::int64_t blocks = (n + height - 1) / height;
    const std::int64_t strips = (width + block_columns - 1) / block_columns;
    std::vector<A> partial(blocks > 1 ? axes.kept.count * blocks * width : 0);
    A* const to = blocks > 1 ? partial.data() : out;
    parallel_items(
        axes.kept.count * blocks * strips, std::min(n, height) * std::min(width, block_columns),
        [&](std::int64_t item, std::int64_t end) {
          for (; item < end; ++item) {
            const std::int64_t strip = item % strips * block_columns;
            const std::int64_t b = item / strips % blocks;
            const std::int64_t outer = item / strips / blocks;
            const T* from = x + Cursor(axes.kept, 0, outer).offset() + strip * axes.column_stride;
            fold_strip(from, b * height, std::min(n, (b + 1) * height),
                       to + (outer * blocks + b) * width + strip,
                       std::min(block_columns, width - strip));
          }
        });
    if (blocks == 1) return;
    for (std::int64_t i = 0; i < axes.kept.count; ++i) {
      A* const its = &partial[i * blocks * width];
      join(fold, its, blocks, width);
      std::copy_n(its, width, out + i * width);
    }
  }

  void fold_strip(const T* from, std::int64_t begin, std::int64_t end, A* acc,
                  std::int64_t width) const {
    std::fill_n(acc, width, identity_of_fold());
    Cursor at(axes.gone, 0, begin);
    while (begin < end) {
      const std::int64_t run = std::min(end - begin, at.run());
      kernel.columns(from + at.offset(), at.stride(), axes.column_stride, run, acc, width);
      at.advance(run);
      begin += run;
    }
  }

  A identity_of_fold() const {
    if constexpr (std::is_same_v<A, std::uint8_t>)
      return fold == Fold::min;
    else
      return identity<A>(fold);
  }

  void operator()() const {
    const std::int64_t width = axes.is_by_columns ? axes.columns : 1;
    if (axes.kept.count == 0 || width == 0) return;
    if (axes.gone.count == 0)
      std::fill_n(out, axes.kept.count * width, identity_of_fold());
    else if (axes.is_by_columns)
      columns();
    else
      rows();
  }
};

/// The sum of one value `count` times for each that is kept.
template <class T>
void repeat_sum(const Nest& kept, const T* x, std::int64_t count, double* out) {
  if (kept.count == 0) return;
  Cursor at(kept, 0, 0);
  for (std::int64_t i = 0; i < kept.count; ++i, at.advance(1))
    out[i] = static_cast<double>(x[at.offset()]) * static_cast<double>(count);
}

/// The root of a sum of squares that left the range of float64, by way of the largest size.
template <class T>
double scaled_norm(const T* x, const Nest& gone) {
  double largest = 0, total = 0;
  Cursor at(gone, 0, 0);
  for (std::int64_t i = 0; i < gone.count; ++i, at.advance(1)) {
    const double size = std::fabs(static_cast<double>(x[at.offset()]));
    if (std::isnan(size)) return size;
    largest = std::max(largest, size);
  }
  if (largest == 0 || std::isinf(largest)) return largest;
  Cursor again(gone, 0, 0);
  for (std::int64_t i = 0; i < gone.count; ++i, again.advance(1)) {
    const double part = static_cast<double>(x[again.offset()]) / largest;
    total += part * part;
  }
  return largest * std::sqrt(total);
}

/// Roots of sums of squares; those that over- or underflowed are computed again.
template <class T>
void finish_norm(Shape shape, View in, std::uint64_t axes, double* out) {
  std::int64_t kept_size[max_axes], kept_stride[max_axes], size[max_axes], stride[max_axes];
  int kept_rank = 0, rank = 0;
  for (int axis = 0; axis < shape.rank; ++axis) {
    const bool is_gone = axes >> axis & 1;
    (is_gone ? size[rank] : kept_size[kept_rank]) = shape.size[axis];
    (is_gone ? stride[rank++] : kept_stride[kept_rank++]) = in.stride[axis];
  }
  const View kept_view{in.data, kept_stride}, view{in.data, stride};
  const Nest kept({kept_rank, kept_size}, &kept_view, 1), gone({rank, size}, &view, 1);
  const T* x = static_cast<const T*>(in.data);
  for (std::int64_t i = 0; i < kept.count; ++i) {
    const bool is_safe = out[i] > 1e-280 && out[i] < std::numeric_limits<double>::infinity();
    out[i] = is_safe || gone.count == 0 ? std::sqrt(out[i])
                                        : scaled_norm(x + Cursor(kept, 0, i).offset(), gone);
  }
}

Fold fold_of(Reduction kind) {
  switch (kind) {
    case Reduction::sum:
      return Fold::sum;
    case Reduction::prod:
      return Fold::prod;
    case Reduction::max:
      return Fold::max;
    case Reduction::min:
      return Fold::min;
    case Reduction::norm:
      break;
  }
  return Fold::squares;
}

/// Sums, products and norms of floats, which accumulate in float64.
template <class T>
void reduce_widely(Reduction kind, Shape shape, View in, std::uint64_t which, T* out) {
  const Axes axes(shape, in, which);
  const T* x = static_cast<const T*>(in.data);
  const std::int64_t count = axes.kept.count * axes.columns;
  std::vector<double> wide(std::is_same_v<T, double> ? 0 : count);
  double* to;
  if constexpr (std::is_same_v<T, double>)
    to = out;
  else
    to = wide.data();
  const bool repeats = axes.gone.is_splat(0) && axes.gone.count > 0 && !axes.is_by_columns;
  if (kind == Reduction::sum && repeats)
    repeat_sum(axes.kept, x, axes.gone.count, to);
  else
    Folding<T, double>{fold_of(kind), axes, x, to}();
  if (kind == Reduction::norm) finish_norm<T>(shape, in, which, to);
  if constexpr (!std::is_same_v<T, double>)
    for (std::int64_t i = 0; i < count; ++i) out[i] = static_cast<T>(to[i]);
}

/// The rest, which accumulate in the type of the result.
template <class T, class A>
void reduce_in_kind(Reduction kind, Shape shape, View in, std::uint64_t which, void* out) {
  const Axes axes(shape, in, which);
  Folding<T, A>{fold_of(kind), axes, static_cast<const T*>(in.data), static_cast<A*>(out)}();
}

/// Where the extreme of an axis first stands, and what it is.
template <class T>
struct Finding {
  Fold fold;
  const Axes& axes;
  const T* x;
  std::int64_t* out;
  static constexpr int dtype = static_cast<int>(dtype_of<T>::value);
  const FoldKernel& kernel = kernel_of(fold, dtype_of<T>::value);

  bool is_better(T a, T b) const {
    if (b != b) return false;
    return a != a || (fold == Fold::max ? a > b : a < b);
  }
  /// The first of the best among `blocks` partial results, `width` apart.
  std::int64_t best(const T* value, const std::int64_t* index, std::int64_t blocks,
                    std::int64_t width) const {
    std::int64_t at = 0;
    for (std::int64_t b = 1; b < blocks; ++b)
      if (is_better(value[b * width], value[at * width])) at = b;
    return index[at * width];
  }

  void rows() const {
    const std::int64_t n = axes.gone.count, blocks = (n + block - 1) / block;
    const std::int64_t items = axes.kept.count * blocks;
    std::vector<T> value(items);
    std::vector<std::int64_t> index(items);
    const bool is_contiguous = axes.gone.is_contiguous(0);
    parallel_items(items, std::min(n, block), [&](std::int64_t item, std::int64_t end) {
      T buffer[block];
      Cursor at(axes.kept, 0, item / blocks);
      for (; item < end; ++item) {
        const std::int64_t begin = item % blocks * block, length = std::min(block, n - begin);
        const T* from = x + at.offset() + begin;
        if (!is_contiguous) gather(x + at.offset(), axes.gone, begin, length, buffer);
        if (!is_contiguous) from = buffer;
        kernel.row(from, length, &value[item]);
        index[item] = begin + simd().find[dtype](from, length, &value[item]);
        if (item % blocks == blocks - 1) at.advance(1);
      }
    });
    for (std::int64_t i = 0; i < axes.kept.count; ++i)
      out[i] = best(&value[i * blocks], &index[i * blocks], blocks, 1);
  }

  void columns() const {
    constexpr std::int64_t wide = 128;
    const std::int64_t n = axes.gone.count, width = axes.columns;
    const std::int64_t height = std::max(block_rows, block / width);
    const std::int64_t blocks = (n + height - 1) / height, strips = (width + wide - 1) / wide;
    std::vector<T> value(axes.kept.count * blocks * width);
    std::vector<std::int64_t> index(value.size());
    const std::int64_t stride = axes.gone.stride[0][axes.gone.rank - 1];
    parallel_items(axes.kept.count * blocks * strips, std::min(n, height) * std::min(width, wide),
                   [&](std::int64_t item, std::int64_t end) {
                     for (; item < end; ++item) {
                       const std::int64_t strip = item % strips * wide;
                       const std::int64_t b = item / strips % blocks;
                       const std::int64_t outer = item / strips / blocks;
                       const std::int64_t rows = std::min(height, n - b * height);
                       const std::int64_t m = std::min(wide, width - strip);
                       const T* from = x + Cursor(axes.kept, 0, outer).offset() +
                                       strip * axes.column_stride + b * height * stride;
                       const std::int64_t to = (outer * blocks + b) * width + strip;
                       std::fill_n(&value[to], m, identity<T>(fold));
                       kernel.columns(from, stride, axes.column_stride, rows, &value[to], m);
                       simd().find_columns[dtype](from, stride, axes.column_stride, rows,
                                                  &value[to], &index[to], m);
                       for (std::int64_t j = 0; j < m; ++j) index[to + j] += b * height;
                     }
                   });
    for (std::int64_t i = 0; i < axes.kept.count; ++i)
      for (std::int64_t j = 0; j < width; ++j)
        out[i * width + j] =
            best(&value[i * blocks * width + j], &index[i * blocks * width + j], blocks, width);
  }
};

template <class T>
void find_extreme(Reduction kind, Shape shape, View in, int axis, std::int64_t* out) {
  const Axes axes(shape, in, std::uint64_t{1} << axis);
  if (axes.kept.count == 0 || axes.columns == 0) return;
  const Finding<T> finding{fold_of(kind), axes, static_cast<const T*>(in.data), out};
  axes.is_by_columns ? finding.columns() : finding.rows();
}

}  // namespace

void tree_sum(double* x, std::int64_t n, std::int64_t width) {
  for (; n > 1; n = (n + 1) / 2)
    for (std::int64_t i = 0; i < n / 2 + n % 2; ++i)
      for (std::int64_t j = 0; j < width; ++j)
        x[i * width + j] = 2 * i + 1 < n ? x[2 * i * width + j] + x[(2 * i + 1) * width + j]
                                         : x[2 * i * width + j];
}

void reduce(Reduction kind, DType dtype, Shape shape, View in, std::uint64_t axes, void* out) {
  const bool is_extreme = kind == Reduction::max || kind == Reduction::min;
  switch (dtype) {
    case DType::float64:
      return reduce_widely(kind, shape, in, axes, static_cast<double*>(out));
    case DType::float32:
      if (is_extreme) return reduce_in_kind<float, float>(kind, shape, in, axes, out);
      return reduce_widely(kind, shape, in, axes, static_cast<float*>(out));
    case DType::int64:
      return reduce_in_kind<std::int64_t, std::int64_t>(kind, shape, in, axes, out);
    case DType::boolean:
      if (is_extreme) return reduce_in_kind<std::uint8_t, std::uint8_t>(kind, shape, in, axes, out);
      return reduce_in_kind<std::uint8_t, std::int64_t>(kind, shape, in, axes, out);
  }
}

void arg_reduce(Reduction kind, DType dtype, Shape shape, View in, int axis, std::int64_t* out) {
  switch (dtype) {
    case DType::float64:
      return find_extreme<double>(kind, shape, in, axis, out);
    case DType::float32:
      return find_extreme<float>(kind, shape, in, axis, out);
    default:
      return find_extreme<std::int64_t>(kind, shape, in, axis, out);
  }
}

}  // namespace wald::kernels
