// Sorting: blocks sort tiles in shared memory, then pairs of runs are merged, each block finding
// where its part of the result begins in both. And searching in what is sorted.
#include "sort.h"

#include <algorithm>

#include <wald/kernels/ordering.h>

#include "elements.h"

namespace wald::gpu {
namespace {

constexpr int tile = 1024, threads = 256;

WALD_DEVICE inline bool is_less(const Keyed& a, const Keyed& b) {
  return a.key != b.key ? a.key < b.key : a.place < b.place;
}

/// Sets `is_unsorted`, which is 0 before, if a row is not in order. A kernel that sorts and is given
/// the flag does nothing where it is still 0: the host need not wait to know.
struct FindDescents {
  std::int64_t rows, n;
  const Keyed* x;
  int* is_unsorted;

  WALD_DEVICE void operator()(const Thread& t) const {
    WALD_NOT_UNROLLED for (std::int64_t i = first(t); i < rows * n; i += step(t))
      if (i - quotient(i, n) * n != 0 && is_less(x[i], x[i - 1]))
        *is_unsorted = 1;  // all that write here write the same
  }
};
WALD_DEVICE inline bool has_nothing_to_do(const int* is_unsorted) {
  return is_unsorted && *is_unsorted == 0;
}

/// Bitonic sorting of tiles of `width` elements, a power of two; a block sorts as many as it holds.
struct SortTiles {
  using Cooperates = void;
  std::int64_t rows, n;
  int width;
  Keyed* x;
  const int* is_unsorted;  // or null

  /// Where slot k of a block's tiles lies, or -1 beyond the end of its row.
  WALD_DEVICE std::int64_t at(std::int64_t block, int k) const {
    const std::int64_t of_row = (n + width - 1) / width;
    const std::int64_t which = block * (tile / width) + k / width;
    const std::int64_t row = which / of_row, place = which % of_row * width + k % width;
    return row < rows && place < n ? row * n + place : -1;
  }
  WALD_DEVICE void sort(const Thread& t, Keyed* shared) const {
    for (int run = 2; run <= width; run *= 2)
      for (int apart = run / 2; apart > 0; apart /= 2) {
        for (int k = t.index(); k < tile; k += t.count()) {
          const int other = k ^ apart;
          const bool ascends = (k & run & (width - 1)) == 0;  // all do in the end
          if (other > k && is_less(shared[other], shared[k]) == ascends) {
            const Keyed held = shared[k];
            shared[k] = shared[other];
            shared[other] = held;
          }
        }
        t.sync();
      }
  }
  WALD_DEVICE void operator()(const Thread& t) const {
    Keyed* const shared = t.shared<Keyed>();
    if (has_nothing_to_do(is_unsorted)) return;
    const std::int64_t tiles = (n + width - 1) / width * rows;
    for (std::int64_t b = t.block(); b * (tile / width) < tiles; b += t.blocks()) {
      for (int k = t.index(); k < tile; k += t.count()) {
        const std::int64_t from = at(b, k);
        shared[k] = from < 0 ? Keyed{~std::uint64_t{0}, INT64_MAX} : x[from];
      }
      t.sync();
      sort(t, shared);
      for (int k = t.index(); k < tile; k += t.count()) {
        const std::int64_t to = at(b, k);
        if (to >= 0) x[to] = shared[k];
      }
      t.sync();
    }
  }
};

/// How many of the first d of two merged runs come from the first, a of `m` and b of `n` elements.
WALD_DEVICE inline std::int64_t taken(const Keyed* a, std::int64_t m, const Keyed* b,
                                      std::int64_t n, std::int64_t d) {
  std::int64_t low = d > n ? d - n : 0, high = d < m ? d : m;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (is_less(b[d - 1 - middle], a[middle]))
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

/// Merges neighbouring runs, of which only the first `keep` elements are of use.
struct MergeRuns {
  using Cooperates = void;
  static constexpr int each = tile / threads;
  std::int64_t rows, n, run, keep;
  std::int64_t pairs, of_pair;  // of a row; parts of a pair, each a block's
  const Keyed* from;
  Keyed* to;
  const int* is_unsorted;  // or null

  WALD_DEVICE std::int64_t length(std::int64_t begin) const {
    const std::int64_t there = n - begin < run ? n - begin : run;
    return there < 0 ? 0 : there < keep ? there : keep;
  }
  WALD_DEVICE void operator()(const Thread& t) const {
    if (has_nothing_to_do(is_unsorted)) return;
    Keyed* const shared = t.shared<Keyed>();
    for (std::int64_t b = t.block(); b < rows * pairs * of_pair; b += t.blocks()) {
      const std::int64_t row = b / (pairs * of_pair), pair = b / of_pair % pairs;
      const std::int64_t begin = pair * 2 * run, first = b % of_pair * tile;
      const Keyed* const a = from + row * n + begin;
      const std::int64_t m = length(begin), k = length(begin + run);
      const std::int64_t all = m + k < keep ? m + k : keep;
      const std::int64_t last = first + tile < all ? first + tile : all;
      if (first >= last) continue;
      merge(t, shared, a, m, a + run, k, first, last, to + row * n + begin);
    }
  }
  /// Elements first ... last of two merged runs.
  WALD_DEVICE void merge(const Thread& t, Keyed* shared, const Keyed* a, std::int64_t m,
                         const Keyed* b, std::int64_t k, std::int64_t first, std::int64_t last,
                         Keyed* out) const {
    const std::int64_t a_first = taken(a, m, b, k, first),
                       a_count = taken(a, m, b, k, last) - a_first;
    const std::int64_t b_first = first - a_first, count = last - first, b_count = count - a_count;
    for (std::int64_t i = t.index(); i < count; i += t.count())
      shared[i] = i < a_count ? a[a_first + i] : b[b_first + i - a_count];
    t.sync();
    const Keyed* const other = shared + a_count;
    const std::int64_t own = t.index() * each;
    if (own < count) {
      std::int64_t i = taken(shared, a_count, other, b_count, own), j = own - i;
      for (std::int64_t l = own; l < own + each && l < count; ++l) {
        const bool is_a = j >= b_count || (i < a_count && is_less(shared[i], other[j]));
        out[first + l] = is_a ? shared[i++] : other[j++];
      }
    }
    t.sync();
  }
};

template <class T>
struct MakeKeys {
  Nest nest;
  std::int64_t n;
  const T* x;
  bool descending;
  Keyed* out;

  WALD_DEVICE void operator()(const Thread& t) const {
    const std::uint64_t flip = descending ? ~std::uint64_t{0} : 0;
    for (std::int64_t i = first(t); i < nest.count; i += step(t))
      out[i] = {kernels::key_of(x[offset_of(nest, i)]) ^ flip, i - quotient(i, n) * n};
  }
};

struct WritePlaces {
  std::int64_t count, keep, n;
  const Keyed* sorted;
  std::int64_t* out;

  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t i = first(t); i < count; i += step(t)) {
      const std::int64_t row = quotient(i, keep);
      out[i] = sorted[row * n + i - row * keep].place;
    }
  }
};

template <class T>
struct Search {
  Nest nest;  // where the sequence begins, values
  const T *sequence, *values;
  std::int64_t n, along;
  bool right;
  std::int64_t* out;

  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t i = first(t); i < nest.count; i += step(t)) {
      std::int64_t at[2];
      find_offsets(nest, i, at);
      out[i] = kernels::place_in(sequence + at[0], n, along, values[at[1]], right);
    }
  }
};

}  // namespace

