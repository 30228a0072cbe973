// Sums of exponentials, tile by tile in cache: the maximum m of a tile's part of each line, the
// exponentials of x - m, and their sum apart from the terms that are 1. So log(sum) is
// m + log1p(rest), exact when one term dominates. Tiles have a fixed size and are put together in
// order: the same bits for any number of threads.
#include "softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "lines.h"
#include "pointwise.h"
#include "simd.h"

namespace wald::kernels {
namespace {

constexpr std::int64_t tile = 4096;
constexpr std::int64_t most_wide = 512;
constexpr double infinity = std::numeric_limits<double>::infinity();

/// exp(x - m) summed: `count` terms that are 1, and the sum of the others.
struct Sum {
  double m = -infinity, count = 0, tail = 0;

  bool is_finite() const { return std::isfinite(m); }

  static Sum join(const Sum* parts, std::int64_t n, std::int64_t stride) {
    Sum all;
    for (std::int64_t i = 0; i < n; ++i) {
      const double m = parts[i * stride].m;
      if (m > all.m || std::isnan(m)) all.m = m;
    }
    for (std::int64_t i = 0; i < n; ++i) {
      const Sum& part = parts[i * stride];
      if (part.m == all.m)
        all.count += part.count, all.tail += part.tail;
      else
        all.tail += (part.count + part.tail) * std::exp(part.m - all.m);
    }
    return all;
  }
};

/// The logarithms of `n` sums, less their m.
void take_logs(const Sum* sums, std::int64_t n, double* logs) {
  for (std::int64_t j = 0; j < n; ++j) logs[j] = sums[j].count - 1 + sums[j].tail;
  apply_in_place("log1p", logs, n);
}

template <class T>
struct Softmaxing {
  Softmax kind;
  Lines lines;
  const T* x;
  T* out;
  std::int64_t width, height, strips, blocks;

  Softmaxing(Softmax k, Shape shape, View in, int axis, T* to)
      : kind(k), lines(shape, &in, 1, axis), x(static_cast<const T*>(in.data)), out(to) {
    const bool is_row = lines.n >= 32 && (lines.stride[0] == 1 || lines.count == 1);
    width = is_row ? 1
                   : std::clamp(2048 / std::max<std::int64_t>(lines.n, 1) / 8 * 8, std::int64_t{64},
                                most_wide);
    height = tile / std::min(width, std::int64_t{64});
    strips = (lines.count + width - 1) / width;
    blocks = std::max<std::int64_t>(1, (lines.n + height - 1) / height);
  }

  /// Some lines' part of a block, as doubles: [rows, padded] with a line in each column.
  struct Tile {
    std::int64_t first, count, padded, begin, rows;
    std::int64_t from[most_wide], to[most_wide];
    alignas(64) double m[most_wide], tail[most_wide], ones[most_wide];
    alignas(64) double v[most_wide * 64];
  };

  void place(Tile& t, std::int64_t strip, std::int64_t block) const {
    t.first = strip * width;
    t.count = std::min(width, lines.count - t.first);
    t.padded = width == 1 ? 1 : (t.count + 7) / 8 * 8;
    t.begin = block * height;
    t.rows = std::min(height, lines.n - t.begin);
    lines.offsets(t.first, t.count, 0, t.from, t.to);
  }
  void read(Tile& t) const {
    const std::int64_t stride = lines.stride[0];
    const T* const begin = x + t.from[0] + t.begin * stride;
    if (width == 1 && stride == 1) {
      for (std::int64_t r = 0; r < t.rows; ++r) t.v[r] = static_cast<double>(begin[r]);
      return;
    }
    const std::int64_t step = t.count > 1 ? t.from[1] - t.from[0] : 0;
    bool is_even = true;
    for (std::int64_t j = 1; j < t.count; ++j) is_even &= t.from[j] == t.from[0] + j * step;
    for (std::int64_t r = 0; r < t.rows; ++r) {
      double* to = t.v + r * t.padded;
      const T* from = begin + r * stride;
      if (is_even && step == 1)
        for (std::int64_t j = 0; j < t.count; ++j) to[j] = static_cast<double>(from[j]);
      else if (is_even)
        for (std::int64_t j = 0; j < t.count; ++j) to[j] = static_cast<double>(from[j * step]);
      else
        for (std::int64_t j = 0; j < t.count; ++j)
          to[j] = static_cast<double>(from[t.from[j] - t.from[0]]);
      for (std::int64_t j = t.count; j < t.padded; ++j) to[j] = 0;
    }
  }

  void find_maxima(Tile& t) const {
    const FoldKernel& max =
        simd().fold[static_cast<int>(Fold::max)][static_cast<int>(DType::float64)];
    if (width == 1) return max.row(t.v, t.rows, t.m);
    std::fill_n(t.m, t.padded, -infinity);
    max.columns(t.v, t.padded, 1, t.rows, t.m, t.padded);
  }
  void exponentiate(Tile& t) const {
    if (width == 1)
      simd().exp_row(t.v, t.rows, t.m[0], t.tail, t.ones);
    else
      simd().exp_columns(t.v, t.rows, t.padded, t.m, t.tail, t.ones);
  }

  bool is_log() const { return kind == Softmax::log_softmax; }

