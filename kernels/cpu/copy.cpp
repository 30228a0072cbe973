#include "copy.h"

#include <algorithm>
#include <cstdlib>

#include "../convert.h"
#include "parallel.h"
#include "runs.h"

namespace wald::kernels {
namespace {

template <class From, class To>
void copy_run(const From* from, std::int64_t from_stride, To* to, std::int64_t to_stride,
              std::int64_t n) {
  if (from_stride == 1 && to_stride == 1) {
    if constexpr (std::is_same_v<From, To>)
      std::memcpy(to, from, n * sizeof(To));
    else
      for (std::int64_t i = 0; i < n; ++i) to[i] = convert<To>(from[i]);
  } else if (from_stride == 0 && to_stride == 1) {
    std::fill(to, to + n, convert<To>(*from));
  } else {
    for (std::int64_t i = 0; i < n; ++i) to[i * to_stride] = convert<To>(from[i * from_stride]);
  }
}

/// Two axes that the operands walk in opposite order, as in a transposed matrix: `row` is the axis
/// along which the source is dense, the last axis that along which the target is (or the other way
/// round). -1 if there are none.
int crossing_axis(const Nest& nest) {
  constexpr std::int64_t smallest = 8;  // below it a tile does not pay
  const int last = nest.rank - 1;
  if (nest.size[last] < smallest) return -1;
  for (int side : {0, 1}) {
    if (std::abs(nest.stride[1 - side][last]) != 1 || std::abs(nest.stride[side][last]) <= 1)
      continue;
    for (int axis = 0; axis < last; ++axis)
      if (nest.stride[side][axis] == 1 && nest.size[axis] >= smallest) return axis;
  }
  return -1;
}

/// Copies tile by tile, through a buffer that both sides meet in their own order.
template <class From, class To>
class TiledCopy {
 public:
  TiledCopy(Nest nest, int row, const From* from, To* to)
      : rows_{nest.size[row], nest.stride[0][row], nest.stride[1][row]},
        columns_{nest.size[nest.rank - 1], nest.stride[0][nest.rank - 1],
                 nest.stride[1][nest.rank - 1]},
        others_(without(std::move(nest), row)),
        from_(from),
        to_(to) {}

  void run() const {
    const std::int64_t down = (rows_.size + tile - 1) / tile;
    const std::int64_t across = (columns_.size + tile - 1) / tile;
    const std::int64_t tiles = others_.count * down * across;
    constexpr std::int64_t each = 16;  // tiles of a task
    parallel_for((tiles + each - 1) / each, [&](std::int64_t task) {
      for (std::int64_t t = task * each; t < std::min(tiles, (task + 1) * each); ++t) {
        const std::int64_t other = t / (down * across);
        copy_tile(Cursor(others_, 0, other).offset(), Cursor(others_, 1, other).offset(),
                  t / across % down * tile, t % across * tile);
      }
    });
  }

 private:
  static constexpr std::int64_t tile = 32;
  struct Axis {
    std::int64_t size, from, to;
  };

  static Nest without(Nest nest, int row) {
    Nest rest = nest;
    rest.rank = 0;
    rest.count = 1;
    for (int axis = 0; axis < nest.rank - 1; ++axis) {
      if (axis == row) continue;
      rest.size[rest.rank] = nest.size[axis];
      rest.count *= nest.size[axis];
      for (int o : {0, 1}) rest.stride[o][rest.rank] = nest.stride[o][axis];
      ++rest.rank;
    }
    if (rest.rank == 0) {
      rest.size[rest.rank++] = 1;
      for (int o : {0, 1}) rest.stride[o][0] = 0;
    }
    return rest;
  }

  void copy_tile(std::int64_t from_offset, std::int64_t to_offset, std::int64_t row,
                 std::int64_t column) const {
    const From* from = from_ + from_offset + row * rows_.from + column * columns_.from;
    To* to = to_ + to_offset + row * rows_.to + column * columns_.to;
    const std::int64_t m = std::min(tile, rows_.size - row);
    const std::int64_t n = std::min(tile, columns_.size - column);
    From buffer[tile][tile];
    if (rows_.from == 1) {
      for (std::int64_t j = 0; j < n; ++j)
        for (std::int64_t i = 0; i < m; ++i) buffer[i][j] = from[i + j * columns_.from];
      for (std::int64_t i = 0; i < m; ++i)
        copy_run(buffer[i], 1, to + i * rows_.to, columns_.to, n);
    } else {
      for (std::int64_t i = 0; i < m; ++i)
        copy_run(from + i * rows_.from, columns_.from, buffer[i], 1, n);
      for (std::int64_t j = 0; j < n; ++j)
        copy_run(&buffer[0][j], tile, to + j * columns_.to, rows_.to, m);
    }
  }

  Axis rows_, columns_;
  Nest others_;
  const From* from_;
  To* to_;
};

template <class From, class To>
void copy_as(const Nest& nest, const From* from, To* to) {
  if (const int row = crossing_axis(nest); row >= 0)
    return TiledCopy<From, To>(nest, row, from, to).run();
  const std::int64_t from_stride = nest.stride[0][nest.rank - 1];
  const std::int64_t to_stride = nest.stride[1][nest.rank - 1];
  parallel_ranges(nest.count, [&](std::int64_t begin, std::int64_t end) {
    for_each_run(nest, begin, end, [&](const std::int64_t* at, std::int64_t n) {
      copy_run(from + at[0], from_stride, to + at[1], to_stride, n);
    });
  });
}

}  // namespace

void copy(DType from, DType to, Shape shape, View in, View out) {
  const View both[] = {in, out};
  const Nest nest(shape, both, 2);
  if (nest.count == 0) return;
  visit_dtype(from, [&](auto from_value) {
    visit_dtype(to, [&](auto to_value) {
      copy_as(nest, static_cast<const decltype(from_value)*>(in.data),
              static_cast<decltype(to_value)*>(const_cast<void*>(out.data)));
    });
  });
}

void fill(DType dtype, void* out, std::int64_t n, double value) {
  visit_dtype(dtype, [&](auto type) {
    using T = decltype(type);
    T* to = static_cast<T*>(out);
    parallel_ranges(n, [&](std::int64_t begin, std::int64_t end) {
      std::fill(to + begin, to + end, convert<T>(value));
    });
  });
}

}  // namespace wald::kernels
