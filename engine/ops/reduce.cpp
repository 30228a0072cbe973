// Sums and what is made of them, products, norms.
#include "reduce.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <wald/engine/op.h>
#include <wald/engine/ops/pointwise.h>
#include <wald/engine/ops/reduce_axes.h>
#include <wald/engine/ops/shape.h>
#include <wald/engine/tensor_impl.h>

namespace wald {

ReducedAxes::ReducedAxes(const Tensor& x, const Dims& asked, std::string_view op) {
  for (std::int64_t axis : asked) axes.push_back(axis_from_end(axis, x.dim(), op));
  std::sort(axes.begin(), axes.end());
  if (std::adjacent_find(axes.begin(), axes.end()) != axes.end())
    throw IndexError(fmt::format("{}: an axis stands twice in {}", op, to_string(asked)));
  for (std::int64_t axis : axes) sizes.push_back(x.size(axis));
}

Dims ReducedAxes::left_of(const Dims& shape) const {
  Dims left = shape;
  for (std::size_t i = axes.size(); i-- > 0;) left.erase(axis_at(axes[i], shape.size()));
  return left;
}

std::uint64_t ReducedAxes::mask(std::size_t rank) const {
  std::uint64_t bits = 0;
  for (std::int64_t axis : axes) bits |= std::uint64_t{1} << axis_at(axis, rank);
  return bits;
}

Tensor ReducedAxes::restore(const Tensor& result) const {
  Tensor x = result;
  // Each axis comes back at its place counted from the end, the last first.
  for (std::size_t i = axes.size(); i-- > 0;) x = unsqueeze(x, axes[i]);
  return x;
}

Tensor ReducedAxes::spread(const Tensor& result) const {
  const Tensor x = restore(result);
  Dims shape = x.shape();
  for (std::size_t i = 0; i < axes.size(); ++i) shape[axis_at(axes[i], shape.size())] = sizes[i];
  return expand(x, shape);
}

Dims all_axes(const Tensor& x) {
  Dims axes;
  for (std::int64_t axis = -x.dim(); axis < 0; ++axis) axes.push_back(axis);
  return axes;
}

void reduce(kernels::Reduction kind, const ReducedAxes& axes, const Tensor& x, const Tensor& out) {
  backend_of(x).reduce(kind, x.dtype(), kernel_shape(x.shape()), x.impl()->view(),
                       axes.mask(x.shape().size()), out.impl()->data());
}

Tensor as_floating(const Tensor& x) { return is_floating(x.dtype()) ? x : to(x, DType::float64); }
Tensor as_number(const Tensor& x) { return x.dtype() == DType::boolean ? to(x, DType::int64) : x; }

void require_floating(const Tensor& x, std::string_view op) {
  if (!is_floating(x.dtype()))
    throw DTypeError(fmt::format("{}: defined for float64 and float32, not {}; convert with to()",
                                 op, name_of(x.dtype())));
}

namespace {

struct Sum final : Linear<Sum> {
  explicit Sum(ReducedAxes a) : axes(std::move(a)) {}
  ReducedAxes axes;

  std::string_view name() const override { return "sum"; }
  Metas infer(Inputs in) const override {
    const bool counts = in[0].dtype() == DType::boolean;
    return {{axes.left_of(in[0].shape()), counts ? DType::int64 : in[0].dtype()}};
  }
  void run(Inputs in, std::span<Tensor> out) const override {
    reduce(kernels::Reduction::sum, axes, in[0], out[0]);
  }
  Tensor transpose(const Tensor& g) const { return axes.spread(g); }
};

/// An operation on float values over some axes whose derivative by an element is the result's
/// cotangent times a partial.
template <class Self>
class Reducer : public Op {
 public:
  explicit Reducer(ReducedAxes a) : axes(std::move(a)) {}

  Metas infer(Inputs in) const override { return {{axes.left_of(in[0].shape()), in[0].dtype()}}; }
  Tensor vjp(const Call& call, int, Inputs g) const override {
    return strong_mul(axes.restore(g[0]), self().partial(call));
  }
  Tensors jvp(const Call& call, Inputs t) const override {
    return {sum(strong_mul(t[0], self().partial(call)), axes.axes)};
  }
  std::shared_ptr<const Op> keep() const override { return std::make_shared<Self>(self()); }

