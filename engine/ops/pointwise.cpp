// Pointwise operations: beside each name, the partial derivative by each input as an expression of
// the inputs and the result. The formulas themselves are in kernels/formulas.h.
#include "pointwise.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/engine/op.h>
#include <wald/engine/ops/shape.h>
#include <wald/engine/tensor_impl.h>

namespace wald {
namespace {

Partial zero(const Call&) { return 0; }
Partial one(const Call&) { return 1; }
Partial minus_one(const Call&) { return -1; }

}  // namespace

Tensor neg(const Tensor& x) {
  static const Pointwise op("neg", {minus_one});
  return op(x);
}

Tensor abs(const Tensor& x) {
  static const Pointwise op("abs", {[](const Call& c) -> Partial { return sign(c.in(0)); }});
  return op(x);
}

Tensor sign(const Tensor& x) {
  static const Pointwise op("sign", {zero});
  return op(x);
}

Tensor exp(const Tensor& x) {
  static const Pointwise op("exp", {[](const Call& c) -> Partial { return c.out(); }});
  return op(x);
}

Tensor expm1(const Tensor& x) {
  static const Pointwise op("expm1", {[](const Call& c) -> Partial { return exp(c.in(0)); }});
  return op(x);
}

Tensor log(const Tensor& x) {
  static const Pointwise op("log", {[](const Call& c) -> Partial { return 1 / c.in(0); }});
  return op(x);
}

Tensor log1p(const Tensor& x) {
  static const Pointwise op("log1p", {[](const Call& c) -> Partial { return 1 / (c.in(0) + 1); }});
  return op(x);
}

Tensor sqrt(const Tensor& x) {
  static const Pointwise op("sqrt", {[](const Call& c) -> Partial { return 0.5 / c.out(); }});
  return op(x);
}

Tensor square(const Tensor& x) {
  static const Pointwise op("pow", "square",
                            {[](const Call& c) -> Partial { return 2 * c.in(0); }});
  return op(x);
}

Tensor sin(const Tensor& x) {
  static const Pointwise op("sin", {[](const Call& c) -> Partial { return cos(c.in(0)); }});
  return op(x);
}

Tensor cos(const Tensor& x) {
  static const Pointwise op("cos", {[](const Call& c) -> Partial { return -sin(c.in(0)); }});
  return op(x);
}

Tensor sigmoid(const Tensor& x) {
  static const Pointwise op(
      "sigmoid", {[](const Call& c) -> Partial { return sigmoid(c.in(0)) * sigmoid(-c.in(0)); }});
  return op(x);
}

Tensor softplus(const Tensor& x) {
  static const Pointwise op("softplus",
                            {[](const Call& c) -> Partial { return sigmoid(c.in(0)); }});
  return op(x);
}

Tensor add(const Tensor& x, const Tensor& y) {
  static const Pointwise op("add", {one, one});
  return op(x, y);
}

Tensor sub(const Tensor& x, const Tensor& y) {
  static const Pointwise op("sub", {one, minus_one});
  return op(x, y);
}

Tensor mul(const Tensor& x, const Tensor& y) {
  static const Pointwise op("mul", {[](const Call& c) -> Partial { return c.in(1); },
                                    [](const Call& c) -> Partial { return c.in(0); }});
  return op(x, y);
}

Tensor div(const Tensor& x, const Tensor& y) {
  static const Pointwise op("div", {[](const Call& c) -> Partial { return 1 / c.in(1); },
                                    [](const Call& c) -> Partial { return -(c.out() / c.in(1)); }});
  return op(x, y);
}

Tensor pow(const Tensor& x, const Tensor& y) {
  static const Pointwise op("pow", {[](const Call& c) -> Partial {
                                      const Tensor base = c.in(0), power = c.in(1);
                                      return strong_mul(power, pow(base, power - 1));
                                    },
                                    [](const Call& c) -> Partial {
                                      // 0 to a power that is not negative does not change with it;
                                      // log(0) is kept out.
                                      const Tensor base = c.in(0);
                                      const Tensor is_zero = where(c.in(1) >= 0, base, 1.0) == 0;
                                      return where(is_zero, 0.0,
                                                   c.out() * log(where(is_zero, 1.0, base)));
                                    }});
  return op(x, y);
}

Tensor pow(const Tensor& x, double y) {
  if (y == 2) return square(x);
  return pow(x, number_like(y, x));
}

Tensor strong_mul(const Tensor& g, const Tensor& partial) {
  // A partial's own derivative may be infinite where g is 0: there, too, nothing comes through.
  static const Pointwise op(
      "strong_mul", {[](const Call& c) -> Partial { return c.in(1); },
                     [](const Call& c) -> Partial { return Partial::of_zero_mul(c.in(0)); }});
  return op(g, partial);
}

Tensor zero_mul(const Tensor& x, const Tensor& y) {
  static const Pointwise op(
      "zero_mul", {[](const Call& c) -> Partial { return Partial::of_zero_mul(c.in(1)); },
                   [](const Call& c) -> Partial { return Partial::of_zero_mul(c.in(0)); }});
  return op(x, y);
}

Tensor eq(const Tensor& x, const Tensor& y) {
  static const Pointwise op("eq", {zero, zero});
  return op(x, y);
}

Tensor ne(const Tensor& x, const Tensor& y) {
  static const Pointwise op("ne", {zero, zero});
  return op(x, y);
}

Tensor lt(const Tensor& x, const Tensor& y) {
  static const Pointwise op("lt", {zero, zero});
  return op(x, y);
}

Tensor le(const Tensor& x, const Tensor& y) {
  static const Pointwise op("le", {zero, zero});
  return op(x, y);
}

Tensor gt(const Tensor& x, const Tensor& y) {
  static const Pointwise op("gt", {zero, zero});
  return op(x, y);
}

Tensor ge(const Tensor& x, const Tensor& y) {
  static const Pointwise op("ge", {zero, zero});
  return op(x, y);
}

namespace {

/// Linear in its second and third input; a product with the condition would spread an infinite
/// cotangent to the branch not taken.
class Where final : public Op {
 public:
  std::string_view name() const override { return "where"; }
  Metas infer(Inputs in) const override { return {{in[1].shape(), in[1].dtype()}}; }
  void run(Inputs in, std::span<Tensor> out) const override {
    const kernels::Backend& backend = backend_of(in[0]);
    const kernels::View views[] = {in[0].impl()->view(), in[1].impl()->view(),
                                   in[2].impl()->view()};
    backend.pointwise(*backend.find_pointwise("where"), in[1].dtype(), kernel_shape(in[1].shape()),
                      views, out[0].impl()->data());
  }
  std::uint64_t uses(int) const override { return 1; }
  Tensor vjp(const Call& call, int input, Inputs g) const override {
    if (input == 1) return where(call.in(0), g[0], 0.0);
    return where(call.in(0), 0.0, g[0]);
  }
  Tensors jvp(const Call& call, Inputs t) const override {
    if (!t[1].defined()) return {where(call.in(0), 0.0, t[2])};
    if (!t[2].defined()) return {where(call.in(0), t[1], 0.0)};
    return {where(call.in(0), t[1], t[2])};
  }
  std::shared_ptr<const Op> keep() const override { return {std::shared_ptr<void>(), this}; }
};

}  // namespace

Tensor where(const Tensor& condition, const Tensor& x, const Tensor& y) {
  static const Where op;
  if (condition.dtype() != DType::boolean)
    throw DTypeError(
        fmt::format("where: the condition must be boolean, as a comparison gives, "
                    "not {}",
                    name_of(condition.dtype())));
  DType dtype = std::max(x.dtype(), y.dtype());
  if (dtype == DType::boolean) dtype = DType::int64;
  const Dims shape =
      broadcast_shapes(condition.shape(), broadcast_shapes(x.shape(), y.shape(), "where"), "where");
  return record(
      op, {expand(condition, shape), expand(to(x, dtype), shape), expand(to(y, dtype), shape)});
}
Tensor where(const Tensor& condition, const Tensor& x, double y) {
  return where(condition, x, number_like(y, x));
}
Tensor where(const Tensor& condition, double x, const Tensor& y) {
  return where(condition, number_like(x, y), y);
}

Tensor number_like(double value, const Tensor& x) {
  DType dtype = x.dtype();
  if (!is_floating(dtype)) dtype = std::trunc(value) == value ? DType::int64 : DType::float64;
  return full({}, value, dtype);
}

}  // namespace wald
