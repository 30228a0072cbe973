// Scattering: out[.., index, ..] = or += source. Elements that meet in one place are taken in the
// order of the index, so the work is split where that order can be kept: between slices along the
// indexed axis, or between ranges of the result. A long axis scattered into a short one is added
// in blocks whose number depends on the shapes alone, each into a result of its own.
#include <algorithm>
#include <vector>

#include "index.h"
#include "parallel.h"
#include "runs.h"

namespace wald::kernels {
namespace {

constexpr std::int64_t task_elements = 65536;

/// The indexed axis, and the other axes as a Nest of source, index and result.
struct Layout {
  Nest others;
  std::int64_t n, source_step, index_step, out_step;
  std::int64_t places;     // the result's size along the axis
  std::int64_t out_count;  // its elements

  std::int64_t source_stride() const { return others.stride[0][others.rank - 1]; }
  std::int64_t index_stride() const { return others.stride[1][others.rank - 1]; }
  std::int64_t out_stride() const { return others.stride[2][others.rank - 1]; }
  bool is_shared() const {
    for (int axis = 0; axis < others.rank; ++axis)
      if (others.size[axis] > 1 && others.stride[1][axis] != 0) return false;
    return true;
  }
};

template <class T>
struct Set {
  static void put(T& to, T value) { to = value; }
};
template <class A>
struct Add {
  template <class T>
  static void put(A& to, T value) {
    to = static_cast<A>(to + static_cast<A>(value));
  }
};

template <class T, class A, class How>
struct Scatterer {
  const Layout& layout;
  const T* source;
  const std::int64_t* index;

  /// Of the m slices from `at` on, the elements begin ... end of the axis, or those in `list`.
  void run(const std::int64_t* at, std::int64_t m, std::int64_t begin, std::int64_t end,
           const std::int64_t* list, A* out) const {
    const std::int64_t ss = layout.source_stride(), is = layout.index_stride(),
                       os = layout.out_stride();
    const T* from = source + at[0];
    const std::int64_t* place = index + at[1];
    A* to = out + at[2];
    auto put_row = [&](std::int64_t i) {
      const T* row = from + i * layout.source_step;
      const std::int64_t* row_place = place + i * layout.index_step;
      if (is == 0) {
        A* row_out = to + *row_place * layout.out_step;
        for (std::int64_t s = 0; s < m; ++s) How::put(row_out[s * os], row[s * ss]);
      } else {
        for (std::int64_t s = 0; s < m; ++s)
          How::put(to[s * os + row_place[s * is] * layout.out_step], row[s * ss]);
      }
    };
    if (list && m == 1)
      for (std::int64_t i = begin; i < end; ++i)
        How::put(to[place[list[i] * layout.index_step] * layout.out_step],
                 from[list[i] * layout.source_step]);
    else if (list)
      for (std::int64_t i = begin; i < end; ++i) put_row(list[i]);
    else if (m == 1 || layout.source_step < ss)
      for (std::int64_t s = 0; s < m; ++s)
        run_one(from + s * ss, place + s * is, to + s * os, begin, end);
    else
      for (std::int64_t i = begin; i < end; ++i) put_row(i);
  }

  /// One slice. What meets the same place as the element before is put into a register: through
  /// memory each would wait for the last.
  void run_one(const T* from, const std::int64_t* place, A* out, std::int64_t begin,
               std::int64_t end) const {
    if (begin == end) return;
    std::int64_t at = place[begin * layout.index_step];
    A held = out[at * layout.out_step];
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t next = place[i * layout.index_step];
      if (next != at) {
        out[at * layout.out_step] = held;
        at = next;
        held = out[at * layout.out_step];
      }
      How::put(held, from[i * layout.source_step]);
    }
    out[at * layout.out_step] = held;
  }

  void all_slices(std::int64_t begin, std::int64_t end, const std::int64_t* list, A* out) const {
    for_each_run(
        layout.others, 0, layout.others.count,
        [&](const std::int64_t* at, std::int64_t m) { run(at, m, begin, end, list, out); });
  }

  void by_slices(A* out) const {
    const std::int64_t slices = layout.others.count;
    const std::int64_t wanted = std::max<std::int64_t>(1, slices * layout.n / task_elements);
    const std::int64_t tasks = std::min({slices, wanted, std::int64_t{4} * num_threads()});
    parallel_for(tasks, [&](std::int64_t task) {
      for_each_run(
          layout.others, slices * task / tasks, slices * (task + 1) / tasks,
          [&](const std::int64_t* at, std::int64_t m) { run(at, m, 0, layout.n, nullptr, out); });
    });
  }

  /// Each task puts what falls into its own range of the result; for an index that all slices
  /// share.
  void by_places(A* out) const {
    const std::int64_t step = layout.index_step, n = layout.n;
    bool is_sorted = true;
    for (std::int64_t i = 1; i < n && is_sorted; ++i)
      is_sorted = index[(i - 1) * step] <= index[i * step];
    const std::int64_t tasks = num_threads();
    parallel_for(tasks, [&](std::int64_t task) {
      const std::int64_t low = layout.places * task / tasks;
      const std::int64_t high = layout.places * (task + 1) / tasks;
      if (is_sorted)
        all_slices(first_not_below(low), first_not_below(high), nullptr, out);
      else
        pick(low, high, out);
    });
  }

