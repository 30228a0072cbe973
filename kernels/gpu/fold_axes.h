// Folds the axes of a tensor: what becomes one result is cut into pieces of fixed length, the
// threads of a block fold a piece in a fixed tree, and the results of pieces are folded in the same
// way. So no bit depends on the number of blocks, and no atomic operation is needed.
#pragma once

#include "elements.h"
#include "folds.h"
#include "memory.h"

namespace wald::gpu {
namespace {

/// Elements of memory, and results of pieces: what a second pass folds.
template <class Fold, class T>
WALD_DEVICE typename Fold::Result read(T x, std::int64_t place) {
  if constexpr (std::is_same_v<T, typename Fold::Result>)
    return x;
  else
    return Fold::of(x, place);
}

/// Folds the elements `begin`, `begin` + `step` ... before `end` of what becomes one result, in
/// this order. Along one axis some are loaded before the first is folded: a GPU's memory is fast
/// only while many loads are on their way.
template <class Fold, class T>
WALD_DEVICE typename Fold::Result fold_places(const T* x, const Nest& gone, std::int64_t begin,
                                              std::int64_t end, std::int64_t step) {
  constexpr int ahead = sizeof(T) >= 16 ? 2 : sizeof(T) >= 8 ? 4 : 8;
  typename Fold::Result result = Fold::nothing();
  std::int64_t i = begin;
  if (gone.rank == 1) {
    const std::int64_t stride = gone.stride[0][0];
    WALD_NOT_UNROLLED for (; i + (ahead - 1) * step < end; i += ahead * step) {
      T held[ahead];
      for (int k = 0; k < ahead; ++k) held[k] = x[(i + k * step) * stride];
      for (int k = 0; k < ahead; ++k)
        result = Fold::join(result, read<Fold>(held[k], i + k * step));
    }
  }
  WALD_NOT_UNROLLED for (; i < end; i += step)
    result = Fold::join(result, read<Fold>(x[offset_of(gone, i)], i));
  return result;
}

/// A result, or what is written of it in the end.
template <class Fold, class Out>
WALD_DEVICE Out written(typename Fold::Result x) {
  if constexpr (std::is_same_v<Out, typename Fold::Result>)
    return x;
  else
    return Fold::template finish<Out>(x);
}

constexpr std::int64_t row_piece = 8192;
constexpr int most_threads = 256;

/// One block for each piece of what becomes one result: pieces of `gone` for each of `kept`.
template <class Fold, class T, class Out>
struct FoldRows {
  using Cooperates = void;
  using A = typename Fold::Result;
  Nest kept, gone;
  std::int64_t pieces;
  const T* x;
  Out* out;  // [kept, pieces]

  WALD_DEVICE void operator()(const Thread& t) const {
    A* const partial = t.template shared<A>();
    WALD_NOT_UNROLLED for (std::int64_t b = t.block(); b < kept.count * pieces; b += t.blocks()) {
      const std::int64_t which = quotient(b, pieces), begin = (b - which * pieces) * row_piece;
      const T* const row = x + offset_of(kept, which);
      const std::int64_t end = begin + row_piece < gone.count ? begin + row_piece : gone.count;
      partial[t.index()] = fold_places<Fold>(row, gone, begin + t.index(), end, t.count());
      t.sync();
      fold_threads<Fold>(t, partial);
      if (t.index() == 0) out[b] = written<Fold, Out>(partial[0]);
      t.sync();
    }
  }
};

constexpr std::int64_t strip_height = 512;

/// One thread for each column of each strip of `strip_height` rows: neighbours read side by side.
template <class Fold, class T, class Out>
struct FoldColumns {
  using A = typename Fold::Result;
  Nest kept, gone;  // the columns are the last axis of `kept`
  std::int64_t strips;
  const T* x;
  Out* out;  // [strips, kept]

