// Scans go down several lines at once. Where there are few and long ones, each is cut into blocks
// of fixed length: what each block does to a running state is found first, then the state before
// each block, then the results; the same bits for any number of threads.
#include "scan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "lines.h"
#include "pointwise.h"
#include "simd.h"

namespace wald::kernels {
namespace {

// No power of two: blocks that are gone down together would meet in the same lines of the cache.
constexpr std::int64_t block = 12000;
constexpr int most_wide = 8;

/// Parts of up to eight lines, each of n elements.
template <class T>
struct Strip {
  int width;
  std::int64_t n, stride, factor_stride, out_stride;
  const T* x[most_wide];
  const T* factor[most_wide];
  T* out[most_wide];
};

// Each kind of scan has a State, empty at first; `run` takes `width` states over their lines and
// writes what they become if `writes`; `after` is a state carried over a whole block, whose own
// state began empty.

template <class T>
struct Sums {
  using State = std::conditional_t<std::is_same_v<T, std::int64_t>, std::uint64_t, double>;
  static State empty() { return 0; }
  static State after(State carried, State whole) { return carried + whole; }
  template <int width, bool writes>
  static void run(const Strip<T>& strip, State* state, int first) {
    for (std::int64_t i = 0; i < strip.n; ++i)
      for (int w = first; w < first + width; ++w) {
        state[w] += static_cast<State>(strip.x[w][i * strip.stride]);
        if (writes) strip.out[w][i * strip.out_stride] = static_cast<T>(state[w]);
      }
  }
};

template <class T>
struct Products {
  using State = typename Sums<T>::State;
  static State empty() { return 1; }
  static State after(State carried, State whole) { return carried * whole; }
  template <int width, bool writes>
  static void run(const Strip<T>& strip, State* state, int first) {
    for (std::int64_t i = 0; i < strip.n; ++i)
      for (int w = first; w < first + width; ++w) {
        state[w] *= static_cast<State>(strip.x[w][i * strip.stride]);
        if (writes) strip.out[w][i * strip.out_stride] = static_cast<T>(state[w]);
      }
  }
};

template <class T>
struct Recurrences {
  struct State {
    double value, scale;  // the product of the factors
  };
  static double times(double factor, double y) { return y == 0 ? 0 : factor * y; }
  static State empty() { return {0, 1}; }
  static State after(State carried, State whole) {
    return {times(whole.scale, carried.value) + whole.value, 1};
  }
  template <int width, bool writes>
  static void run(const Strip<T>& strip, State* state, int first) {
    for (std::int64_t i = 0; i < strip.n; ++i)
      for (int w = first; w < first + width; ++w) {
        const double factor = static_cast<double>(strip.factor[w][i * strip.factor_stride]);
        const double x = static_cast<double>(strip.x[w][i * strip.stride]);
        state[w].value = times(factor, state[w].value) + x;
        if (writes)
          strip.out[w][i * strip.out_stride] = static_cast<T>(state[w].value);
        else
          state[w].scale = times(factor, state[w].scale);
      }
  }
};

/// The sum of exponentials, relative to the largest exponent m: one more than `rest`, which keeps
/// its digits when it is small; -1 of none.
template <class T>
struct LogSums {
  struct State {
    double m, rest;
  };
  static State empty() { return {-std::numeric_limits<double>::infinity(), -1}; }
  static State after(State a, State b) {
    if (a.m == b.m) return {a.m, a.rest + b.rest + 1};
    if (a.m > b.m) return {a.m, a.rest + (b.rest + 1) * std::exp(b.m - a.m)};
    return {b.m, (a.rest + 1) * std::exp(a.m - b.m) + b.rest};
  }
  template <int width, bool writes>
  static void run(const Strip<T>& strip, State* state, int first) {
    // The maxima first, then all exponentials at once, then the sums, then all logarithms.
    constexpr int rows = 512 / width;
    double e[rows * width], m[rows * width];
    bool rises[rows * width];
    for (std::int64_t begin = 0; begin < strip.n; begin += rows) {
      const int count = static_cast<int>(std::min<std::int64_t>(rows, strip.n - begin)) * width;
      for (int k = 0; k < count; ++k) {
        State& at = state[first + k % width];
        const double x =
            static_cast<double>(strip.x[first + k % width][(begin + k / width) * strip.stride]);
        e[k] = x == at.m ? 0 : -std::fabs(x - at.m);
        rises[k] = x > at.m;
        if (rises[k]) at.m = x;
        m[k] = at.m;
      }
      apply_in_place("exp", e, count);
      for (int k = 0; k < count; ++k) {
        State& at = state[first + k % width];
        at.rest = rises[k] ? (at.rest + 1) * e[k] : at.rest + e[k];
        e[k] = at.rest;
      }
      if (!writes) continue;
      apply_in_place("log1p", e, count);
      for (int k = 0; k < count; ++k)
        strip.out[first + k % width][(begin + k / width) * strip.out_stride] =
            static_cast<T>(m[k] + e[k]);
    }
  }
};

template <class T, class Kind>
struct Scanning {
  using State = typename Kind::State;
  const Lines& lines;
  const T *x, *factor;
  T* out;
  bool is_reverse;
  std::int64_t length, blocks;  // of a block; blocks of a line

