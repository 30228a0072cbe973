// Copies and constants.
#include <wald/kernels/convert.h>

#include "elements.h"
#include "flat.h"

namespace wald::gpu {
namespace {

template <class To>
struct Convert {
  template <class From>
  WALD_DEVICE To operator()(From x) const {
    return kernels::convert<To>(x);
  }
};

template <class From, class To>
struct Copy {
  Nest nest;
  const From* from;
  To* to;

  WALD_DEVICE void operator()(const Thread& t) const {
    WALD_NOT_UNROLLED for (std::int64_t i = first(t); i < nest.count; i += step(t)) {
      std::int64_t at[2];
      find_offsets(nest, i, at);
      to[at[1]] = kernels::convert<To>(from[at[0]]);
    }
  }
};

/// A square of a matrix that one side reads down its columns, through shared memory, so that both
/// sides are read and written along their own rows.
template <class From, class To>
struct Transpose {
  using Cooperates = void;
  static constexpr int side = 32, threads = 256;
  static constexpr std::size_t shared_bytes = sizeof(To) * side * (side + 1);

  const From* from;  // element (i, j) at from[i + j * from_step]
  To* to;            // at to[i * to_step + j]
  std::int64_t rows, columns, from_step, to_step;

  WALD_DEVICE void operator()(const Thread& t) const {
    To* const tile = t.template shared<To>();
    const std::int64_t across = (columns + side - 1) / side;
    const std::int64_t tiles = across * ((rows + side - 1) / side);
    const int lane = t.index() % side, line = t.index() / side, lines = t.count() / side;
    for (std::int64_t b = t.block(); b < tiles; b += t.blocks()) {
      const std::int64_t row = b / across * side, column = b % across * side;
      for (int j = line; j < side; j += lines)
        if (row + lane < rows && column + j < columns)
          tile[j * (side + 1) + lane] =
              kernels::convert<To>(from[row + lane + (column + j) * from_step]);
      t.sync();
      for (int i = line; i < side; i += lines)
        if (row + i < rows && column + lane < columns)
          to[(row + i) * to_step + column + lane] = tile[lane * (side + 1) + i];
      t.sync();
    }
  }
};

template <class T>
struct Fill {
  T* out;
  std::int64_t n;
  T value;

  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t i = first(t); i < n; i += step(t)) out[i] = value;
  }
};

template <class From, class To>
Status copy_as(const kernels::Nest& nest, const void* in, void* out, Stream stream) {
  const auto* from = static_cast<const From*>(in);
  auto* to = static_cast<To*>(out);
  if (nest.is_contiguous(1) && (nest.is_contiguous(0) || nest.is_splat(0)))
    return launch_flat<Convert<To>, 2, To, From>(nest, &in, out, stream);
  const bool is_transposed =
      nest.rank == 2 && nest.stride[0][0] == 1 && nest.stride[1][1] == 1 && nest.stride[0][1] > 1;
  if (is_transposed) {
    using Kernel = Transpose<From, To>;
    const Kernel kernel{from, to, nest.size[0], nest.size[1], nest.stride[0][1], nest.stride[1][0]};
    Grid grid = grid_for(nest.count, Kernel::threads);
    grid.shared_bytes = Kernel::shared_bytes;
    return launch(kernel, grid, stream);
  }
  return launch(Copy<From, To>{nest, from, to}, grid_for(nest.count), stream);
}

}  // namespace

Status copy_elements(DType from, DType to, kernels::Shape shape, kernels::View in,
                     kernels::View out, Stream stream) {
  const kernels::View views[] = {in, out};
  const kernels::Nest nest(shape, views, 2);
  if (nest.count == 0) return success;
  void* const target = const_cast<void*>(out.data);
  if (from == to && nest.is_contiguous(0) && nest.is_contiguous(1))
    return copy(target, in.data, static_cast<std::size_t>(nest.count) * size_of(from), stream);
  return visit_dtype(from, [&](auto f) {
    return visit_dtype(to, [&](auto t) {
      return copy_as<decltype(f), decltype(t)>(nest, in.data, target, stream);
    });
  });
}

Status fill(DType dtype, void* out, std::int64_t n, double value, Stream stream) {
  if (n == 0) return success;
  return visit_dtype(dtype, [&](auto t) {
    using T = decltype(t);
    return launch(Fill<T>{static_cast<T*>(out), n, kernels::convert<T>(value)}, grid_for(n),
                  stream);
  });
}

}  // namespace wald::gpu