  WALD_DEVICE void operator()(const Thread& t) const {
    WALD_NOT_UNROLLED for (std::int64_t i = first(t); i < kept.count * strips; i += step(t)) {
      const std::int64_t strip = quotient(i, kept.count), begin = strip * strip_height;
      const T* const column = x + offset_of(kept, i - strip * kept.count);
      const std::int64_t end =
          begin + strip_height < gone.count ? begin + strip_height : gone.count;
      out[i] = written<Fold, Out>(fold_places<Fold>(column, gone, begin, end, 1));
    }
  }
};

/// An axis of n elements, `stride` apart.
inline Nest line(std::int64_t n, std::int64_t stride) {
  const kernels::View view{nullptr, &stride};
  return Nest({1, &n}, &view, 1);
}

/// Of a block that folds n elements: few where they are few.
inline int threads_for(std::int64_t n) {
  int threads = 32;
  while (threads < most_threads && threads * 8 < n) threads *= 2;
  return threads;
}

template <class Fold, class T, class Out>
Status fold_rows(int device, const Nest& kept, const Nest& gone, const T* x, Out* out,
                 Stream stream) {
  using A = typename Fold::Result;
  const std::int64_t pieces = gone.count == 0 ? 1 : (gone.count + row_piece - 1) / row_piece;
  Grid grid = grid_for(kept.count * pieces, 1);
  grid.threads = threads_for(gone.count);
  grid.shared_bytes = static_cast<std::size_t>(grid.threads) * sizeof(A);
  if (pieces == 1) return launch(FoldRows<Fold, T, Out>{kept, gone, 1, x, out}, grid, stream);
  const Scratch partial(device, static_cast<std::size_t>(kept.count * pieces) * sizeof(A));
  if (partial.status() != success) return partial.status();
  A* const p = partial.as<A>();
  const Status status = launch(FoldRows<Fold, T, A>{kept, gone, pieces, x, p}, grid, stream);
  if (status != success) return status;
  return fold_rows<Fold, A, Out>(device, line(kept.count, pieces), line(pieces, 1), p, out, stream);
}

template <class Fold, class T, class Out>
Status fold_columns(int device, const Nest& kept, const Nest& gone, const T* x, Out* out,
                    Stream stream) {
  using A = typename Fold::Result;
  const std::int64_t strips = gone.count == 0 ? 1 : (gone.count + strip_height - 1) / strip_height;
  const Grid grid = grid_for(kept.count * strips);
  if (strips == 1) return launch(FoldColumns<Fold, T, Out>{kept, gone, 1, x, out}, grid, stream);
  const Scratch partial(device, static_cast<std::size_t>(kept.count * strips) * sizeof(A));
  if (partial.status() != success) return partial.status();
  A* const p = partial.as<A>();
  const Status status = launch(FoldColumns<Fold, T, A>{kept, gone, strips, x, p}, grid, stream);
  if (status != success) return status;
  return fold_columns<Fold, A, Out>(device, line(kept.count, 1), line(strips, kept.count), p, out,
                                    stream);
}

/// The axes whose bit is set.
inline Nest axes_of(kernels::Shape shape, kernels::View in, std::uint64_t axes) {
  std::int64_t size[kernels::max_axes], stride[kernels::max_axes];
  int rank = 0;
  for (int axis = 0; axis < shape.rank; ++axis) {
    if (!(axes >> axis & 1)) continue;
    size[rank] = shape.size[axis];
    stride[rank++] = in.stride[axis];
  }
  const kernels::View view{in.data, stride};
  return Nest({rank, size}, &view, 1);
}

/// What is folded: the axes of `in` whose bit is set in `axes`, for each place on the others.
struct Folding {
  int device;
  Nest kept, gone;
  const void* in;
  void* out;
  Stream stream;

  Folding(int of, kernels::Shape shape, kernels::View x, std::uint64_t axes, void* to, Stream on)
      : device(of),
        kept(axes_of(shape, x, ~axes)),
        gone(axes_of(shape, x, axes)),
        in(x.data),
        out(to),
        stream(on) {}
};

template <class Fold, class T, class Out>
Status fold(const Folding& o) {
  const auto* x = static_cast<const T*>(o.in);
  auto* out = static_cast<Out*>(o.out);
  // Down columns where they lie closer together than what is folded, or that is short.
  const std::int64_t along = o.gone.stride[0][o.gone.rank - 1];
  const std::int64_t beside = o.kept.stride[0][o.kept.rank - 1];
  const auto size = [](std::int64_t stride) { return stride < 0 ? -stride : stride; };
  const bool by_columns = o.kept.count >= 32 && (size(beside) < size(along) || o.gone.count < 64);
  return by_columns ? fold_columns<Fold, T, Out>(o.device, o.kept, o.gone, x, out, o.stream)
                    : fold_rows<Fold, T, Out>(o.device, o.kept, o.gone, x, out, o.stream);
}

}  // namespace
}  // namespace wald::gpu