  ReducedAxes axes;

 private:
  const Self& self() const { return static_cast<const Self&>(*this); }
};

/// x with some axes moved to the end, in their order; or back.
Tensor move_to_end(Tensor x, const Dims& axes, bool back) {
  const auto count = static_cast<std::int64_t>(axes.size());
  for (std::int64_t step = 0; step < count; ++step) {
    const std::int64_t i = back ? step : count - 1 - step;
    const std::int64_t from = axes[static_cast<std::size_t>(i)], to = i - count;
    for (std::int64_t k = 0; k < to - from; ++k) {
      const std::int64_t axis = back ? to - 1 - k : from + k;
      x = transpose(x, axis, axis + 1);
    }
  }
  return x;
}

/// The results of a running product one element later, from 1.
Tensor products_before(const Tensor& x, bool reverse) {
  const std::int64_t n = x.size(-1);
  const Tensor rest = reverse ? slice(x, -1, 1, n) : slice(x, -1, 0, n - 1);
  Dims edge = x.shape();
  edge.back() = 1;
  const Tensor one = expand(full({}, 1, x.dtype(), x.device()), edge);
  if (n < 2) return n == 0 ? x : one;
  // Reversed by a flip of roles: products from the end are those of the reversed recurrence.
  const Tensor zero = expand(full({}, 0, x.dtype(), x.device()), rest.shape());
  if (!reverse) return cat({one, cumprod(rest, -1)}, -1);
  const Tensor start = cat({zero, one}, -1);
  return linear_recurrence(start, cat({rest, one}, -1), -1, true);
}

struct Prod final : Reducer<Prod> {
  using Reducer::Reducer;
  std::string_view name() const override { return "prod"; }
  void run(Inputs in, std::span<Tensor> out) const override {
    reduce(kernels::Reduction::prod, axes, in[0], out[0]);
  }
  std::uint64_t uses(int) const override { return 1; }
  /// The product of the other factors.
  Tensor partial(const Call& call) const {
    const Tensor moved = move_to_end(call.in(0), axes.axes, false);
    Dims flat = moved.shape();
    for (std::size_t i = 0; i < axes.axes.size(); ++i) flat.erase(flat.size() - 1);
    flat.push_back(axes.count());
    const Tensor x = reshape(moved, flat);
    const Tensor others = products_before(x, false) * products_before(x, true);
    return move_to_end(reshape(others, moved.shape()), axes.axes, true);
  }
};

struct Norm final : Reducer<Norm> {
  using Reducer::Reducer;
  std::string_view name() const override { return "norm"; }
  void run(Inputs in, std::span<Tensor> out) const override {
    reduce(kernels::Reduction::norm, axes, in[0], out[0]);
  }
  std::uint64_t uses(int) const override { return 1 | std::uint64_t{1} << Call::output_slot(0); }
  Tensor partial(const Call& call) const {
    const Tensor size = axes.restore(call.out());
    const Tensor is_zero = size == 0;
    return where(is_zero, 0.0, call.in(0) / where(is_zero, 1.0, size));
  }
};

/// (sum of |x|^p)^(1/p) by way of the largest size, which its derivatives need not know.
Tensor general_norm(const Tensor& x, double p, const Dims& axes) {
  const ReducedAxes reduced(x, axes, "norm");
  if (reduced.count() == 0) return sum(x, axes, true);
  const Tensor sizes = abs(x);
  const Tensor scale = p > 0 ? max(sizes.detach(), axes, true) : min(sizes.detach(), axes, true);
  const Tensor is_scalable = where(scale > 0, scale, INFINITY) < INFINITY;
  const Tensor unit = where(is_scalable, scale, 1.0);
  const Tensor parts = sizes / unit, is_zero = parts == 0;
  const Tensor power = number_like(p, x);
  const Tensor powers =
      where(is_zero, p > 0 ? 0.0 : INFINITY, pow(where(is_zero, 1.0, parts), power));
  const Tensor total = sum(powers, axes, true), none = total == (p > 0 ? 0.0 : INFINITY);
  const Tensor root = unit * pow(where(none, 1.0, total), number_like(1 / p, x));
  return where(none, p > 0 ? total : 1 / total, root);
}

}  // namespace

Tensor sum(const Tensor& x) { return sum(x, all_axes(x)); }
Tensor sum(const Tensor& x, const Dims& axes, bool keepdim) {
  const ReducedAxes reduced(x, axes, "sum");
  if (axes.empty()) return as_number(x);
  const Tensor total = record(Sum(reduced), {x});
  return keepdim ? reduced.restore(total) : total;
}

Tensor mean(const Tensor& x) { return mean(x, all_axes(x)); }
Tensor mean(const Tensor& x, const Dims& axes, bool keepdim) {
  require_floating(x, "mean");
  const ReducedAxes reduced(x, axes, "mean");
  return sum(x, axes, keepdim) / static_cast<double>(reduced.count());
}

Tensor prod(const Tensor& x) { return prod(x, all_axes(x)); }
Tensor prod(const Tensor& x, const Dims& axes, bool keepdim) {
  const ReducedAxes reduced(x, axes, "prod");
  if (axes.empty()) return as_number(x);
  const Tensor product = record(Prod(reduced), {as_number(x)});
  return keepdim ? reduced.restore(product) : product;
}

Tensor var(const Tensor& x) { return var(x, all_axes(x)); }
Tensor var(const Tensor& x, const Dims& axes, double correction, bool keepdim) {
  require_floating(x, "var");
  const ReducedAxes reduced(x, axes, "var");
  const double left = static_cast<double>(reduced.count()) - correction;
  const Tensor squares = sum(square(x - mean(x, axes, true)), axes, keepdim);
  return squares / std::max(left, 0.0);
}

Tensor std(const Tensor& x) { return std(x, all_axes(x)); }
Tensor std(const Tensor& x, const Dims& axes, double correction, bool keepdim) {
  require_floating(x, "std");
  ReducedAxes(x, axes, "std");
  const Tensor variance = var(x, axes, correction, keepdim);
  const Tensor is_zero = variance == 0;
  return where(is_zero, 0.0, sqrt(where(is_zero, 1.0, variance)));
}

Tensor norm(const Tensor& x, double p) { return norm(x, p, all_axes(x)); }
Tensor norm(const Tensor& x, double p, const Dims& axes, bool keepdim) {
  require_floating(x, "norm");
  const ReducedAxes reduced(x, axes, "norm");
  if (std::isnan(p)) throw Error("norm: p is nan; a number, infinity or -infinity is wanted");
  if (p == 0) return to(count_nonzero(x, axes, keepdim), x.dtype());
  if (std::isinf(p) && reduced.count() == 0 && numel(reduced.left_of(x.shape())) > 0)
    throw ShapeError(fmt::format("norm: of nothing with p = {}: shape {} over axes {}", p,
                                 to_string(x.shape()), to_string(axes)));
  if (std::isinf(p)) return p > 0 ? max(abs(x), axes, keepdim) : min(abs(x), axes, keepdim);
  if (p == 1 || axes.empty()) return sum(abs(x), axes, keepdim);
  if (p == 2) {
    const Tensor size = record(Norm(reduced), {x});
    return keepdim ? reduced.restore(size) : size;
  }
  const Tensor size = general_norm(x, p, axes);
  return keepdim ? size : reshape(size, reduced.left_of(x.shape()));
}

Tensor count_nonzero(const Tensor& x) { return count_nonzero(x, all_axes(x)); }
Tensor count_nonzero(const Tensor& x, const Dims& axes, bool keepdim) {
  ReducedAxes(x, axes, "count_nonzero");
  return sum(x.dtype() == DType::boolean ? x : ne(x, number_like(0, x)), axes, keepdim);
}

}  // namespace wald