  /// Writes a tile: of logarithms from the values of x, else the exponentials over their sum.
  void write(Tile& t, const Sum* sums) const {
    if (is_log()) take_logs(sums, t.count, t.tail);
    for (std::int64_t j = 0; j < t.count; ++j) {
      double norm = is_log() ? t.tail[j] : sums[j].count + sums[j].tail;
      if (!sums[j].is_finite() && kind != Softmax::logsumexp_gradient)
        norm = std::numeric_limits<double>::quiet_NaN();
      else if (sums[j].m == -infinity)
        norm = infinity;
      t.m[j] = sums[j].m;
      t.tail[j] = norm;
    }
    if (width == 1 && lines.inner == 1) {
      T* to = out + t.begin + t.to[0];
      const double m = t.m[0], norm = t.tail[0];
      if (is_log())
        for (std::int64_t r = 0; r < t.rows; ++r) to[r] = static_cast<T>((t.v[r] - m) - norm);
      else
        for (std::int64_t r = 0; r < t.rows; ++r) to[r] = static_cast<T>(t.v[r] / norm);
      return;
    }
    for (std::int64_t r = 0; r < t.rows; ++r) {
      const double* v = t.v + r * t.padded;
      T* to = out + (t.begin + r) * lines.inner;
      if (is_log())
        for (std::int64_t j = 0; j < t.count; ++j)
          to[t.to[j]] = static_cast<T>((v[j] - t.m[j]) - t.tail[j]);
      else
        for (std::int64_t j = 0; j < t.count; ++j) to[t.to[j]] = static_cast<T>(v[j] / t.tail[j]);
    }
  }
  /// The exponentials of a tile, as they are.
  void keep(const Tile& t) const {
    if (width == 1 && lines.inner == 1) {
      T* to = out + t.begin + t.to[0];
      for (std::int64_t r = 0; r < t.rows; ++r) to[r] = static_cast<T>(t.v[r]);
      return;
    }
    for (std::int64_t r = 0; r < t.rows; ++r) {
      T* to = out + (t.begin + r) * lines.inner;
      for (std::int64_t j = 0; j < t.count; ++j)
        to[t.to[j]] = static_cast<T>(t.v[r * t.padded + j]);
    }
  }
  /// Brings kept exponentials, relative to the maxima of their tile's `parts`, back to the tile.
  void recall(Tile& t, const Sum* sums, const Sum* parts) const {
    for (std::int64_t j = 0; j < t.count; ++j)
      t.m[j] = parts[j].m == sums[j].m ? 1 : std::exp(parts[j].m - sums[j].m);
    if (width == 1 && lines.inner == 1) {
      const T* from = out + t.begin + t.to[0];
      const double scale = t.m[0];
      for (std::int64_t r = 0; r < t.rows; ++r) t.v[r] = static_cast<double>(from[r]) * scale;
      return;
    }
    for (std::int64_t r = 0; r < t.rows; ++r) {
      const T* from = out + (t.begin + r) * lines.inner;
      for (std::int64_t j = 0; j < t.count; ++j)
        t.v[r * t.padded + j] = static_cast<double>(from[t.to[j]]) * t.m[j];
    }
  }
  void write_logs(std::int64_t first, std::int64_t count, const Sum* sums) const {
    double logs[most_wide];
    for (std::int64_t done = 0; done < count; done += most_wide) {
      const std::int64_t n = std::min(most_wide, count - done);
      take_logs(sums + done, n, logs);
      for (std::int64_t j = 0; j < n; ++j) {
        const Sum& its = sums[done + j];
        out[first + done + j] = static_cast<T>(its.is_finite() ? its.m + logs[j] : its.m);
      }
    }
  }

  void operator()() const {
    if (lines.count == 0) return;
    const bool is_whole = blocks == 1, makes_logs = kind == Softmax::logsumexp;
    std::vector<Sum> partial(is_whole ? 0 : blocks * lines.count);
    const std::int64_t cost = 16 * std::min(width, lines.count) * std::min(height, lines.n);
    parallel_items(strips * blocks, cost, [&](std::int64_t item, std::int64_t end) {
      Tile t;
      Sum sums[most_wide];
      for (; item < end; ++item) {
        place(t, item / blocks, item % blocks);
        read(t);
        find_maxima(t);
        exponentiate(t);
        for (std::int64_t j = 0; j < t.count; ++j) sums[j] = {t.m[j], t.ones[j], t.tail[j]};
        if (!is_whole) {
          std::copy_n(sums, t.count, &partial[item % blocks * lines.count + t.first]);
          if (!makes_logs && !is_log()) keep(t);
        } else if (makes_logs) {
          write_logs(t.first, t.count, sums);
        } else {
          if (is_log()) read(t);
          write(t, sums);
        }
      }
    });
    if (is_whole) return;
    std::vector<Sum> total(lines.count);
    for (std::int64_t i = 0; i < lines.count; ++i)
      total[i] = Sum::join(&partial[i], blocks, lines.count);
    if (makes_logs) return write_logs(0, lines.count, total.data());
    parallel_items(strips * blocks, cost, [&](std::int64_t item, std::int64_t end) {
      Tile t;
      for (; item < end; ++item) {
        place(t, item / blocks, item % blocks);
        if (is_log())
          read(t);
        else
          recall(t, &total[t.first], &partial[item % blocks * lines.count + t.first]);
        write(t, &total[t.first]);
      }
    });
  }
};

}  // namespace

void softmax(Softmax kind, DType dtype, Shape shape, View in, int axis, void* out) {
  if (dtype == DType::float64)
    Softmaxing<double>(kind, shape, in, axis, static_cast<double*>(out))();
  else
    Softmaxing<float>(kind, shape, in, axis, static_cast<float*>(out))();
}

}  // namespace wald::kernels
