// Running sums, products and recurrences along an axis. The derivatives of the products and of the
// logarithms of sums are linear recurrences, which differentiate into each other: no division, so
// that factors of 0 need no care.
#include <fmt/format.h>

#include <limits>

#include <wald/engine/op.h>
#include <wald/engine/ops/pointwise.h>
#include <wald/engine/ops/reduce.h>
#include <wald/engine/ops/reduce_axes.h>
#include <wald/engine/ops/shape.h>
#include <wald/engine/tensor_impl.h>

namespace wald {
namespace {

using kernels::Scan;

void run_scan(Scan kind, std::int64_t axis, bool reverse, const Tensor& x, const Tensor& factor,
              const Tensor& out) {
  backend_of(x).scan(kind, x.dtype(), kernel_shape(x.shape()), x.impl()->view(),
                     factor.impl()->view(), static_cast<int>(axis_at(axis, x.shape().size())),
                     reverse, out.impl()->data());
}

/// x one place later along an axis (earlier if `reverse`), `edge` in the place that comes free.
Tensor shifted(const Tensor& x, std::int64_t axis, bool reverse, double edge) {
  const std::int64_t n = x.size(axis);
  if (n == 0) return x;
  Dims shape = x.shape();
  shape[axis_at(axis, shape.size())] = 1;
  const Tensor first = expand(full({}, edge, x.dtype(), x.device()), shape);
  if (n == 1) return first;
  if (reverse) return cat({slice(x, axis, 1, n), first}, axis);
  return cat({first, slice(x, axis, 0, n - 1)}, axis);
}

struct CumSum final : Linear<CumSum> {
  CumSum(std::int64_t a, bool r) : axis(a), reverse(r) {}
  std::int64_t axis;  // from the end
  bool reverse;

  std::string_view name() const override { return "cumsum"; }
  Metas infer(Inputs in) const override { return {{in[0].shape(), in[0].dtype()}}; }
  void run(Inputs in, std::span<Tensor> out) const override {
    run_scan(Scan::sum, axis, reverse, in[0], in[0], out[0]);
  }
  Tensor transpose(const Tensor& g) const { return record(CumSum(axis, !reverse), {g}); }
};

/// Inputs x and factor. Its tangent is the recurrence of the tangents; the cotangent of x is the
/// recurrence backwards, with the factors one place earlier.
class Recurrence final : public Op {
 public:
  Recurrence(std::int64_t axis, bool reverse) : axis_(axis), reverse_(reverse) {}

  std::string_view name() const override { return "linear_recurrence"; }
  Metas infer(Inputs in) const override { return {{in[0].shape(), in[0].dtype()}}; }
  void run(Inputs in, std::span<Tensor> out) const override {
    run_scan(Scan::recurrence, axis_, reverse_, in[0], in[1], out[0]);
  }
  std::uint64_t uses(int input) const override {
    return input == 0 ? 0b10 : 0b10 | std::uint64_t{1} << Call::output_slot(0);
  }
  Tensor vjp(const Call& call, int input, Inputs g) const override {
    const Tensor by_x = backwards(call, g[0]);
    return input == 0 ? by_x : by_factor(call, by_x);
  }
  Tensors vjps(const Call& call, std::uint64_t wanted, Inputs g) const override {
    const Tensor by_x = backwards(call, g[0]);
    return {wanted & 1 ? by_x : Tensor(), wanted & 2 ? by_factor(call, by_x) : Tensor()};
  }
  Tensors jvp(const Call& call, Inputs t) const override {
    Tensor pushed = t[0];
    if (t[1].defined()) {
      const Tensor moved = zero_mul(t[1], shifted(call.out(), axis_, reverse_, 0));
      pushed = pushed.defined() ? pushed + moved : moved;
    }
    return {linear_recurrence(pushed, call.in(1), axis_, reverse_)};
  }
  std::shared_ptr<const Op> keep() const override { return std::make_shared<Recurrence>(*this); }

 private:
  Tensor backwards(const Call& call, const Tensor& g) const {
    return linear_recurrence(g, shifted(call.in(1), axis_, !reverse_, 0), axis_, !reverse_);
  }
  Tensor by_factor(const Call& call, const Tensor& by_x) const {
    return zero_mul(by_x, shifted(call.out(), axis_, reverse_, 0));
  }

  std::int64_t axis_;  // from the end
  bool reverse_;
};

class CumProd final : public Op {
 public:
  explicit CumProd(std::int64_t axis) : axis_(axis) {}

