// The tall products of one instruction set. CMake compiles this file once for each, with
// -m flags and WALD_SIMD_NAME; no template of the standard library is used here, lest the linker
// keep the copy that an older processor cannot run.
#include "simd.h"
#include "vec.h"

namespace wald::kernels {
namespace {

using std::int64_t;

/// n lanes at p, p + stride ..., and 0 in those past the last row, so that they do not count.
template <class T>
WALD_INLINE Vec<T> lanes_at(const T* p, int64_t stride, int n) {
  alignas(64) T lane[Vec<T>::lanes] = {};
  for (int l = 0; l < n; ++l) lane[l] = p[l * stride];
  return Vec<T>::load(lane);
}

/// How the rows of a tall matrix lie: next to each other, in pairs of columns, or anyhow.
enum class Rows { adjacent, pairs, strided };

template <class T>
Rows rows_of(int64_t row, int64_t column) {
  return row == 1 ? Rows::adjacent : row == 2 && column == 1 ? Rows::pairs : Rows::strided;
}

/// `width` columns of a tall matrix, at as many rows from p on as there are lanes.
template <Rows rows, class T, int width>
WALD_INLINE void load_columns(const T* p, int64_t row, int64_t column, Vec<T> (&x)[width]) {
  if constexpr (rows == Rows::pairs && width == 2) return Vec<T>::unzip(p, x[0], x[1]);
  for (int c = 0; c < width; ++c) {
    const T* from = p + c * column;
    if constexpr (rows == Rows::adjacent)
      x[c] = Vec<T>::load(from);
    else
      x[c] = row == 0 ? Vec<T>::splat(from) : Vec<T>::gather(from, row);
  }
}

/// Columns q .. q + width of the product, for rows that fill vectors.
template <Rows layout, class T, int width>
WALD_INLINE void tall_times_vectors(const TallTimesSmall<T>& a, int q, int64_t rows) {
  for (int64_t i = 0; i < rows; i += Vec<T>::lanes) {
    Vec<T> acc[width];
    for (auto& v : acc) v = Vec<T>(0.0);
    const T* from = a.x + i * a.xi;
    int j = 0;
    for (; j + 2 <= a.k; j += 2) {
      Vec<T> x[2];
      load_columns<layout>(from + j * a.xj, a.xi, a.xj, x);
      for (int w = 0; w < width; ++w) {
        acc[w] = mul_add(x[0], Vec<T>::splat(a.b + j * a.p + q + w), acc[w]);
        acc[w] = mul_add(x[1], Vec<T>::splat(a.b + (j + 1) * a.p + q + w), acc[w]);
      }
    }
    if (j < a.k) {
      Vec<T> x[1];
      load_columns<layout>(from + j * a.xj, a.xi, a.xj, x);
      for (int w = 0; w < width; ++w)
        acc[w] = mul_add(x[0], Vec<T>::splat(a.b + j * a.p + q + w), acc[w]);
    }
    for (int w = 0; w < width; ++w) {
      T* y = a.y + i * a.yi + (q + w) * a.yq;
      if (a.yi == 1)
        acc[w].store(y);
      else
        acc[w].scatter(y, a.yi);
    }
  }
}

/// Columns q .. q + width of the product, for all rows.
template <class T, int width>
void tall_times_columns(const TallTimesSmall<T>& a, int q) {
  const int64_t whole = a.rows / Vec<T>::lanes * Vec<T>::lanes;
  switch (rows_of<T>(a.xi, a.xj)) {
    case Rows::adjacent:
      tall_times_vectors<Rows::adjacent, T, width>(a, q, whole);
      break;
    case Rows::pairs:
      tall_times_vectors<Rows::pairs, T, width>(a, q, whole);
      break;
    case Rows::strided:
      tall_times_vectors<Rows::strided, T, width>(a, q, whole);
      break;
  }
  const int n = static_cast<int>(a.rows - whole);
  for (int w = 0; w < width && n > 0; ++w) {
    Vec<T> acc(0.0);
    for (int j = 0; j < a.k; ++j)
      acc = mul_add(lanes_at(a.x + whole * a.xi + j * a.xj, a.xi, n),
                    Vec<T>::splat(a.b + j * a.p + q + w), acc);
    alignas(64) T lane[Vec<T>::lanes];
    acc.store(lane);
    T* y = a.y + whole * a.yi + (q + w) * a.yq;
    for (int l = 0; l < n; ++l) y[l * a.yi] = lane[l];
  }
}

template <class T>
void tall_times_small(const TallTimesSmall<T>& a) {
  int q = 0;
  for (; q + 4 <= a.p; q += 4) tall_times_columns<T, 4>(a, q);
  for (; q + 2 <= a.p; q += 2) tall_times_columns<T, 2>(a, q);
  for (; q < a.p; ++q) tall_times_columns<T, 1>(a, q);
}

/// Adds to `acc` the `height` by `width` corner at (j, q), over rows that fill vectors.
template <Rows layout, class T, int height, int width>
WALD_INLINE void tall_cross_vectors(const TallCross<T>& a, int j, int q, int64_t rows,
                                    Vec<T> (&acc)[height][width]) {
  const bool is_adjacent = a.wi == 1;
  for (int64_t i = 0; i < rows; i += Vec<T>::lanes) {
    Vec<T> w[width], x[height];
    const T* from = a.w + i * a.wi + q * a.wq;
    if (is_adjacent)
      load_columns<Rows::adjacent>(from, a.wi, a.wq, w);
    else if (a.wi == 2 && a.wq == 1)
      load_columns<Rows::pairs>(from, a.wi, a.wq, w);
    else
      load_columns<Rows::strided>(from, a.wi, a.wq, w);
    load_columns<layout>(a.x + i * a.xi + j * a.xj, a.xi, a.xj, x);
    for (int r = 0; r < height; ++r)
      for (int c = 0; c < width; ++c) acc[r][c] = mul_add(x[r], w[c], acc[r][c]);
  }
}

template <class T, int height, int width>
void tall_cross_corner(const TallCross<T>& a, int j, int q) {
  const int64_t whole = a.rows / Vec<T>::lanes * Vec<T>::lanes;
  Vec<T> acc[height][width];
  for (auto& row : acc)
    for (auto& v : row) v = Vec<T>(0.0);
  switch (rows_of<T>(a.xi, a.xj)) {
    case Rows::adjacent:
      tall_cross_vectors<Rows::adjacent>(a, j, q, whole, acc);
      break;
    case Rows::pairs:
      tall_cross_vectors<Rows::pairs>(a, j, q, whole, acc);
      break;
    case Rows::strided:
      tall_cross_vectors<Rows::strided>(a, j, q, whole, acc);
      break;
  }
  if (const int n = static_cast<int>(a.rows - whole); n > 0) {
    for (int c = 0; c < width; ++c) {
      const Vec<T> w = lanes_at(a.w + whole * a.wi + (q + c) * a.wq, a.wi, n);
      for (int r = 0; r < height; ++r)
        acc[r][c] = mul_add(lanes_at(a.x + whole * a.xi + (j + r) * a.xj, a.xi, n), w, acc[r][c]);
    }
  }
  for (int r = 0; r < height; ++r)
    for (int c = 0; c < width; ++c) a.out[(j + r) * a.p + q + c] = sum_lanes(acc[r][c]);
}

template <class T, int width>
void tall_cross_columns(const TallCross<T>& a, int q) {
  int j = 0;
  for (; j + 4 <= a.k; j += 4) tall_cross_corner<T, 4, width>(a, j, q);
  for (; j + 2 <= a.k; j += 2) tall_cross_corner<T, 2, width>(a, j, q);
  for (; j < a.k; ++j) tall_cross_corner<T, 1, width>(a, j, q);
}

/// Columns j .. j + width * lanes of x, whose rows are contiguous, against column q of w: vectors
/// over the columns, two rows at a time.
template <class T, int width>
void tall_cross_strip(const TallCross<T>& a, int j, int q) {
  constexpr int lanes = Vec<T>::lanes;
  Vec<T> acc[2][width];
  for (auto& row : acc)
    for (auto& v : row) v = Vec<T>(0.0);
  auto add_row = [&](int64_t i, Vec<T>* sums) {
    const T* x = a.x + i * a.xi + j;
    const Vec<T> w = Vec<T>::splat(a.w + i * a.wi + q * a.wq);
    for (int c = 0; c < width; ++c) sums[c] = mul_add(Vec<T>::load(x + c * lanes), w, sums[c]);
  };
  int64_t i = 0;
  for (; i + 2 <= a.rows; i += 2) {
    add_row(i, acc[0]);
    add_row(i + 1, acc[1]);
  }
  if (i < a.rows) add_row(i, acc[0]);
  for (int c = 0; c < width; ++c) {
    alignas(64) T lane[lanes];
    (acc[0][c] + acc[1][c]).store(lane);
    for (int l = 0; l < lanes; ++l) a.out[(j + c * lanes + l) * a.p + q] = lane[l];
  }
}

/// For k >= lanes. The last vector of columns may overlap the one before: it computes the same
/// bits.
template <class T>
void tall_cross_rows(const TallCross<T>& a) {
  constexpr int lanes = Vec<T>::lanes;
  for (int q = 0; q < a.p; ++q) {
    int j = 0;
    for (; j + 4 * lanes <= a.k; j += 4 * lanes) tall_cross_strip<T, 4>(a, j, q);
    for (; j + 2 * lanes <= a.k; j += 2 * lanes) tall_cross_strip<T, 2>(a, j, q);
    for (; j + lanes <= a.k; j += lanes) tall_cross_strip<T, 1>(a, j, q);
    if (j < a.k) tall_cross_strip<T, 1>(a, a.k - lanes, q);
  }
}

/// Long contiguous rows against one vector: each row, as one stream, is added to the result, which
/// stays in the first-level cache.
template <class T>
void tall_cross_vector(const TallCross<T>& a) {
  constexpr int lanes = Vec<T>::lanes;
  for (int j = 0; j < a.k; ++j) a.out[j] = 0;
  for (int64_t i = 0; i < a.rows; ++i) {
    const T* x = a.x + i * a.xi;
    const T factor = a.w[i * a.wi];
    const Vec<T> w = Vec<T>::splat(&factor);
    int j = 0;
    for (; j + lanes <= a.k; j += lanes)
      mul_add(Vec<T>::load(x + j), w, Vec<T>::load(a.out + j)).store(a.out + j);
    for (; j < a.k; ++j) a.out[j] += x[j] * factor;
  }
}

template <class T>
void tall_cross(const TallCross<T>& a) {
  if (a.xj == 1 && a.p == 1 && a.k > 4 * Vec<T>::lanes) return tall_cross_vector(a);
  if (a.xj == 1 && a.k >= Vec<T>::lanes) return tall_cross_rows(a);
  int q = 0;
  for (; q + 2 <= a.p; q += 2) tall_cross_columns<T, 2>(a, q);
  for (; q < a.p; ++q) tall_cross_columns<T, 1>(a, q);
}

/// One row after the other: read as one stream, memory is twice as fast as in four.
template <class T>
void row_dots(const T* x, int64_t stride, const T* v, T* y, int64_t rows, int64_t k) {
  constexpr int lanes = Vec<T>::lanes;
  constexpr int ways = 4;
  for (int64_t i = 0; i < rows; ++i) {
    const T* row = x + i * stride;
    Vec<T> acc[ways] = {0.0, 0.0, 0.0, 0.0};
    int64_t j = 0;
    for (; j + ways * lanes <= k; j += ways * lanes)
      for (int w = 0; w < ways; ++w)
        acc[w] =
            mul_add(Vec<T>::load(row + j + w * lanes), Vec<T>::load(v + j + w * lanes), acc[w]);
    for (; j + lanes <= k; j += lanes)
      acc[0] = mul_add(Vec<T>::load(row + j), Vec<T>::load(v + j), acc[0]);
    T rest = 0;
    for (; j < k; ++j) rest += row[j] * v[j];
    y[i] = sum_lanes((acc[0] + acc[1]) + (acc[2] + acc[3])) + rest;
  }
}

}  // namespace

extern "C" void WALD_SIMD_ENTRY(wald_dense)(Simd& set) {
  set.tall_times_small_f64 = tall_times_small<double>;
  set.tall_times_small_f32 = tall_times_small<float>;
  set.row_dots_f64 = row_dots<double>;
  set.row_dots_f32 = row_dots<float>;
  set.tall_cross_f64 = tall_cross<double>;
  set.tall_cross_f32 = tall_cross<float>;
}

}  // namespace wald::kernels