  Scanning(const Lines& l, const T* from, const T* f, T* to, bool reverse)
      : lines(l), x(from), factor(f), out(to), is_reverse(reverse) {
    constexpr std::int64_t many = 64;
    blocks = lines.count >= many || lines.n < 2 * block ? 1 : (lines.n + block - 1) / block;
    length = blocks == 1 ? lines.n : block;
  }

  /// Parts of lines to be gone down together: `width` neighbouring lines of one block, or, of few
  /// long lines, as many blocks of one line, of the same length.
  struct Part {
    std::int64_t line, block;
    int width;
    bool goes_along;
  };
  std::int64_t parts() const { return goes_along() ? lines.count * steps() : strips() * blocks; }
  bool goes_along() const { return blocks >= most_wide && lines.count < most_wide; }
  std::int64_t strips() const { return (lines.count + most_wide - 1) / most_wide; }
  // The last block, which may be shorter, is a step of its own.
  std::int64_t steps() const { return (blocks - 1 + most_wide - 1) / most_wide + 1; }
  Part part(std::int64_t item) const {
    if (!goes_along()) {
      const std::int64_t first = item % strips() * most_wide;
      return {first, item / strips(),
              static_cast<int>(std::min<std::int64_t>(most_wide, lines.count - first)), false};
    }
    const std::int64_t line = item / steps(), step = item % steps();
    if (step == steps() - 1) return {line, blocks - 1, 1, true};
    const std::int64_t first = step * most_wide;
    return {line, first, static_cast<int>(std::min<std::int64_t>(most_wide, blocks - 1 - first)),
            true};
  }

  void fill(Strip<T>& strip, const Part& part) const {
    std::int64_t from[most_wide], to[most_wide], by[most_wide] = {};
    const int lines_of_part = part.goes_along ? 1 : part.width;
    lines.offsets(part.line, lines_of_part, 0, from, to);
    if (factor) lines.offsets(part.line, lines_of_part, 1, by);
    const std::int64_t direction = is_reverse ? -1 : 1;
    strip.width = part.width;
    strip.n = std::min(length, lines.n - part.block * length);
    strip.stride = direction * lines.stride[0];
    strip.factor_stride = direction * lines.stride[1];
    strip.out_stride = direction * lines.inner;
    for (int w = 0; w < part.width; ++w) {
      const int line = part.goes_along ? 0 : w;
      const std::int64_t place = (part.block + (part.goes_along ? w : 0)) * length;
      const std::int64_t begin = is_reverse ? lines.n - 1 - place : place;
      strip.x[w] = x + from[line] + begin * lines.stride[0];
      strip.factor[w] = factor ? factor + by[line] + begin * lines.stride[1] : nullptr;
      strip.out[w] = out + to[line] + begin * lines.inner;
    }
  }

