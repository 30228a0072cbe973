// Gathering, exchanging rows, and what reads an index or a mask alone. scatter is in scatter.cu.
#include "elements.h"
#include "memory.h"

namespace wald::gpu {
namespace {

/// out[i] is the element of `in` at its own place on every axis but the one that is indexed, whose
/// stride in the nest is 0.
template <class T>
struct Gather {
  Nest nest;  // in, index
  const T* in;
  std::int64_t step_along;
  const std::int64_t* index;
  T* out;

  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t i = first(t); i < nest.count; i += step(t)) {
      std::int64_t at[2];
      find_offsets(nest, i, at);
      out[i] = in[at[0] + index[at[1]] * step_along];
    }
  }
};

template <class T>
struct PermuteRows {
  std::int64_t count, n, columns;  // elements; rows of a matrix
  const T* in;
  const std::int64_t* rows;
  bool inverse;
  T* out;

  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t i = first(t); i < count; i += step(t)) {
      const std::int64_t row = quotient(i, columns), column = i - row * columns;
      const std::int64_t other = (quotient(row, n) * n + rows[row]) * columns + column;
      out[inverse ? other : i] = in[inverse ? i : other];
    }
  }
};

/// Of a mask, in parts of fixed length: how many elements are true, or, once those counts have been
/// summed up to each part, their places.
template <bool writes>
struct FindTrue {
  static constexpr std::int64_t part = 64;
  Nest nest;
  const std::uint8_t* mask;
  std::int64_t* counts;
  std::int64_t* places;

  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t p = first(t); p * part < nest.count; p += step(t)) {
      const std::int64_t end = (p + 1) * part < nest.count ? (p + 1) * part : nest.count;
      std::int64_t found = writes && p > 0 ? counts[p - 1] : 0;
      for (std::int64_t i = p * part; i < end; ++i) {
        if (!mask[offset_of(nest, i)]) continue;
        if constexpr (writes) places[found] = i;
        ++found;
      }
      if constexpr (!writes) counts[p] = found;
    }
  }
};

}  // namespace

Status gather(DType dtype, kernels::Shape shape, kernels::View in, int axis, kernels::View index,
              void* out, Stream stream) {
  std::int64_t stride[kernels::max_axes];
  for (int i = 0; i < shape.rank; ++i) stride[i] = i == axis ? 0 : in.stride[i];
  const kernels::View views[] = {{in.data, stride}, index};
  const Nest nest(shape, views, 2);
  if (nest.count == 0) return success;
  const auto* places = static_cast<const std::int64_t*>(index.data);
  const auto run = [&](auto t) {
    using T = decltype(t);
    return launch(Gather<T>{nest, static_cast<const T*>(in.data), in.stride[axis], places,
                            static_cast<T*>(out)},
                  grid_for(nest.count), stream);
  };
  switch (size_of(dtype)) {
    case 1:
      return run(std::uint8_t{});
    case 4:
      return run(std::uint32_t{});
    default:
      return run(std::uint64_t{});
  }
}

Status permute_rows(const kernels::Matrices& x, const std::int64_t* rows, bool inverse, void* out,
                    Stream stream) {
  const std::int64_t count = x.batch * x.rows * x.cols;
  if (count == 0) return success;
  const auto run = [&](auto t) {
    using T = decltype(t);
    return launch(PermuteRows<T>{count, x.rows, x.cols, static_cast<const T*>(x.data), rows,
                                 inverse, static_cast<T*>(out)},
                  grid_for(count), stream);
  };
  return size_of(x.dtype) == 8 ? run(std::uint64_t{}) : run(std::uint32_t{});
}

Status index_bounds(int device, kernels::Shape shape, kernels::View index, std::int64_t* low,
                    std::int64_t* high, Stream stream) {
  using kernels::Reduction;
  const Scratch memory(device, 2 * sizeof(std::int64_t));
  if (memory.status() != success) return memory.status();
  auto* const bounds = memory.as<std::int64_t>();
  const std::uint64_t axes = ~std::uint64_t{0};
  Status status = reduce(device, Reduction::min, DType::int64, shape, index, axes, bounds, stream);
  if (status == success)
    status = reduce(device, Reduction::max, DType::int64, shape, index, axes, bounds + 1, stream);
  std::int64_t found[2] = {};
  if (status == success) status = copy(found, bounds, sizeof found, stream);
  if (status == success) status = synchronize(stream);
  *low = found[0];
  *high = found[1];
  return status;
}

Status places_of_true(int device, kernels::Shape shape, kernels::View mask, std::int64_t* out,
                      std::int64_t* count, Stream stream) {
  const Nest nest(shape, &mask, 1);
  *count = 0;
  if (nest.count == 0) return success;
  const std::int64_t parts = (nest.count + FindTrue<false>::part - 1) / FindTrue<false>::part;
  const Scratch memory(device, static_cast<std::size_t>(parts) * sizeof(std::int64_t));
  if (memory.status() != success) return memory.status();
  auto* const counts = memory.as<std::int64_t>();
  const auto* is_true = static_cast<const std::uint8_t*>(mask.data);
  Status status = launch(FindTrue<false>{nest, is_true, counts, nullptr}, grid_for(parts), stream);
  const std::int64_t one = 1;
  const kernels::View sums{counts, &one};
  if (status == success)
    status = scan(device, kernels::Scan::sum, DType::int64, {1, &parts}, sums, sums, 0, false,
                  counts, stream);
  if (status == success) status = copy(count, counts + parts - 1, sizeof *count, stream);
  if (status == success && out)
    status = launch(FindTrue<true>{nest, is_true, counts, out}, grid_for(parts), stream);
  return status == success ? synchronize(stream) : status;
}

}  // namespace wald::gpu
