// Scans: one thread goes down each line where there are many; else lines are cut into tiles of
// fixed length, what each tile does to a running state is found first, then, in the same way, the
// states before the tiles, then the results.
#include "fold_axes.h"
#include "lines.h"

namespace wald::gpu {
namespace {

using kernels::Scan;

constexpr int threads = 256;

/// y = factor y + x, where a y of exactly 0 stays 0 whatever the factor. `scale` is the product of
/// the factors.
struct Recurrence {
  struct Result {
    double value, scale;
  };
  template <class T>
  WALD_DEVICE static Result of(T x, T factor) {
    return {static_cast<double>(x), static_cast<double>(factor)};
  }
  WALD_DEVICE static Result nothing() { return {0, 1}; }
  WALD_DEVICE static double times(double factor, double y) { return y == 0 ? 0 : factor * y; }
  WALD_DEVICE static Result join(Result a, Result b) {
    return {times(b.scale, a.value) + b.value, times(b.scale, a.scale)};
  }
  template <class Out>
  WALD_DEVICE static Out finish(Result x) {
    return static_cast<Out>(x.value);
  }
};

template <class Fold, class T>
constexpr bool has_factor = std::is_same_v<Fold, Recurrence>&& std::is_floating_point_v<T>;

template <class T>
struct Scanned {
  Nest begins;  // x, factor, out
  std::int64_t n, step[3];
  const T *x, *factor;
  T* out;
};

template <class Fold, class T>
WALD_DEVICE typename Fold::Result element(const T* x, const T* factor) {
  if constexpr (std::is_same_v<T, typename Fold::Result>)
    return *x;
  else if constexpr (has_factor<Fold, T>)
    return Fold::of(*x, *factor);
  else
    return Fold::of(*x, 0);
}

template <class Fold, class T>
struct ScanLines : Scanned<T> {
  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t line = first(t); line < this->begins.count; line += gpu::step(t)) {
      std::int64_t at[3];
      find_offsets(this->begins, line, at);
      typename Fold::Result state = Fold::nothing();
      for (std::int64_t i = 0; i < this->n; ++i) {
        state = Fold::join(state, element<Fold>(this->x + at[0] + i * this->step[0],
                                                this->factor + at[1] + i * this->step[1]));
        this->out[at[2] + i * this->step[2]] = written<Fold, T>(state);
      }
    }
  }
};

/// A tile of a line is loaded side by side; each thread goes through some neighbours.
template <class Fold, class T, bool writes>
struct ScanTiles : Scanned<T> {
  using Cooperates = void;
  using A = typename Fold::Result;
  static constexpr int each = sizeof(T) > 8 ? 4 : 8;  // elements of a thread
  static constexpr std::int64_t tile = each * threads;
  // One more for each thread: else those of a warp would meet in the same banks.
  static constexpr std::int64_t cached = (each + 1) * threads;
  static constexpr std::size_t shared_bytes =
      threads * sizeof(A) + cached * sizeof(T) * (has_factor<Fold, T> ? 2 : 1);

  std::int64_t tiles;
  A* states;  // [lines, tiles], of a tile from nothing; when results are written, of all up to it

  struct Cache {
    A* ends;  // of the threads
    T *x, *factor;
  };
  WALD_DEVICE static std::int64_t place(std::int64_t k) { return k + k / each; }

  WALD_DEVICE void load(const Thread& t, const Cache& cache, const std::int64_t (&at)[3],
                        std::int64_t begin, std::int64_t count) const {
    for (std::int64_t k = t.index(); k < count; k += t.count()) {
      cache.x[place(k)] = this->x[at[0] + (begin + k) * this->step[0]];
      if constexpr (has_factor<Fold, T>)
        cache.factor[place(k)] = this->factor[at[1] + (begin + k) * this->step[1]];
    }
    t.sync();
  }
  /// What the threads before and each thread itself do to a state.
  WALD_DEVICE void join_threads(const Thread& t, A* ends) const {
    t.sync();
    for (int delta = 1; delta < t.count(); delta *= 2) {
      const A mine = t.index() >= delta ? Fold::join(ends[t.index() - delta], ends[t.index()])
                                        : ends[t.index()];
      t.sync();
      ends[t.index()] = mine;
      t.sync();
    }
  }
  WALD_DEVICE void write(const Thread& t, const Cache& cache, A state, const std::int64_t (&at)[3],
                         std::int64_t begin, std::int64_t count) const {
    const std::int64_t own = t.index() * each;
    for (std::int64_t k = own; k < own + each && k < count; ++k) {
      state = Fold::join(state, element<Fold>(cache.x + place(k), cache.factor + place(k)));
      cache.x[place(k)] = written<Fold, T>(state);
    }
    t.sync();
    for (std::int64_t k = t.index(); k < count; k += t.count())
      this->out[at[2] + (begin + k) * this->step[2]] = cache.x[place(k)];
  }

