// Moving by index.
#include "elements.h"

namespace wald::gpu {
namespace {

using kernels::Nest;

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
      const std::int64_t place = index[offset_of(nest, 1, i)];
      out[i] = in[offset_of(nest, 0, i) + place * step_along];
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

}  // namespace wald::gpu
