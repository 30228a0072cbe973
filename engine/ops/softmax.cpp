// Sums of exponentials and what is relative to them.
#include <wald/engine/op.h>
#include <wald/engine/ops/pointwise.h>
#include <wald/engine/ops/reduce.h>
#include <wald/engine/ops/reduce_axes.h>
#include <wald/engine/ops/shape.h>
#include <wald/engine/tensor_impl.h>

namespace wald {
namespace {

using Kind = kernels::Softmax;

void run_softmax(Kind kind, std::int64_t axis, const Tensor& x, const Tensor& out) {
  backend_of(x).softmax(kind, x.dtype(), kernel_shape(x.shape()), x.impl()->view(),
                        static_cast<int>(axis_at(axis, x.shape().size())), out.impl()->data());
}

/// Weights p along an axis that add up to 1; dp = p (dx - sum(p dx)), its own transpose.
class Weights final : public Op {
 public:
  Weights(Kind kind, std::int64_t axis) : kind_(kind), axis_(axis) {}

  std::string_view name() const override { return "softmax"; }
  Metas infer(Inputs in) const override { return {{in[0].shape(), in[0].dtype()}}; }
  void run(Inputs in, std::span<Tensor> out) const override {
    run_softmax(kind_, axis_, in[0], out[0]);
  }
  std::uint64_t uses(int) const override { return std::uint64_t{1} << Call::output_slot(0); }
  Tensor vjp(const Call& call, int, Inputs g) const override { return derivative(call, g[0]); }
  Tensors jvp(const Call& call, Inputs t) const override { return {derivative(call, t[0])}; }
  std::shared_ptr<const Op> keep() const override { return std::make_shared<Weights>(*this); }

 private:
  Tensor derivative(const Call& call, const Tensor& g) const {
    const Tensor p = call.out();
    return strong_mul(g - sum(strong_mul(g, p), {axis_}, true), p);
  }

  Kind kind_;
  std::int64_t axis_;  // from the end
};

class LogSumExp final : public Op {
 public:
  explicit LogSumExp(std::int64_t axis) : axis_(axis) {}

  std::string_view name() const override { return "logsumexp"; }
  Metas infer(Inputs in) const override {
    Dims shape = in[0].shape();
    shape.erase(axis_at(axis_, shape.size()));
    return {{shape, in[0].dtype()}};
  }
  void run(Inputs in, std::span<Tensor> out) const override {
    run_softmax(Kind::logsumexp, axis_, in[0], out[0]);
  }
  std::uint64_t uses(int) const override { return 1; }
  Tensor vjp(const Call& call, int, Inputs g) const override {
    return strong_mul(unsqueeze(g[0], axis_), weights(call));
  }
  Tensors jvp(const Call& call, Inputs t) const override {
    return {sum(strong_mul(t[0], weights(call)), {axis_})};
  }
  std::shared_ptr<const Op> keep() const override { return std::make_shared<LogSumExp>(*this); }

 private:
  // Computed from x anew: exp(x - result) would lose the digits that the result's size takes.
  Tensor weights(const Call& call) const {
    return record(Weights(Kind::logsumexp_gradient, axis_), {call.in(0)});
  }

  std::int64_t axis_;  // from the end
};

class LogSoftmax final : public Op {
 public:
  explicit LogSoftmax(std::int64_t axis) : axis_(axis) {}

  std::string_view name() const override { return "log_softmax"; }
  Metas infer(Inputs in) const override { return {{in[0].shape(), in[0].dtype()}}; }
  void run(Inputs in, std::span<Tensor> out) const override {
    run_softmax(Kind::log_softmax, axis_, in[0], out[0]);
  }
  std::uint64_t uses(int) const override { return 1; }
  Tensor vjp(const Call& call, int, Inputs g) const override {
    return g[0] - strong_mul(sum(g[0], {axis_}, true), softmax(call.in(0), axis_));
  }
  Tensors jvp(const Call& call, Inputs t) const override {
    return {t[0] - sum(strong_mul(t[0], softmax(call.in(0), axis_)), {axis_}, true)};
  }
  std::shared_ptr<const Op> keep() const override { return std::make_shared<LogSoftmax>(*this); }

 private:
  std::int64_t axis_;  // from the end
};

}  // namespace

Tensor logsumexp(const Tensor& x) { return logsumexp(x, all_axes(x)); }
Tensor logsumexp(const Tensor& x, const Dims& axes, bool keepdim) {
  const ReducedAxes reduced(x, axes, "logsumexp");
  Tensor y = as_floating(x);
  // Neighbouring axes are gone through as one, the last first.
  for (std::size_t last = reduced.axes.size(); last > 0;) {
    std::size_t first = last - 1;
    while (first > 0 && reduced.axes[first - 1] == reduced.axes[first] - 1) --first;
    Dims merged = y.shape();
    const std::size_t at = axis_at(reduced.axes[first], x.shape().size());
    for (std::size_t i = first + 1; i < last; ++i) {
      merged[at] *= reduced.sizes[i];
      merged.erase(at + 1);
    }
    y = reshape(y, merged);
    const auto axis = static_cast<std::int64_t>(at) - static_cast<std::int64_t>(merged.size());
    y = record(LogSumExp(axis), {y});
    last = first;
  }
  return keepdim ? reduced.restore(y) : y;
}

Tensor softmax(const Tensor& x, std::int64_t axis) {
  const std::int64_t from_end = axis_from_end(axis, x.dim(), "softmax");
  return record(Weights(Kind::softmax, from_end), {as_floating(x)});
}

Tensor log_softmax(const Tensor& x, std::int64_t axis) {
  const std::int64_t from_end = axis_from_end(axis, x.dim(), "log_softmax");
  return record(LogSoftmax(from_end), {as_floating(x)});
}

}  // namespace wald
