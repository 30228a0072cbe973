// Sorting of keys with the places that they come from: what argsort and scatter are made of.
#pragma once

#include "gpu.h"
#include "memory.h"

namespace wald::gpu {

/// Ordered by key, then by place: sorting is stable where places ascend.
struct Keyed {
  std::uint64_t key;
  std::int64_t place;
};

/// Memory for rows of n elements each, twice: what is sorted, and what it is merged into.
class SortRows {
 public:
  SortRows(int device, std::int64_t rows, std::int64_t n)
      : rows_(rows),
        n_(n),
        memory_(device, static_cast<std::size_t>(2 * rows * n) * sizeof(Keyed)),
        flag_(device, sizeof(int)) {}

  Status status() const {
    return memory_.status() == success ? flag_.status() : memory_.status();
  }
  /// [rows, n], to be filled; after sort() the first `keep` of each row are in order.
  Keyed* data() { return memory_.as<Keyed>() + (is_in_second_ ? rows_ * n_ : 0); }
  /// Rows that are long and all in order already, as the times and the groups of data often are,
  /// are read once and left as they are.
  Status sort(std::int64_t keep, Stream stream);

 private:
  std::int64_t rows_, n_;
  Scratch memory_, flag_;
  bool is_in_second_ = false;
};

}  // namespace wald::gpu
