// Sorting by CUB or hipCUB, where their headers were there when this was built.
#include "library.h"
#include "memory.h"

#if defined(__CUDACC__) && __has_include(<cub/device/device_radix_sort.cuh>)
#include <cub/device/device_radix_sort.cuh>
#define WALD_RADIX_SORT cub
#elif defined(__HIPCC__) && __has_include(<hipcub/device/device_radix_sort.hpp>)
#include <hipcub/device/device_radix_sort.hpp>
#define WALD_RADIX_SORT hipcub
#endif

#if defined(WALD_RADIX_SORT)

namespace wald::gpu::library {

Status sort_pairs(int device, const Pairs& rows, bool* is_moved, Stream stream) {
  namespace sort = WALD_RADIX_SORT;
  const int n = static_cast<int>(rows.n);
  const auto sort_row = [&](std::int64_t row, void* work, std::size_t& bytes) {
    const std::int64_t at = row * rows.n;
    sort::DoubleBuffer<std::uint64_t> keys(rows.keys[0] + at, rows.keys[1] + at);
    sort::DoubleBuffer<std::uint32_t> places(rows.places[0] + at, rows.places[1] + at);
    const Status status =
        sort::DeviceRadixSort::SortPairs(work, bytes, keys, places, n, 0, rows.bits, stream);
    // The same for all rows: it depends on n and the bits.
    if (work) *is_moved = keys.selector == 1;
    return status;
  };
  std::size_t bytes = 0;
  Status status = sort_row(0, nullptr, bytes);
  if (status != success) return status;
  const Scratch work(device, bytes);
  status = work.status();
  for (std::int64_t row = 0; row < rows.rows && status == success; ++row)
    status = sort_row(row, work.as<void>(), bytes);
  return status;
}

}  // namespace wald::gpu::library

#elif defined(__CUDACC__) || defined(__HIPCC__)

namespace wald::gpu::library {

Status sort_pairs(int, const Pairs&, bool*, Stream) { return not_supported; }

}  // namespace wald::gpu::library

#endif
