// Largest and smallest elements, where they stand, and booleans over axes.
#include <fmt/format.h>

#include <wald/engine/op.h>
#include <wald/engine/ops/pointwise.h>
#include <wald/engine/ops/reduce.h>
#include <wald/engine/ops/reduce_axes.h>
#include <wald/engine/ops/shape.h>
#include <wald/engine/tensor_impl.h>

namespace wald {
namespace {

using kernels::Reduction;

void require_something(const ReducedAxes& axes, const Tensor& x, std::string_view op) {
  if (axes.count() > 0 || numel(axes.left_of(x.shape())) == 0) return;
  throw ShapeError(fmt::format("{}: of no elements: shape {} over axes {}", op,
                               to_string(x.shape()), to_string(axes.axes)));
}

class Extreme final : public Op {
 public:
  Extreme(Reduction kind, ReducedAxes axes) : kind_(kind), axes_(std::move(axes)) {}

  std::string_view name() const override { return kind_ == Reduction::max ? "max" : "min"; }
  Metas infer(Inputs in) const override { return {{axes_.left_of(in[0].shape()), in[0].dtype()}}; }
  void run(Inputs in, std::span<Tensor> out) const override { reduce(kind_, axes_, in[0], out[0]); }
  std::uint64_t uses(int) const override { return 1 | std::uint64_t{1} << Call::output_slot(0); }
  Tensor vjp(const Call& call, int, Inputs g) const override {
    const Tensor loses = losers(call);
    return where(loses, 0.0, axes_.restore(g[0]) / winners(loses, g[0].dtype()));
  }
  Tensors jvp(const Call& call, Inputs t) const override {
    const Tensor loses = losers(call);
    return {sum(where(loses, 0.0, t[0]) / winners(loses, t[0].dtype()), axes_.axes)};
  }
  std::shared_ptr<const Op> keep() const override { return std::make_shared<Extreme>(*this); }

 private:
  Tensor losers(const Call& call) const {
    const Tensor best = axes_.restore(call.out());
    return kind_ == Reduction::max ? lt(call.in(0), best) : gt(call.in(0), best);
  }
  Tensor winners(const Tensor& loses, DType dtype) const {
    return to(axes_.count() - sum(loses, axes_.axes, true), dtype);
  }

  Reduction kind_;
  ReducedAxes axes_;
};

Tensor extreme(Reduction kind, const Tensor& x, const Dims& axes, bool keepdim) {
  const char* const name = kind == Reduction::max ? "max" : "min";
  const ReducedAxes reduced(x, axes, name);
  require_something(reduced, x, name);
  if (axes.empty()) return as_number(x);
  const Tensor best = record(Extreme(kind, reduced), {as_number(x)});
  return keepdim ? reduced.restore(best) : best;
}

/// What has no derivative: `kind` over booleans.
class Truth final : public Op {
 public:
  Truth(Reduction kind, ReducedAxes axes) : kind_(kind), axes_(std::move(axes)) {}

  std::string_view name() const override { return kind_ == Reduction::max ? "any" : "all"; }
  Metas infer(Inputs in) const override { return {{axes_.left_of(in[0].shape()), DType::boolean}}; }
  void run(Inputs in, std::span<Tensor> out) const override { reduce(kind_, axes_, in[0], out[0]); }
  std::uint64_t uses(int) const override { return 0; }
  Tensor vjp(const Call&, int, Inputs) const override { return {}; }
  Tensors jvp(const Call&, Inputs) const override { return {Tensor()}; }
  std::shared_ptr<const Op> keep() const override { return std::make_shared<Truth>(*this); }

 private:
  Reduction kind_;
  ReducedAxes axes_;
};

Tensor truth(Reduction kind, const Tensor& x, const Dims& axes, bool keepdim) {
  const ReducedAxes reduced(x, axes, kind == Reduction::max ? "any" : "all");
  const Tensor holds = x.dtype() == DType::boolean ? x : ne(x, number_like(0, x));
  if (axes.empty()) return holds;
  const Tensor result = record(Truth(kind, reduced), {holds});
  return keepdim ? reduced.restore(result) : result;
}

class ArgExtreme final : public Op {
 public:
  ArgExtreme(Reduction kind, std::int64_t axis) : kind_(kind), axis_(axis) {}

  std::string_view name() const override { return kind_ == Reduction::max ? "argmax" : "argmin"; }
  Metas infer(Inputs in) const override {
    Dims shape = in[0].shape();
    shape.erase(axis_at(axis_, shape.size()));
    return {{shape, DType::int64}};
  }
  void run(Inputs in, std::span<Tensor> out) const override {
    const Tensor& x = in[0];
    backend_of(x).arg_reduce(kind_, x.dtype(), kernel_shape(x.shape()), x.impl()->view(),
                             static_cast<int>(axis_at(axis_, x.shape().size())),
                             reinterpret_cast<std::int64_t*>(out[0].impl()->data()));
  }
  std::uint64_t uses(int) const override { return 0; }
  Tensor vjp(const Call&, int, Inputs) const override { return {}; }
  Tensors jvp(const Call&, Inputs) const override { return {Tensor()}; }
  std::shared_ptr<const Op> keep() const override { return std::make_shared<ArgExtreme>(*this); }

 private:
  Reduction kind_;
  std::int64_t axis_;
};

Tensor arg_extreme(Reduction kind, const Tensor& x, std::int64_t axis, bool keepdim) {
  const ArgExtreme op(kind,
                      axis_from_end(axis, x.dim(), kind == Reduction::max ? "argmax" : "argmin"));
  const ReducedAxes reduced(x, {axis}, op.name());
  require_something(reduced, x, op.name());
  const Tensor place = record(op, {as_number(x)});
  return keepdim ? reduced.restore(place) : place;
}

}  // namespace

Tensor max(const Tensor& x) { return max(x, all_axes(x)); }
Tensor max(const Tensor& x, const Dims& axes, bool keepdim) {
  return extreme(Reduction::max, x, axes, keepdim);
}
Tensor min(const Tensor& x) { return min(x, all_axes(x)); }
Tensor min(const Tensor& x, const Dims& axes, bool keepdim) {
  return extreme(Reduction::min, x, axes, keepdim);
}

Tensor argmax(const Tensor& x) { return argmax(reshape(x, {x.numel()}), 0); }
Tensor argmax(const Tensor& x, std::int64_t axis, bool keepdim) {
  return arg_extreme(Reduction::max, x, axis, keepdim);
}
Tensor argmin(const Tensor& x) { return argmin(reshape(x, {x.numel()}), 0); }
Tensor argmin(const Tensor& x, std::int64_t axis, bool keepdim) {
  return arg_extreme(Reduction::min, x, axis, keepdim);
}

Tensor any(const Tensor& x) { return any(x, all_axes(x)); }
Tensor any(const Tensor& x, const Dims& axes, bool keepdim) {
  return truth(Reduction::max, x, axes, keepdim);
}
Tensor all(const Tensor& x) { return all(x, all_axes(x)); }
Tensor all(const Tensor& x, const Dims& axes, bool keepdim) {
  return truth(Reduction::min, x, axes, keepdim);
}

}  // namespace wald
