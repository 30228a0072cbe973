// How a reduction or a scan walks its axes: along rows that lie in one piece, or down columns that
// lie side by side, whichever reads memory in order.
#pragma once

#include <cstdint>
#include <cstdlib>

#include "loops.h"
#include "parallel.h"

namespace wald::kernels {

/// The axes of a tensor, apart: those that stay (`kept`) and those that are gone through (`gone`).
/// By columns, the last kept axis is walked by the kernel and is not in `kept`.
struct Axes {
  Nest kept, gone;
  bool is_by_columns = false;
  std::int64_t columns = 1, column_stride = 0;

  Axes(Shape shape, View in, std::uint64_t axes)
      : kept(side(shape, in, ~axes)), gone(side(shape, in, axes)) {
    constexpr std::int64_t short_row = 32;
    const int last = kept.rank - 1;
    const std::int64_t stride = gone.stride[0][gone.rank - 1], size = gone.size[gone.rank - 1];
    const bool is_short = size < short_row;
    if (kept.size[last] < 2 || (stride == 1 && !is_short)) return;
    if (!is_short && std::abs(kept.stride[0][last]) >= std::abs(stride)) return;
    is_by_columns = true;
    columns = kept.size[last];
    column_stride = kept.stride[0][last];
    if (columns > 0) kept.count /= columns;
    if (--kept.rank == 0) {
      kept.rank = 1;
      kept.size[0] = 1;
      kept.stride[0][0] = 0;
    }
  }

 private:
  static Nest side(Shape shape, View in, std::uint64_t axes) {
    std::int64_t size[max_axes], stride[max_axes];
    int rank = 0;
    for (int axis = 0; axis < shape.rank; ++axis) {
      if (!(axes >> axis & 1)) continue;
      size[rank] = shape.size[axis];
      stride[rank++] = in.stride[axis];
    }
    const View view{in.data, stride};
    return Nest({rank, size}, &view, 1);
  }
};

/// Calls body(begin, end) for ranges of `items`, each item of about `cost` elements, on several
/// threads if together they are many.
template <class Body>
void parallel_items(std::int64_t items, std::int64_t cost, const Body& body) {
  const std::int64_t each = std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(1, cost));
  parallel_for((items + each - 1) / each,
               [&](std::int64_t task) { body(task * each, std::min(items, (task + 1) * each)); });
}

/// Elements [begin, begin + n) of a nest, in row-major order, into `to`.
template <class T, class To>
void gather(const T* x, const Nest& nest, std::int64_t begin, std::int64_t n, To* to) {
  Cursor cursor(nest, 0, begin);
  while (n > 0) {
    const std::int64_t run = std::min(n, cursor.run()), stride = cursor.stride();
    const T* from = x + cursor.offset();
    if (stride == 1)
      for (std::int64_t i = 0; i < run; ++i) to[i] = static_cast<To>(from[i]);
    else
      for (std::int64_t i = 0; i < run; ++i) to[i] = static_cast<To>(from[i * stride]);
    cursor.advance(run);
    to += run;
    n -= run;
  }
}

}  // namespace wald::kernels
