// Sorting of keys with the places that they come from: what argsort and scatter are made of.
#pragma once

#include "gpu.h"
#include "memory.h"

namespace wald::gpu {

/// Ordered by key, then by place: sorting is stable where places ascend. Moved 16 bytes at a time.
struct alignas(16) Keyed {
  std::uint64_t key;
  std::uint32_t place;
};

/// Rows of them in the memory of a device, keys and places apart.
struct KeyedRows {
  std::uint64_t* key;
  std::uint32_t* place;

  WALD_ANYWHERE Keyed operator[](std::int64_t i) const { return {key[i], place[i]}; }
  WALD_ANYWHERE void set(std::int64_t i, const Keyed& to) const {
    key[i] = to.key;
    place[i] = to.place;
  }
  WALD_ANYWHERE KeyedRows from(std::int64_t i) const { return {key + i, place + i}; }
};

/// Memory for rows of n elements each, twice: what is sorted, and what it is sorted into.
class SortRows {
 public:
  /// Rows of 2^32 elements and more have no memory.
  SortRows(int device, std::int64_t rows, std::int64_t n);

  Status status() const { return memory_.status() == success ? flag_.status() : memory_.status(); }
  /// [rows, n], to be filled; after sort() the first `keep` of each row are in order.
  KeyedRows data() const { return half(is_in_second_); }
  /// By keys that differ in their lowest `bits` alone; `keep` > 0. Rows that are all in order
  /// already, as the times and the groups of data often are, are read once and left as they are,
  /// where they are not the library's.
  Status sort(std::int64_t keep, int bits, Stream stream);

 private:
  KeyedRows half(bool second) const;
  Status find_descents(int* is_unsorted, Stream stream) const;
  Status sort_tiles(int width, const int* is_unsorted, Stream stream) const;
  Status merge_runs(std::int64_t run, std::int64_t keep, const int* is_unsorted, Stream stream);
  Status sort_by_library(int bits, Stream stream);

  int device_;
  std::int64_t rows_, n_;
  Scratch memory_, flag_;
  bool is_in_second_ = false;
};

}  // namespace wald::gpu