  WALD_DEVICE void operator()(const Thread& t) const {
    A* const ends = t.template shared<A>();
    T* const x_cache = reinterpret_cast<T*>(ends + threads);
    const Cache cache{ends, x_cache, has_factor<Fold, T> ? x_cache + cached : x_cache};
    const std::int64_t lines = this->begins.count;
    for (std::int64_t b = t.block(); b < lines * tiles; b += t.blocks()) {
      const std::int64_t which = b / lines, line = b % lines, begin = which * tile;
      const std::int64_t count = begin + tile < this->n ? tile : this->n - begin;
      std::int64_t at[3];
      find_offsets(this->begins, line, at);
      load(t, cache, at, begin, count);
      A state = Fold::nothing();
      const std::int64_t own = t.index() * each;
      for (std::int64_t k = own; k < own + each && k < count; ++k)
        state = Fold::join(state, element<Fold>(cache.x + place(k), cache.factor + place(k)));
      ends[t.index()] = state;
      join_threads(t, ends);
      if constexpr (writes) {
        state = which > 0 ? states[line * tiles + which - 1] : Fold::nothing();
        if (t.index() > 0) state = Fold::join(state, ends[t.index() - 1]);
        write(t, cache, state, at, begin, count);
      } else if (t.index() == threads - 1) {
        states[line * tiles + which] = ends[t.index()];
      }
      t.sync();
    }
  }
};

template <class Fold, class T>
Status scan_tiles(int device, const Scanned<T>& s, Stream stream) {
  using A = typename Fold::Result;
  using Last = ScanTiles<Fold, T, true>;
  const std::int64_t tiles = (s.n + Last::tile - 1) / Last::tile;
  const Grid grid{grid_for(s.begins.count * tiles, 1).blocks, threads, Last::shared_bytes};
  if (tiles == 1) return launch(Last{s, 1, nullptr}, grid, stream);
  const Scratch memory(device, static_cast<std::size_t>(s.begins.count * tiles) * sizeof(A));
  if (memory.status() != success) return memory.status();
  A* const states = memory.as<A>();
  Status status = launch(ScanTiles<Fold, T, false>{s, tiles, states}, grid, stream);
  if (status != success) return status;
  const std::int64_t stride[] = {tiles};
  const kernels::View begin{nullptr, stride}, begins[] = {begin, begin, begin};
  const Nest lines({1, &s.begins.count}, begins, 3);
  status = scan_tiles<Fold, A>(device, {lines, tiles, {1, 1, 1}, states, states, states}, stream);
  if (status != success) return status;
  return launch(Last{s, tiles, states}, grid, stream);
}

template <class Fold, class T>
Status scan_with(int device, const Scanned<T>& s, Stream stream) {
  constexpr std::int64_t many_lines = 4096, short_line = 64, long_line = 256;
  const auto size = [](std::int64_t stride) { return stride < 0 ? -stride : stride; };
  const std::int64_t beside = s.begins.stride[0][s.begins.rank - 1];
  const bool is_long = s.n >= long_line && size(s.step[0]) < size(beside);
  if (s.n > short_line && (s.begins.count < many_lines || is_long))
    return scan_tiles<Fold, T>(device, s, stream);
  return launch(ScanLines<Fold, T>{s}, grid_for(s.begins.count), stream);
}

template <class T>
Status scan_as(int device, Scan kind, const Scanned<T>& s, Stream stream) {
  constexpr bool is_floating = std::is_floating_point_v<T>;
  using Wide = std::conditional_t<is_floating, double, std::int64_t>;
  if (kind == Scan::sum) return scan_with<Total<Wide>>(device, s, stream);
  if (kind == Scan::prod) return scan_with<Total<Wide, true>>(device, s, stream);
  if constexpr (is_floating)
    return kind == Scan::logsumexp ? scan_with<Exponentials>(device, s, stream)
                                   : scan_with<Recurrence>(device, s, stream);
  __builtin_trap();
}

}  // namespace

Status scan(int device, Scan kind, DType dtype, kernels::Shape shape, kernels::View in,
            kernels::View factor, int axis, bool is_reverse, void* out, Stream stream) {
  std::int64_t out_stride[kernels::max_axes];
  if (contiguous_strides(shape, out_stride) == 0) return success;
  const kernels::View views[] = {in, kind == Scan::recurrence ? factor : in, {out, out_stride}};
  const Lines lines(shape, views, 3, axis);
  const auto run = [&](auto t) {
    using T = decltype(t);
    Scanned<T> s{lines.begins, lines.n, {}, nullptr, nullptr, nullptr};
    T* data[3];
    for (int o = 0; o < 3; ++o) {
      data[o] = static_cast<T*>(const_cast<void*>(views[o].data));
      s.step[o] = is_reverse ? -lines.step[o] : lines.step[o];
      if (is_reverse) data[o] += (lines.n - 1) * lines.step[o];
    }
    s.x = data[0], s.factor = data[1], s.out = data[2];
    return scan_as(device, kind, s, stream);
  };
  return dtype == DType::float64   ? run(double{})
         : dtype == DType::float32 ? run(float{})
                                   : run(std::int64_t{});
}

}  // namespace wald::gpu
