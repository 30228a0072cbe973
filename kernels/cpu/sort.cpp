// Elements become keys, whole numbers of the same order; sorting by key and then by place is
// stable. Long rows go through a radix sort, least significant digit first, whose passes run on
// all threads; short ones through std::sort, a row for each task.
#include "sort.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <wald/kernels/ordering.h>

#include "parallel.h"
#include "runs.h"

namespace wald::kernels {
namespace {

struct Keyed {
  std::uint64_t key;
  std::int64_t place;
  friend bool operator<(const Keyed& a, const Keyed& b) {
    return a.key != b.key ? a.key < b.key : a.place < b.place;
  }
};

class RadixSort {
 public:
  explicit RadixSort(std::int64_t n)
      : n_(n),
        blocks_(n > 65536 ? num_threads() : 1),
        other_(n),
        counts_(static_cast<std::size_t>(blocks_) * buckets) {}

  /// Sorts x by key, stably; what it returns is x or memory that lives as long as this.
  Keyed* operator()(Keyed* x) {
    std::uint64_t all = ~std::uint64_t{0}, any = 0;
    for (std::int64_t i = 0; i < n_; ++i) {
      all &= x[i].key;
      any |= x[i].key;
    }
    Keyed* y = other_.data();
    for (int shift = 0; shift < 64; shift += bits)
      if ((all ^ any) >> shift & (buckets - 1)) {  // else every key has the same digit
        pass(x, y, shift);
        std::swap(x, y);
      }
    return x;
  }

 private:
  static constexpr int bits = 8;
  static constexpr std::int64_t buckets = 1 << bits;

  void pass(const Keyed* from, Keyed* to, int shift) {
    parallel_for(blocks_, [&](std::int64_t b) {
      std::int64_t count[buckets] = {};
      for (std::int64_t i = begin(b); i < begin(b + 1); ++i)
        ++count[from[i].key >> shift & (buckets - 1)];
      std::copy_n(count, buckets, &counts_[b * buckets]);
    });
    std::int64_t next = 0;
    for (std::int64_t digit = 0; digit < buckets; ++digit)
      for (std::int64_t b = 0; b < blocks_; ++b)
        next += std::exchange(counts_[b * buckets + digit], next);
    parallel_for(blocks_, [&](std::int64_t b) {
      std::int64_t place[buckets];
      std::copy_n(&counts_[b * buckets], buckets, place);
      for (std::int64_t i = begin(b); i < begin(b + 1); ++i)
        to[place[from[i].key >> shift & (buckets - 1)]++] = from[i];
    });
  }
  std::int64_t begin(std::int64_t block) const { return n_ * block / blocks_; }

  std::int64_t n_, blocks_;
  Scratch<Keyed> other_;
  std::vector<std::int64_t> counts_;
};

/// The places of the first `keep` elements of a row in order.
template <class T>
void argsort_row(const T* x, std::int64_t stride, std::int64_t n, bool descending,
                 std::int64_t keep, std::int64_t* out) {
  constexpr std::int64_t shortest_radix = 512;
  const Scratch<Keyed> keyed(n);
  const std::uint64_t flip = descending ? ~std::uint64_t{0} : 0;
  parallel_ranges(n, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) keyed[i] = {key_of(x[i * stride]) ^ flip, i};
  });
  auto write = [&](const Keyed* sorted) {
    parallel_ranges(keep, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) out[i] = sorted[i].place;
    });
  };
  Keyed* first = keyed.data();
  if (keep <= n / 16) {
    std::nth_element(first, first + keep, first + n);
    std::sort(first, first + keep);
  } else if (n < shortest_radix) {
    std::sort(first, first + n);
  } else {
    RadixSort sort(n);
    return write(sort(first));
  }
  write(first);
}

}  // namespace

void argsort(DType dtype, Shape shape, View in, bool descending, std::int64_t keep,
             std::int64_t* out) {
  const int last = shape.rank - 1;
  const std::int64_t n = shape.size[last], stride = in.stride[last];
  const Nest rows({last, shape.size}, &in, 1);
  if (rows.count * keep == 0) return;
  visit_dtype(dtype, [&](auto type) {
    const auto* x = static_cast<const decltype(type)*>(in.data);
    const std::int64_t each = std::max<std::int64_t>(1, 4096 / std::max<std::int64_t>(1, n));
    parallel_for((rows.count + each - 1) / each, [&](std::int64_t task) {
      for (std::int64_t row = task * each; row < std::min(rows.count, (task + 1) * each); ++row)
        argsort_row(x + Cursor(rows, 0, row).offset(), stride, n, descending, keep,
                    out + row * keep);
    });
  });
}

void searchsorted(DType dtype, Shape shape, View sequence, std::int64_t n, std::int64_t step,
                  View values, bool right, std::int64_t* out) {
  const View views[] = {sequence, values};
  const Nest nest(shape, views, 2);
  const int last = nest.rank - 1;
  if (nest.count == 0) return;
  visit_dtype(dtype, [&](auto type) {
    using T = decltype(type);
    parallel_ranges(nest.count, [&](std::int64_t begin, std::int64_t end) {
      std::int64_t* to = out + begin;
      for_each_run(nest, begin, end, [&](const std::int64_t* at, std::int64_t m) {
        const T* from = static_cast<const T*>(sequence.data) + at[0];
        const T* value = static_cast<const T*>(values.data) + at[1];
        for (std::int64_t i = 0; i < m; ++i)
          *to++ = place_in(from + i * nest.stride[0][last], n, step,
                           value[i * nest.stride[1][last]], right);
      });
    });
  });
}

}  // namespace wald::kernels