  std::int64_t first_not_below(std::int64_t place) const {
    std::int64_t low = 0, high = layout.n;
    while (low < high) {
      const std::int64_t middle = low + (high - low) / 2;
      if (index[middle * layout.index_step] < place)
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }

  void pick(std::int64_t low, std::int64_t high, A* out) const {
    constexpr std::int64_t block = 1024;
    std::int64_t list[block];
    const auto width = static_cast<std::uint64_t>(high - low);
    for (std::int64_t begin = 0; begin < layout.n; begin += block) {
      const std::int64_t end = std::min(layout.n, begin + block);
      std::int64_t found = 0;
      for (std::int64_t i = begin; i < end; ++i) {  // no branch: half of them would be missed
        list[found] = i;
        found += static_cast<std::uint64_t>(index[i * layout.index_step] - low) < width;
      }
      all_slices(0, found, list, out);
    }
  }
};

/// Into how many results of their own a sum is split; 1 for none.
std::int64_t private_blocks(const Layout& layout) {
  constexpr std::int64_t most = 32, few_slices = 64;
  const std::int64_t total = layout.n * layout.others.count;
  if (layout.others.count >= few_slices || total < 2 * task_elements) return 1;
  return std::max<std::int64_t>(
      1, std::min({most, total / task_elements,
                   total / (4 * std::max<std::int64_t>(1, layout.out_count))}));
}

template <class T, class A, class How>
void scatter_in_order(const Layout& layout, const T* source, const std::int64_t* index, A* out) {
  const Scatterer<T, A, How> scatterer{layout, source, index};
  const std::int64_t slices = layout.others.count;
  const bool is_small = slices * layout.n < 2 * task_elements;
  if (is_small || num_threads() == 1 || slices >= 2 * num_threads())
    return scatterer.by_slices(out);
  if (layout.is_shared()) return scatterer.by_places(out);
  Layout one = layout;
  one.others.rank = 1;
  one.others.size[0] = one.others.count = 1;
  for_each_run(layout.others, 0, slices, [&](const std::int64_t* at, std::int64_t m) {
    for (std::int64_t s = 0; s < m; ++s)
      Scatterer<T, A, How>{one, source + at[0] + s * layout.source_stride(),
                           index + at[1] + s * layout.index_stride()}
          .by_places(out + at[2] + s * layout.out_stride());
  });
}

/// Adds into `out`, through accumulators of type A.
template <class A, class T>
void scatter_add_as(const Layout& layout, const void* source_data, const std::int64_t* index,
                    void* out_data) {
  const T* source = static_cast<const T*>(source_data);
  T* out = static_cast<T*>(out_data);
  const std::int64_t blocks = private_blocks(layout), count = layout.out_count;
  if (blocks == 1) {
    if constexpr (sizeof(A) == sizeof(T))
      return scatter_in_order<T, A, Add<A>>(layout, source, index, reinterpret_cast<A*>(out));
  }
  const Scratch<A> partial(blocks * count);
  parallel_for(blocks, [&](std::int64_t b) {
    std::fill_n(partial.data() + b * count, count, A{0});
    if (blocks > 1)
      Scatterer<T, A, Add<A>>{layout, source, index}.all_slices(
          layout.n * b / blocks, layout.n * (b + 1) / blocks, nullptr, partial.data() + b * count);
  });
  if (blocks == 1) scatter_in_order<T, A, Add<A>>(layout, source, index, partial.data());
  parallel_ranges(count, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t j = begin; j < end; ++j) {
      A total = static_cast<A>(out[j]);
      for (std::int64_t b = 0; b < blocks; ++b) total += partial[b * count + j];
      out[j] = static_cast<T>(total);
    }
  });
}

template <class T>
void scatter_set_as(const Layout& layout, const void* source, const std::int64_t* index,
                    void* out) {
  scatter_in_order<T, T, Set<T>>(layout, static_cast<const T*>(source), index,
                                 static_cast<T*>(out));
}

Layout layout_of(Shape shape, View source, View index, int axis, Shape out_shape, void* out) {
  std::int64_t out_stride[max_axes], out_count = 1;
  for (int i = out_shape.rank; i-- > 0; out_count *= out_shape.size[i]) out_stride[i] = out_count;
  std::int64_t size[max_axes], stride[3][max_axes];
  int rank = 0;
  for (int i = 0; i < shape.rank; ++i) {
    if (i == axis) continue;
    size[rank] = shape.size[i];
    stride[0][rank] = source.stride[i];
    stride[1][rank] = index.stride[i];
    stride[2][rank++] = out_stride[i];
  }
  const View views[] = {{source.data, stride[0]}, {index.data, stride[1]}, {out, stride[2]}};
  return {Nest({rank, size}, views, 3),
          shape.size[axis],
          source.stride[axis],
          index.stride[axis],
          out_stride[axis],
          out_shape.size[axis],
          out_count};
}

}  // namespace

void scatter(DType dtype, bool add, Shape shape, View source, View index, int axis, Shape out_shape,
             void* out) {
  const Layout layout = layout_of(shape, source, index, axis, out_shape, out);
  if (layout.n * layout.others.count == 0) return;
  const auto* places = static_cast<const std::int64_t*>(index.data);
  if (add && dtype == DType::float64)
    return scatter_add_as<double, double>(layout, source.data, places, out);
  if (add && dtype == DType::float32)
    return scatter_add_as<double, float>(layout, source.data, places, out);
  if (add)  // whole numbers wrap around as two's complement does
    return scatter_add_as<std::uint64_t, std::int64_t>(layout, source.data, places, out);
  switch (size_of(dtype)) {
    case 1:
      return scatter_set_as<std::uint8_t>(layout, source.data, places, out);
    case 4:
      return scatter_set_as<std::uint32_t>(layout, source.data, places, out);
    default:
      return scatter_set_as<std::uint64_t>(layout, source.data, places, out);
  }
}

}  // namespace wald::kernels
