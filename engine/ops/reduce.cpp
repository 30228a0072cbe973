#include "reduce.h"

#include <fmt/format.h>

#include <algorithm>

#include <wald/engine/op.h>
#include <wald/engine/ops/pointwise.h>
#include <wald/engine/ops/shape.h>
#include <wald/engine/tensor_impl.h>

namespace wald {
namespace {

struct Sum final : Linear<Sum> {
  Sum(Dims a, Dims s) : axes(std::move(a)), sizes(std::move(s)) {}
  Dims axes;   // from the end, ascending
  Dims sizes;  // of those axes

  std::string_view name() const override { return "sum"; }
  Metas infer(Inputs in) const override {
    Dims shape = in[0].shape();
    const std::size_t rank = shape.size();
    for (std::size_t i = axes.size(); i-- > 0;) shape.erase(axis_at(axes[i], rank));
    return {{shape, in[0].dtype()}};
  }
  void run(Inputs in, std::span<Tensor> out) const override {
    std::uint64_t mask = 0;
    for (std::int64_t axis : axes) mask |= std::uint64_t{1} << axis_at(axis, in[0].shape().size());
    backend_of(in[0]).sum(in[0].dtype(), kernel_shape(in[0].shape()), in[0].impl()->view(), mask,
                          out[0].impl()->data());
  }
  Tensor transpose(const Tensor& g) const {
    Tensor x = g;
    // Each axis comes back at its place counted from the end, the last first.
    for (std::size_t i = axes.size(); i-- > 0;) x = unsqueeze(x, axes[i]);
    Dims shape = x.shape();
    for (std::size_t i = 0; i < axes.size(); ++i) shape[axis_at(axes[i], shape.size())] = sizes[i];
    return expand(x, shape);
  }
};

Dims all_axes(const Tensor& x) {
  Dims axes;
  for (std::int64_t axis = -x.dim(); axis < 0; ++axis) axes.push_back(axis);
  return axes;
}

}  // namespace

Tensor sum(const Tensor& x) { return sum(x, all_axes(x)); }

Tensor sum(const Tensor& x, const Dims& axes, bool keepdim) {
  if (x.dtype() == DType::boolean) return sum(to(x, DType::int64), axes, keepdim);
  Dims sorted, sizes;
  for (std::int64_t axis : axes) sorted.push_back(axis_from_end(axis, x.dim(), "sum"));
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    throw IndexError(fmt::format("sum: an axis stands twice in {}", to_string(axes)));
  for (std::int64_t axis : sorted) sizes.push_back(x.size(axis));
  Tensor total = sorted.empty() ? x : record(Sum(sorted, sizes), {x});
  if (keepdim)
    for (std::size_t i = sorted.size(); i-- > 0;) total = unsqueeze(total, sorted[i]);
  return total;
}

Tensor mean(const Tensor& x) { return mean(x, all_axes(x)); }

Tensor mean(const Tensor& x, const Dims& axes, bool keepdim) {
  if (!is_floating(x.dtype()))
    throw DTypeError(fmt::format("mean: defined for float64 and float32, not {}; convert with to()",
                                 name_of(x.dtype())));
  const Tensor total = sum(x, axes, keepdim);
  double count = 1;
  for (std::int64_t axis : axes) count *= static_cast<double>(x.size(axis));
  return total / count;
}

}  // namespace wald