  template <bool writes>
  static void run(const Strip<T>& strip, State* state) {
    int w = 0;
    for (; w + 8 <= strip.width; w += 8) Kind::template run<8, writes>(strip, state, w);
    for (; w + 4 <= strip.width; w += 4) Kind::template run<4, writes>(strip, state, w);
    for (; w + 2 <= strip.width; w += 2) Kind::template run<2, writes>(strip, state, w);
    for (; w < strip.width; ++w) Kind::template run<1, writes>(strip, state, w);
  }

  /// Goes over every block of every line; states is [blocks, lines].
  template <bool writes>
  void pass(std::vector<State>& states) const {
    parallel_items(parts(), 4 * length * std::min<std::int64_t>(most_wide, lines.count * blocks),
                   [&](std::int64_t item, std::int64_t end) {
                     Strip<T> strip;
                     for (; item < end; ++item) {
                       const Part its = part(item);
                       fill(strip, its);
                       State state[most_wide];
                       auto known = [&](int w) -> State& {
                         return its.goes_along ? states[(its.block + w) * lines.count + its.line]
                                               : states[its.block * lines.count + its.line + w];
                       };
                       for (int w = 0; w < its.width; ++w) state[w] = known(w);
                       run<writes>(strip, state);
                       for (int w = 0; w < its.width && !writes; ++w) known(w) = state[w];
                     }
                   });
  }

  void operator()() const {
    if (lines.count == 0 || lines.n == 0) return;
    std::vector<State> states(blocks * lines.count, Kind::empty());
    if (blocks > 1) {
      pass<false>(states);
      for (std::int64_t line = 0; line < lines.count; ++line) {
        State carried = Kind::empty();
        for (std::int64_t b = 0; b < blocks; ++b) {
          State& at = states[b * lines.count + line];
          const State next = Kind::after(carried, at);
          at = carried;
          carried = next;
        }
      }
    }
    pass<true>(states);
  }
};

template <class T>
void scan_as(Scan kind, Shape shape, View in, View factor, int axis, bool is_reverse, void* to) {
  const bool has_factor = kind == Scan::recurrence;
  const View views[] = {in, factor};
  const Lines lines(shape, views, has_factor ? 2 : 1, axis);
  const T *x = static_cast<const T*>(in.data), *f = nullptr;
  T* out = static_cast<T*>(to);
  if (has_factor) f = static_cast<const T*>(factor.data);
  switch (kind) {
    case Scan::sum:
      return Scanning<T, Sums<T>>(lines, x, f, out, is_reverse)();
    case Scan::prod:
      return Scanning<T, Products<T>>(lines, x, f, out, is_reverse)();
    case Scan::logsumexp:
      if constexpr (!std::is_same_v<T, std::int64_t>)
        Scanning<T, LogSums<T>>(lines, x, f, out, is_reverse)();
      return;
    case Scan::recurrence:
      if constexpr (!std::is_same_v<T, std::int64_t>)
        Scanning<T, Recurrences<T>>(lines, x, f, out, is_reverse)();
      return;
  }
}

}  // namespace

void scan(Scan kind, DType dtype, Shape shape, View in, View factor, int axis, bool is_reverse,
          void* out) {
  switch (dtype) {
    case DType::float64:
      return scan_as<double>(kind, shape, in, factor, axis, is_reverse, out);
    case DType::float32:
      return scan_as<float>(kind, shape, in, factor, axis, is_reverse, out);
    default:
      return scan_as<std::int64_t>(kind, shape, in, factor, axis, is_reverse, out);
  }
}

}  // namespace wald::kernels
