// Products of a matrix and a vector, which read the matrix once and are as fast as that: along its
// rows, or down its columns, where these lie in memory one after another. For matmul.cu alone.
#pragma once

#include "elements.h"
#include "matrices.h"

namespace wald::gpu {
namespace {

/// c = a' b for a long a: each thread goes down a column in a piece of the rows, beside threads that
/// have the columns next to it and the rows between.
template <class T>
struct DownColumns {
  using Cooperates = void;
  static constexpr int threads = 256, ahead = 8;  // loads on their way
  static constexpr std::size_t shared_bytes = threads * sizeof(double);

  std::int64_t length, columns;
  std::int64_t across, chunks;  // columns of a block; blocks beside each other
  std::int64_t piece, pieces;   // rows of a block; blocks below each other
  const T *a, *b;
  std::int64_t a_step, b_step;
  double* out;  // [pieces, columns]

  WALD_DEVICE double sum(std::int64_t column, std::int64_t begin, std::int64_t end,
                         std::int64_t step) const {
    const T* const x = a + column;
    double total = 0;
    std::int64_t l = begin;
    WALD_NOT_UNROLLED for (; l + (ahead - 1) * step < end; l += ahead * step) {
      T left[ahead], right[ahead];
      for (int i = 0; i < ahead; ++i) left[i] = x[(l + i * step) * a_step];
      for (int i = 0; i < ahead; ++i) right[i] = b[(l + i * step) * b_step];
      for (int i = 0; i < ahead; ++i)
        total += static_cast<double>(left[i]) * static_cast<double>(right[i]);
    }
    WALD_NOT_UNROLLED for (; l < end; l += step)
      total += static_cast<double>(x[l * a_step]) * static_cast<double>(b[l * b_step]);
    return total;
  }
  WALD_DEVICE void operator()(const Thread& t) const {
    double* const sums = t.template shared<double>();
    const int width = static_cast<int>(across), groups = threads / width;
    const int group = t.index() / width, own = t.index() - group * width;
    WALD_NOT_UNROLLED for (std::int64_t w = t.block(); w < pieces * chunks; w += t.blocks()) {
      const std::int64_t q = quotient(w, chunks), column = (w - q * chunks) * across + own;
      const std::int64_t begin = q * piece, end = begin + piece < length ? begin + piece : length;
      const bool is_there = group < groups && column < columns;
      sums[t.index()] = is_there ? sum(column, begin + group, end, groups) : 0;
      t.sync();
      if (group == 0 && column < columns) {
        double total = 0;
        for (int i = 0; i < groups; ++i) total += sums[i * width + own];
        out[q * columns + column] = total;
      }
      t.sync();
    }
  }
};

/// c = a b for long rows: a warp to a row.
template <class T>
struct AlongRows {
  using Cooperates = void;
  static constexpr int threads = 256, ahead = 4;

  std::int64_t rows, length;
  const T *a, *b;
  std::int64_t a_step, b_step;
  T* c;

  WALD_DEVICE void operator()(const Thread& t) const {
    const int lanes = t.warp_size(), lane = t.index() % lanes;
    const std::int64_t warps = t.count() / lanes, own = t.block() * warps + t.index() / lanes;
    WALD_NOT_UNROLLED for (std::int64_t row = own; row < rows; row += t.blocks() * warps) {
      const T* const x = a + row * a_step;
      double total = 0;
      std::int64_t l = lane;
      WALD_NOT_UNROLLED for (; l + (ahead - 1) * lanes < length; l += ahead * lanes) {
        T left[ahead], right[ahead], part = 0;
        for (int i = 0; i < ahead; ++i) left[i] = x[l + i * lanes];
        for (int i = 0; i < ahead; ++i) right[i] = b[(l + i * lanes) * b_step];
        for (int i = 0; i < ahead; ++i) part += left[i] * right[i];
        total += static_cast<double>(part);
      }
      WALD_NOT_UNROLLED for (; l < length; l += lanes)
        total += static_cast<double>(x[l] * b[l * b_step]);
      for (int apart = lanes / 2; apart > 0; apart /= 2) total += t.from_above(total, apart);
      if (lane == 0) c[row] = static_cast<T>(total);
    }
  }
};

}  // namespace
}  // namespace wald::gpu
