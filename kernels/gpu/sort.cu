// Sorting: blocks sort tiles in shared memory, then pairs of runs are merged, each block finding
// where its part of the result begins in both; long rows of which most is wanted are the vendor's
// library's. And searching in what is sorted.
#include "sort.h"

#include <algorithm>
#include <climits>

#include <wald/kernels/ordering.h>

#include "elements.h"
#include "library.h"

namespace wald::gpu {
namespace {

constexpr int tile = 1024, threads = 256;

WALD_DEVICE inline bool is_less(const Keyed& a, const Keyed& b) {
  return a.key != b.key ? a.key < b.key : a.place < b.place;
}

/// Sets `is_unsorted`, which is 0 before, if a row is not in order. A kernel that sorts and is
/// given the flag does nothing where it is still 0: the host need not wait to know.
struct FindDescents {
  std::int64_t rows, n;
  KeyedRows x;
  int* is_unsorted;

  WALD_DEVICE void operator()(const Thread& t) const {
    WALD_NOT_UNROLLED
    for (std::int64_t i = first(t); i < rows * n; i += step(t)) {
      if (i - quotient(i, n) * n == 0 || !is_less(x[i], x[i - 1])) continue;
      write_same(is_unsorted, 1);
      return;
    }
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
  KeyedRows x;
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
        shared[k] = from < 0 ? Keyed{~std::uint64_t{0}, ~std::uint32_t{0}} : x[from];
      }
      t.sync();
      sort(t, shared);
      for (int k = t.index(); k < tile; k += t.count()) {
        const std::int64_t to = at(b, k);
        if (to >= 0) x.set(to, shared[k]);
      }
      t.sync();
    }
  }
};

/// How many of the first d of two merged runs come from the first, a of `m` and b of `n` elements.
template <class Run>
WALD_DEVICE std::int64_t taken(const Run& a, std::int64_t m, const Run& b, std::int64_t n,
                               std::int64_t d) {
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
  KeyedRows from, to;
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
      const KeyedRows a = from.from(row * n + begin);
      const std::int64_t m = length(begin), k = length(begin + run);
      const std::int64_t all = m + k < keep ? m + k : keep;
      const std::int64_t last = first + tile < all ? first + tile : all;
      if (first >= last) continue;
      merge(t, shared, a, m, a.from(run), k, first, last, to.from(row * n + begin));
    }
  }
  /// Elements first ... last of two merged runs.
  WALD_DEVICE void merge(const Thread& t, Keyed* shared, const KeyedRows& a, std::int64_t m,
                         const KeyedRows& b, std::int64_t k, std::int64_t first, std::int64_t last,
                         const KeyedRows& out) const {
    const std::int64_t a_first = taken(a, m, b, k, first),
                       a_count = taken(a, m, b, k, last) - a_first;
    const std::int64_t b_first = first - a_first, count = last - first, b_count = count - a_count;
    for (std::int64_t i = t.index(); i < count; i += t.count())
      shared[i] = i < a_count ? a[a_first + i] : b[b_first + i - a_count];
    t.sync();
    const Keyed *const one = shared, *const other = shared + a_count;
    const std::int64_t own = t.index() * each;
    if (own < count) {
      std::int64_t i = taken(one, a_count, other, b_count, own), j = own - i;
      for (std::int64_t l = own; l < own + each && l < count; ++l) {
        const bool is_a = j >= b_count || (i < a_count && is_less(one[i], other[j]));
        out.set(first + l, is_a ? one[i++] : other[j++]);
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
  std::uint64_t flip;
  KeyedRows out;

  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t i = first(t); i < nest.count; i += step(t))
      out.set(i, {kernels::key_of(x[offset_of(nest, i)]) ^ flip,
                  static_cast<std::uint32_t>(i - quotient(i, n) * n)});
  }
};

