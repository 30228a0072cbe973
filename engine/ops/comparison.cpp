// Comparisons, logic, and selection by a condition.
#include <fmt/format.h>

#include <limits>

#include <wald/engine/one_device.h>
#include <wald/engine/op.h>
#include <wald/engine/ops/pointwise.h>
#include <wald/engine/ops/shape.h>
#include <wald/engine/tensor_impl.h>

namespace wald {
namespace {

Partial zero(const Call&) { return 0; }

}  // namespace

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

Tensor isnan(const Tensor& x) {
  static const Pointwise op("isnan", {zero});
  return op(x);
}

Tensor isinf(const Tensor& x) {
  static const Pointwise op("isinf", {zero});
  return op(x);
}

Tensor isfinite(const Tensor& x) {
  static const Pointwise op("isfinite", {zero});
  return op(x);
}

Tensor logical_and(const Tensor& x, const Tensor& y) {
  static const Pointwise op("logical_and", {zero, zero});
  return op(x, y);
}

Tensor logical_or(const Tensor& x, const Tensor& y) {
  static const Pointwise op("logical_or", {zero, zero});
  return op(x, y);
}

Tensor logical_xor(const Tensor& x, const Tensor& y) {
  static const Pointwise op("logical_xor", {zero, zero});
  return op(x, y);
}

Tensor logical_not(const Tensor& x) {
  static const Pointwise op("logical_not", {zero});
  return op(x);
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
  Tensor in[] = {condition, to(x, dtype), to(y, dtype)};
  bring_together("where", in);
  for (Tensor& each : in) each = expand(each, shape);
  return record(op, Inputs(in));
}
Tensor where(const Tensor& condition, const Tensor& x, double y) {
  return where(condition, x, number_like(y, x));
}
Tensor where(const Tensor& condition, double x, const Tensor& y) {
  return where(condition, number_like(x, y), y);
}
Tensor where(const Tensor& condition, double x, double y) {
  const Device device = condition.device();
  return where(condition, full({}, x, DType::float64, device), full({}, y, DType::float64, device));
}

Tensor nan_to_num(const Tensor& x, double nan, std::optional<double> inf,
                  std::optional<double> minus_inf) {
  if (!is_floating(x.dtype())) return x;
  const double largest = x.dtype() == DType::float32 ? std::numeric_limits<float>::max()
                                                     : std::numeric_limits<double>::max();
  const Tensor without_nan = where(isnan(x), nan, x);
  const Tensor replacement = where(x > 0, inf.value_or(largest), minus_inf.value_or(-largest));
  return where(isinf(x), to(replacement, x.dtype()), without_nan);
}

namespace {

/// What the operators of bits do with numbers is not what logic does.
void require_booleans(const char* op, const Tensor& x, const Tensor& y) {
  const DType wrong = x.dtype() != DType::boolean ? x.dtype() : y.dtype();
  if (wrong != DType::boolean)
    throw DTypeError(fmt::format("{}: the operands must be boolean, as a comparison gives, not {}",
                                 op, name_of(wrong)));
}

}  // namespace

Tensor operator&(const Tensor& x, const Tensor& y) {
  require_booleans("operator &", x, y);
  return logical_and(x, y);
}
Tensor operator|(const Tensor& x, const Tensor& y) {
  require_booleans("operator |", x, y);
  return logical_or(x, y);
}
Tensor operator^(const Tensor& x, const Tensor& y) {
  require_booleans("operator ^", x, y);
  return logical_xor(x, y);
}
Tensor operator~(const Tensor& x) {
  require_booleans("operator ~", x, x);
  return logical_not(x);
}

}  // namespace wald