Status SortRows::sort(std::int64_t keep, Stream stream) {
  int width = 1;
  while (width < n_ && width < tile) width *= 2;
  int* const flag = n_ > width ? flag_.as<int>() : nullptr;
  Status status = flag ? fill(DType::boolean, flag, sizeof(int), 0, stream) : success;
  if (flag && status == success)
    status = launch(FindDescents{rows_, n_, data(), flag}, grid_for(rows_ * n_), stream);
  if (status != success) return status;
  const std::int64_t tiles = (n_ + width - 1) / width * rows_, held = tile / width;
  const Grid grid{grid_for((tiles + held - 1) / held, 1).blocks, threads, tile * sizeof(Keyed)};
  status = launch(SortTiles{rows_, n_, width, data(), flag}, grid, stream);
  for (std::int64_t run = width; run < n_ && status == success; run *= 2) {
    const Keyed* const from = data();
    is_in_second_ = !is_in_second_;
    const std::int64_t pairs = (n_ + 2 * run - 1) / (2 * run);
    const std::int64_t of_pair = (std::min({2 * run, keep, n_}) + tile - 1) / tile;
    // What was in order is still in the first half: the last merge brings it where others end.
    const bool is_needed = pairs == 1 && is_in_second_;
    status = launch(MergeRuns{rows_, n_, run, keep, pairs, of_pair, from, data(),
                              is_needed ? nullptr : flag},
                    {grid_for(rows_ * pairs * of_pair, 1).blocks, threads, tile * sizeof(Keyed)},
                    stream);
  }
  return status;
}

Status argsort(int device, DType dtype, kernels::Shape shape, kernels::View in, bool descending,
               std::int64_t keep, std::int64_t* out, Stream stream) {
  const Nest nest(shape, &in, 1);
  if (nest.count * keep == 0) return success;
  const std::int64_t n = shape.rank == 0 ? 1 : shape.size[shape.rank - 1], rows = nest.count / n;
  SortRows sorted(device, rows, n);
  if (sorted.status() != success) return sorted.status();
  Status status = visit_dtype(dtype, [&](auto t) {
    using T = decltype(t);
    return launch(MakeKeys<T>{nest, n, static_cast<const T*>(in.data), descending, sorted.data()},
                  grid_for(nest.count), stream);
  });
  if (status == success) status = sorted.sort(keep, stream);
  if (status != success) return status;
  return launch(WritePlaces{rows * keep, keep, n, sorted.data(), out}, grid_for(rows * keep),
                stream);
}

Status searchsorted(DType dtype, kernels::Shape shape, kernels::View sequence, std::int64_t n,
                    std::int64_t step, kernels::View values, bool right, std::int64_t* out,
                    Stream stream) {
  const kernels::View views[] = {sequence, values};
  const Nest nest(shape, views, 2);
  if (nest.count == 0) return success;
  return visit_dtype(dtype, [&](auto t) {
    using T = decltype(t);
    return launch(Search<T>{nest, static_cast<const T*>(sequence.data),
                            static_cast<const T*>(values.data), n, step, right, out},
                  grid_for(nest.count), stream);
  });
}

}  // namespace wald::gpu
