// Sums of exponentials along an axis, folded as reductions are, and what stands over those sums.
#include "fold_axes.h"

namespace wald::gpu {
namespace {

using kernels::Softmax;
using Sum = Exponentials::Result;

template <class T>
struct OverSums {
  Softmax kind;
  Nest nest;              // x, contiguous in the result
  std::int64_t n, inner;  // of the axis; elements between its neighbours in the result
  const T* x;
  const Sum* sums;
  T* out;

  WALD_DEVICE double over(double value, const Sum& sum) const {
    if (kind != Softmax::logsumexp_gradient && !Exponentials::is_finite(sum))
      return sum.m - sum.m;  // nan
    if (kind == Softmax::log_softmax) return (value - sum.m) - Exponentials::log_over_largest(sum);
    if (sum.m == -infinity) return 0;  // the limit, as are equal shares of what is +inf
    return (value == sum.m ? 1.0 : ::exp(value - sum.m)) / (sum.count + sum.tail);
  }
  WALD_DEVICE void operator()(const Thread& t) const {
    const std::int64_t slab = n * inner;
    for (std::int64_t i = first(t); i < nest.count; i += step(t)) {
      const std::int64_t line = quotient(i, slab) * inner + (i - quotient(i, inner) * inner);
      out[i] = static_cast<T>(over(static_cast<double>(x[offset_of(nest, i)]), sums[line]));
    }
  }
};

template <class T>
Status softmax_as(Softmax kind, kernels::Shape shape, kernels::View in, int axis, void* out,
                  Folding& o) {
  if (kind == Softmax::logsumexp) return fold<Exponentials, T, T>(o);
  const Nest nest(shape, &in, 1);
  if (nest.count == 0) return success;
  const Scratch sums(o.device, static_cast<std::size_t>(o.kept.count) * sizeof(Sum));
  if (sums.status() != success) return sums.status();
  o.out = sums.as<Sum>();
  const Status status = fold<Exponentials, T, Sum>(o);
  if (status != success) return status;
  std::int64_t inner = 1;
  for (int i = axis + 1; i < shape.rank; ++i) inner *= shape.size[i];
  return launch(OverSums<T>{kind, nest, shape.size[axis], inner, static_cast<const T*>(in.data),
                            sums.as<Sum>(), static_cast<T*>(out)},
                grid_for(nest.count), o.stream);
}

}  // namespace

Status softmax(int device, Softmax kind, DType dtype, kernels::Shape shape, kernels::View in,
               int axis, void* out, Stream stream) {
  Folding o(device, shape, in, std::uint64_t{1} << axis, out, stream);
  if (o.kept.count == 0) return success;
  return dtype == DType::float64 ? softmax_as<double>(kind, shape, in, axis, out, o)
                                 : softmax_as<float>(kind, shape, in, axis, out, o);
}

}  // namespace wald::gpu