  std::string_view name() const override { return "cumprod"; }
  Metas infer(Inputs in) const override { return {{in[0].shape(), in[0].dtype()}}; }
  void run(Inputs in, std::span<Tensor> out) const override {
    run_scan(Scan::prod, axis_, false, in[0], in[0], out[0]);
  }
  std::uint64_t uses(int) const override { return 1 | std::uint64_t{1} << Call::output_slot(0); }
  Tensor vjp(const Call& call, int, Inputs g) const override {
    const Tensor later = shifted(call.in(0), axis_, true, 0);
    return strong_mul(linear_recurrence(g[0], later, axis_, true), before(call));
  }
  Tensors jvp(const Call& call, Inputs t) const override {
    return {linear_recurrence(strong_mul(t[0], before(call)), call.in(0), axis_)};
  }
  std::shared_ptr<const Op> keep() const override { return std::make_shared<CumProd>(*this); }

 private:
  Tensor before(const Call& call) const { return shifted(call.out(), axis_, false, 1); }

  std::int64_t axis_;  // from the end
};

/// With y the result, its tangent is exp(x - y) dx plus exp(y before - y) times that before.
class LogCumSumExp final : public Op {
 public:
  explicit LogCumSumExp(std::int64_t axis) : axis_(axis) {}

  std::string_view name() const override { return "logcumsumexp"; }
  Metas infer(Inputs in) const override { return {{in[0].shape(), in[0].dtype()}}; }
  void run(Inputs in, std::span<Tensor> out) const override {
    run_scan(Scan::logsumexp, axis_, false, in[0], in[0], out[0]);
  }
  std::uint64_t uses(int) const override { return 1 | std::uint64_t{1} << Call::output_slot(0); }
  Tensor vjp(const Call& call, int, Inputs g) const override {
    const Tensor later = shifted(old_share(call), axis_, true, 0);
    return strong_mul(linear_recurrence(g[0], later, axis_, true), new_share(call));
  }
  Tensors jvp(const Call& call, Inputs t) const override {
    return {linear_recurrence(strong_mul(t[0], new_share(call)), old_share(call), axis_)};
  }
  std::shared_ptr<const Op> keep() const override { return std::make_shared<LogCumSumExp>(*this); }

 private:
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  /// The result where it is finite: -inf less -inf would be nan.
  static Tensor total(const Call& call) {
    const Tensor y = call.out();
    return where(y == -infinity, 0.0, y);
  }
  Tensor new_share(const Call& call) const { return exp(call.in(0) - total(call)); }
  Tensor old_share(const Call& call) const {
    return exp(shifted(call.out(), axis_, false, -infinity) - total(call));
  }

  std::int64_t axis_;  // from the end
};

}  // namespace

Tensor cumsum(const Tensor& x, std::int64_t axis) {
  return record(CumSum(axis_from_end(axis, x.dim(), "cumsum"), false), {as_number(x)});
}

Tensor cumprod(const Tensor& x, std::int64_t axis) {
  return record(CumProd(axis_from_end(axis, x.dim(), "cumprod")), {as_number(x)});
}

Tensor logcumsumexp(const Tensor& x, std::int64_t axis) {
  return record(LogCumSumExp(axis_from_end(axis, x.dim(), "logcumsumexp")), {as_floating(x)});
}

Tensor linear_recurrence(const Tensor& x, const Tensor& factor, std::int64_t axis, bool reverse) {
  const DType dtype = std::max(
      std::max(x.dtype(), factor.dtype()),
      is_floating(x.dtype()) || is_floating(factor.dtype()) ? DType::float32 : DType::float64);
  const Dims shape = broadcast_shapes(x.shape(), factor.shape(), "linear_recurrence");
  const auto rank = static_cast<std::int64_t>(shape.size());
  return record(Recurrence(axis_from_end(axis, rank, "linear_recurrence"), reverse),
                {expand(to(x, dtype), shape), expand(to(factor, dtype), shape)});
}

Tensor diff(const Tensor& x, std::int64_t order, std::int64_t axis) {
  const std::int64_t from_end = axis_from_end(axis, x.dim(), "diff");
  if (order < 0)
    throw IndexError(fmt::format("diff: the order must not be negative, as {} is", order));
  Tensor y = x;
  for (std::int64_t i = 0; i < order; ++i) {
    const std::int64_t n = y.size(from_end);
    y = slice(y, from_end, 1, n) - slice(y, from_end, 0, n - 1);
  }
  return y;
}

}  // namespace wald