struct WritePlaces {
  std::int64_t count, keep, n;
  const std::uint32_t* sorted;  // places
  std::int64_t* out;

  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t i = first(t); i < count; i += step(t)) {
      const std::int64_t row = quotient(i, keep);
      out[i] = sorted[row * n + i - row * keep];
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

SortRows::SortRows(int device, std::int64_t rows, std::int64_t n)
    : device_(device),
      rows_(rows),
      n_(n),
      memory_(device, n > UINT32_MAX ? SIZE_MAX / 2
                                     : static_cast<std::size_t>(2 * rows * n) *
                                           (sizeof(std::uint64_t) + sizeof(std::uint32_t))),
      flag_(device, sizeof(int)) {}

KeyedRows SortRows::half(bool second) const {
  const std::int64_t count = rows_ * n_;
  auto* const keys = memory_.as<std::uint64_t>();
  auto* const places = reinterpret_cast<std::uint32_t*>(keys + 2 * count);
  return KeyedRows{keys, places}.from(second ? count : 0);
}

Status SortRows::find_descents(int* is_unsorted, Stream stream) const {
  const Status status = fill(DType::boolean, is_unsorted, sizeof(int), 0, stream);
  if (status != success) return status;
  // Few threads: each that finds a descent writes to the one flag.
  const std::int64_t blocks = std::min<std::int64_t>(grid_for(rows_ * n_).blocks, 1024);
  return launch(FindDescents{rows_, n_, data(), is_unsorted}, {blocks, threads}, stream);
}

Status SortRows::sort_tiles(int width, const int* is_unsorted, Stream stream) const {
  const std::int64_t tiles = (n_ + width - 1) / width * rows_, held = tile / width;
  const Grid grid{grid_for((tiles + held - 1) / held, 1).blocks, threads, tile * sizeof(Keyed)};
  return launch(SortTiles{rows_, n_, width, data(), is_unsorted}, grid, stream);
}

Status SortRows::merge_runs(std::int64_t run, std::int64_t keep, const int* is_unsorted,
                            Stream stream) {
  const KeyedRows from = data();
  is_in_second_ = !is_in_second_;
  const std::int64_t pairs = (n_ + 2 * run - 1) / (2 * run);
  const std::int64_t of_pair = (std::min({2 * run, keep, n_}) + tile - 1) / tile;
  // What was in order is still in the first half: the last merge brings it where others end.
  const bool is_needed = pairs == 1 && is_in_second_;
  return launch(MergeRuns{rows_, n_, run, keep, pairs, of_pair, from, data(),
                          is_needed ? nullptr : is_unsorted},
                {grid_for(rows_ * pairs * of_pair, 1).blocks, threads, tile * sizeof(Keyed)},
                stream);
}

Status SortRows::sort_by_library(int bits, Stream stream) {
  const KeyedRows from = data(), to = half(!is_in_second_);
  bool is_moved = false;
  const Status status = library::sort_pairs(
      device_, {{from.key, to.key}, {from.place, to.place}, rows_, n_, bits}, &is_moved, stream);
  if (is_moved) is_in_second_ = !is_in_second_;
  return status;
}

Status SortRows::sort(std::int64_t keep, int bits, Stream stream) {
  // The library's radix sort reads and writes everything for each eight bits of a key.
  constexpr std::int64_t least_for_library = 1 << 15;
  if (n_ >= least_for_library && n_ <= INT_MAX && keep > n_ / 8) {
    const Status status = sort_by_library(bits, stream);
    if (status != not_supported) return status;
  }
  int width = 1;
  while (width < n_ && width < tile) width *= 2;
  int* const flag = n_ > width ? flag_.as<int>() : nullptr;
  Status status = flag ? find_descents(flag, stream) : success;
  if (status == success) status = sort_tiles(width, flag, stream);
  for (std::int64_t run = width; run < n_ && status == success; run *= 2)
    status = merge_runs(run, keep, flag, stream);
  return status;
}

Status argsort(int device, DType dtype, kernels::Shape shape, kernels::View in, bool descending,
               std::int64_t keep, std::int64_t* out, Stream stream) {
  const Nest nest(shape, &in, 1);
  if (nest.count * keep == 0) return success;
  const std::int64_t n = shape.rank == 0 ? 1 : shape.size[shape.rank - 1], rows = nest.count / n;
  SortRows sorted(device, rows, n);
  if (sorted.status() != success) return sorted.status();
  const Status status = visit_dtype(dtype, [&](auto t) {
    using T = decltype(t);
    const std::uint64_t flip = descending ? ~std::uint64_t{0} >> (64 - kernels::key_bits<T>) : 0;
    const Status made =
        launch(MakeKeys<T>{nest, n, static_cast<const T*>(in.data), flip, sorted.data()},
               grid_for(nest.count), stream);
    return made == success ? sorted.sort(keep, kernels::key_bits<T>, stream) : made;
  });
  if (status != success) return status;
  return launch(WritePlaces{rows * keep, keep, n, sorted.data().place, out}, grid_for(rows * keep),
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
