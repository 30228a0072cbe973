// Reductions: what is reduced is cut into pieces of fixed length, the threads of a block fold a
// piece in a fixed tree, and the results of pieces are folded in the same way. So no bit depends on
// the number of blocks, and no atomic operation is needed.
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "elements.h"
#include "memory.h"

namespace wald::gpu {
namespace {

using kernels::Nest;
using kernels::Reduction;

constexpr double infinity = __builtin_inf();

// A fold: the results of nothing and of one element, and how two results become one.

template <class A>
struct Sum {
  using Result = A;
  template <class T>
  WALD_DEVICE static A of(T x) {
    return static_cast<A>(x);
  }
  WALD_DEVICE static A nothing() { return 0; }
  WALD_DEVICE static A join(A a, A b) { return a + b; }
};

template <class A>
struct Product {
  using Result = A;
  template <class T>
  WALD_DEVICE static A of(T x) {
    return static_cast<A>(x);
  }
  WALD_DEVICE static A nothing() { return 1; }
  WALD_DEVICE static A join(A a, A b) { return a * b; }
};

/// A nan is the extreme; of equal ones the first is kept.
template <class A, bool is_max>
struct Extreme {
  using Result = A;
  WALD_DEVICE static A of(A x) { return x; }
  WALD_DEVICE static A nothing() {
    if constexpr (std::is_same_v<A, bool>)
      return !is_max;
    else if constexpr (std::is_same_v<A, std::int64_t>)
      return is_max ? INT64_MIN : INT64_MAX;
    else
      return static_cast<A>(is_max ? -infinity : infinity);
  }
  WALD_DEVICE static A join(A a, A b) {
    const bool is_first = is_max ? a >= b : a <= b;
    return is_first || a != a ? a : b;
  }
};

/// largest^2 total: a sum of squares out of which the largest size is taken, so that it stays in
/// range.
struct Squares {
  double largest, total;
};
struct Norm {
  using Result = Squares;
  template <class T>
  WALD_DEVICE static Squares of(T x) {
    const double size = ::fabs(static_cast<double>(x));
    return {size, size > 0 ? 1.0 : 0.0};
  }
  WALD_DEVICE static Squares nothing() { return {0, 0}; }
  WALD_DEVICE static Squares join(Squares a, Squares b) {
    if (a.largest != a.largest || b.largest == 0) return a;
    if (b.largest != b.largest || a.largest == 0) return b;
    const Squares& high = a.largest >= b.largest ? a : b;
    const Squares& low = a.largest >= b.largest ? b : a;
    const double ratio = high.largest == infinity ? 0.0 : low.largest / high.largest;
    return {high.largest, high.total + low.total * (ratio * ratio)};
  }
};

template <class Out, class A>
WALD_DEVICE Out finish(A x) {
  if constexpr (std::is_same_v<A, Squares>)
    return static_cast<Out>(x.largest * ::sqrt(x.total));
  else
    return static_cast<Out>(x);
}

/// Elements of memory, and results of pieces: what a second pass folds.
template <class Fold, class T>
WALD_DEVICE typename Fold::Result read(const T* x, std::int64_t i) {
  if constexpr (std::is_same_v<T, typename Fold::Result>)
    return x[i];
  else
    return Fold::of(x[i]);
}

constexpr std::int64_t piece = 8192;
constexpr int threads = 256;

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
    for (std::int64_t b = t.block(); b < kept.count * pieces; b += t.blocks()) {
      const T* const row = x + offset_of(kept, 0, b / pieces);
      const std::int64_t begin = b % pieces * piece;
      const std::int64_t end = begin + piece < gone.count ? begin + piece : gone.count;
      A sum = Fold::nothing();
      for (std::int64_t i = begin + t.index(); i < end; i += t.count())
        sum = Fold::join(sum, read<Fold>(row, offset_of(gone, 0, i)));
      partial[t.index()] = sum;
      t.sync();
      for (int half = t.count() / 2; half > 0; half /= 2) {
        if (t.index() < half)
          partial[t.index()] = Fold::join(partial[t.index()], partial[t.index() + half]);
        t.sync();
      }
      if (t.index() == 0) {
        if constexpr (std::is_same_v<Out, A>)
          out[b] = partial[0];
        else
          out[b] = finish<Out>(partial[0]);
      }
      t.sync();
    }
  }
};

constexpr std::int64_t height = 512;

/// One thread for each column of each strip of `height` rows: neighbours read side by side.
template <class Fold, class T, class Out>
struct FoldColumns {
  using A = typename Fold::Result;
  Nest kept, gone;  // the columns are the last axis of `kept`
  std::int64_t strips;
  const T* x;
  Out* out;  // [strips, kept]

  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t i = first(t); i < kept.count * strips; i += step(t)) {
      const T* const column = x + offset_of(kept, 0, i % kept.count);
      const std::int64_t begin = i / kept.count * height;
      const std::int64_t end = begin + height < gone.count ? begin + height : gone.count;
      A sum = Fold::nothing();
      for (std::int64_t j = begin; j < end; ++j)
        sum = Fold::join(sum, read<Fold>(column, offset_of(gone, 0, j)));
      if constexpr (std::is_same_v<Out, A>)
        out[i] = sum;
      else
        out[i] = finish<Out>(sum);
    }
  }
};

/// A contiguous axis of n elements.
Nest line(std::int64_t n, std::int64_t stride) {
  const kernels::View view{nullptr, &stride};
  return Nest({1, &n}, &view, 1);
}

template <class Fold, class T, class Out>
Status fold_rows(int device, const Nest& kept, const Nest& gone, const T* x, Out* out,
                 Stream stream) {
  using A = typename Fold::Result;
  const std::int64_t pieces = gone.count == 0 ? 1 : (gone.count + piece - 1) / piece;
  Grid grid = grid_for(kept.count * pieces, 1);
  grid.threads = threads;
  grid.shared_bytes = threads * sizeof(A);
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
  const std::int64_t strips = gone.count == 0 ? 1 : (gone.count + height - 1) / height;
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

struct Operands {
  int device;
  Nest kept, gone;
  const void* in;
  void* out;
  Stream stream;
};

template <class Fold, class T, class Out>
Status fold(const Operands& o) {
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

template <class T>
Status reduce_as(Reduction kind, const Operands& o) {
  constexpr bool is_floating = std::is_floating_point_v<T>;
  using Wide = std::conditional_t<is_floating, double, std::int64_t>;
  using Total = std::conditional_t<is_floating, T, std::int64_t>;
  switch (kind) {
    case Reduction::sum:
      return fold<Sum<Wide>, T, Total>(o);
    case Reduction::prod:
      return fold<Product<Wide>, T, Total>(o);
    case Reduction::max:
      return fold<Extreme<T, true>, T, T>(o);
    case Reduction::min:
      return fold<Extreme<T, false>, T, T>(o);
    case Reduction::norm:
      break;
  }
  if constexpr (is_floating) return fold<Norm, T, T>(o);
  __builtin_trap();
}

/// The axes whose bit is set.
Nest axes_of(kernels::Shape shape, kernels::View in, std::uint64_t axes) {
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

}  // namespace

Status reduce(int device, Reduction kind, DType dtype, kernels::Shape shape, kernels::View in,
              std::uint64_t axes, void* out, Stream stream) {
  const Operands o{device, axes_of(shape, in, ~axes), axes_of(shape, in, axes), in.data, out,
                   stream};
  if (o.kept.count == 0) return success;
  return visit_dtype(dtype, [&](auto t) { return reduce_as<decltype(t)>(kind, o); });
}

}  // namespace wald::gpu
