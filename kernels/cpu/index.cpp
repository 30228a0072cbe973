// Gathering, and what reads an index or a mask alone. scatter is in scatter.cpp.
#include "index.h"

#include <algorithm>
#include <mutex>
#include <vector>

#include "parallel.h"
#include "runs.h"

namespace wald::kernels {
namespace {

/// Element i of a run comes from in[index[i] * step], beside its own place along the run.
template <class T>
struct Gatherer {
  const Nest& nest;
  const T* in;
  std::int64_t step;  // of `in` along the axis that is indexed
  const std::int64_t* index;
  T* out;

  void run(const std::int64_t* at, std::int64_t n) const {
    const int last = nest.rank - 1;
    const std::int64_t in_stride = nest.stride[0][last], index_stride = nest.stride[1][last];
    const T* from = in + at[0];
    const std::int64_t* places = index + at[1];
    T* to = out + at[2];
    if (index_stride == 0)
      copy_row(from + *places * step, in_stride, to, n);
    else if (in_stride == 0 && index_stride == 1)
      for (std::int64_t i = 0; i < n; ++i) to[i] = from[places[i] * step];
    else
      for (std::int64_t i = 0; i < n; ++i)
        to[i] = from[i * in_stride + places[i * index_stride] * step];
  }

  /// Of n rows of `width` elements, each from one place; `at` is where the first row begins.
  void run_rows(const std::int64_t* at, std::int64_t n, std::int64_t width) const {
    const int last = nest.rank - 1;
    const std::int64_t in_stride = nest.stride[0][last], rows_in = nest.stride[0][last - 1],
                       rows_index = nest.stride[1][last - 1], rows_out = nest.stride[2][last - 1];
    for (std::int64_t i = 0; i < n; ++i)
      copy_row(in + at[0] + i * rows_in + index[at[1] + i * rows_index] * step, in_stride,
               out + at[2] + i * rows_out, width);
  }

  static void copy_row(const T* from, std::int64_t stride, T* to, std::int64_t n) {
    constexpr std::int64_t longest_inline = 32;  // a call costs more than copying so few
    if (stride == 1 && n > longest_inline)
      std::memcpy(to, from, n * sizeof(T));
    else
      for (std::int64_t i = 0; i < n; ++i) to[i] = from[i * stride];
  }
};

template <class T>
void gather_as(const Nest& nest, const void* in, std::int64_t step, const std::int64_t* index,
               void* out) {
  constexpr std::int64_t widest = 1024, task_elements = 65536;
  const Gatherer<T> gatherer{nest, static_cast<const T*>(in), step, index, static_cast<T*>(out)};
  const int last = nest.rank - 1;
  if (last > 0 && nest.stride[1][last] == 0 && nest.size[last] <= widest) {
    Nest rows = nest;
    --rows.rank;
    rows.count /= nest.size[last];
    const std::int64_t tasks = std::clamp<std::int64_t>(nest.count / task_elements, 1, rows.count);
    parallel_for(tasks, [&](std::int64_t task) {
      for_each_run(rows, rows.count * task / tasks, rows.count * (task + 1) / tasks,
                   [&](const std::int64_t* at, std::int64_t n) {
                     gatherer.run_rows(at, n, nest.size[last]);
                   });
    });
    return;
  }
  parallel_ranges(nest.count, [&](std::int64_t begin, std::int64_t end) {
    for_each_run(nest, begin, end,
                 [&](const std::int64_t* at, std::int64_t n) { gatherer.run(at, n); });
  });
}

}  // namespace

void gather(DType dtype, Shape shape, View in, int axis, View index, void* out) {
  std::int64_t in_stride[max_axes], out_stride[max_axes], stride = 1;
  for (int i = shape.rank; i-- > 0; stride *= shape.size[i]) {
    in_stride[i] = i == axis ? 0 : in.stride[i];
    out_stride[i] = stride;
  }
  const View views[] = {{in.data, in_stride}, index, {out, out_stride}};
  const Nest nest(shape, views, 3);
  if (nest.count == 0) return;
  const auto* places = static_cast<const std::int64_t*>(index.data);
  const std::int64_t step = in.stride[axis];
  switch (size_of(dtype)) {
    case 1:
      return gather_as<std::uint8_t>(nest, in.data, step, places, out);
    case 4:
      return gather_as<std::uint32_t>(nest, in.data, step, places, out);
    default:
      return gather_as<std::uint64_t>(nest, in.data, step, places, out);
  }
}

void index_bounds(Shape shape, View index, std::int64_t* low, std::int64_t* high) {
  const Nest nest(shape, &index, 1);
  const auto* places = static_cast<const std::int64_t*>(index.data);
  const std::int64_t stride = nest.stride[0][nest.rank - 1];
  *low = *high = *places;
  std::mutex mutex;
  parallel_ranges(nest.count, [&](std::int64_t begin, std::int64_t end) {
    std::int64_t least = *places, most = *places;
    for_each_run(nest, begin, end, [&](const std::int64_t* at, std::int64_t n) {
      const std::int64_t* from = places + at[0];
      for (std::int64_t i = 0; i < n; ++i) {
        least = std::min(least, from[i * stride]);
        most = std::max(most, from[i * stride]);
      }
    });
    const std::lock_guard lock(mutex);
    *low = std::min(*low, least);
    *high = std::max(*high, most);
  });
}

std::int64_t places_of_true(Shape shape, View mask, std::int64_t* out) {
  constexpr std::int64_t block = 65536;
  const Nest nest(shape, &mask, 1);
  const auto* is_true = static_cast<const std::uint8_t*>(mask.data);
  const std::int64_t stride = nest.stride[0][nest.rank - 1];
  const std::int64_t blocks = (nest.count + block - 1) / block;
  std::vector<std::int64_t> begins(blocks + 1, 0);
  parallel_for(blocks, [&](std::int64_t b) {
    for_each_run(nest, b * block, std::min(nest.count, (b + 1) * block),
                 [&](const std::int64_t* at, std::int64_t n) {
                   std::int64_t count = 0;
                   for (std::int64_t i = 0; i < n; ++i) count += is_true[at[0] + i * stride];
                   begins[b + 1] += count;
                 });
  });
  for (std::int64_t b = 0; b < blocks; ++b) begins[b + 1] += begins[b];
  if (!out) return begins[blocks];
  parallel_for(blocks, [&](std::int64_t b) {
    constexpr std::int64_t piece = 1024;
    std::int64_t list[piece], place = b * block, next = begins[b];
    for_each_run(nest, place, std::min(nest.count, (b + 1) * block),
                 [&](const std::int64_t* at, std::int64_t n) {
                   const std::uint8_t* from = is_true + at[0];
                   while (n > 0) {
                     const std::int64_t m = std::min(n, piece);
                     std::int64_t found = 0;
                     for (std::int64_t i = 0; i < m; ++i) {  // no branch: half would be missed
                       list[found] = place + i;
                       found += from[i * stride];
                     }
                     std::copy_n(list, found, out + next);
                     next += found;
                     place += m;
                     from += m * stride;
                     n -= m;
                   }
                 });
  });
  return begins[blocks];
}

}  // namespace wald::kernels
