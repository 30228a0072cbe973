// Reductions and where extremes stand.
#include "fold_axes.h"

namespace wald::gpu {
namespace {

using kernels::Reduction;

template <class T>
Status reduce_as(Reduction kind, const Folding& o) {
  constexpr bool is_floating = std::is_floating_point_v<T>;
  using Wide = std::conditional_t<is_floating, double, std::int64_t>;
  using Written = std::conditional_t<is_floating, T, std::int64_t>;
  switch (kind) {
    case Reduction::sum:
      return fold<Total<Wide>, T, Written>(o);
    case Reduction::prod:
      return fold<Total<Wide, true>, T, Written>(o);
    case Reduction::max:
      return fold<Extreme<T, true>, T, T>(o);
    case Reduction::min:
      return fold<Extreme<T, false>, T, T>(o);
    case Reduction::norm:
      break;
  }
  if constexpr (is_floating) return fold<Norm, T, T>(o);
  __builtin_trap();
}

}  // namespace

Status reduce(int device, Reduction kind, DType dtype, kernels::Shape shape, kernels::View in,
              std::uint64_t axes, void* out, Stream stream) {
  const Folding o(device, shape, in, axes, out, stream);
  if (o.kept.count == 0) return success;
  return visit_dtype(dtype, [&](auto t) { return reduce_as<decltype(t)>(kind, o); });
}

Status arg_reduce(int device, Reduction kind, DType dtype, kernels::Shape shape, kernels::View in,
                  int axis, std::int64_t* out, Stream stream) {
  const Folding o(device, shape, in, std::uint64_t{1} << axis, out, stream);
  if (o.kept.count == 0) return success;
  return visit_dtype(dtype, [&](auto t) {
    using T = decltype(t);
    return kind == Reduction::max ? fold<FirstExtreme<T, true>, T, std::int64_t>(o)
                                  : fold<FirstExtreme<T, false>, T, std::int64_t>(o);
  });
}

}  // namespace wald::gpu
