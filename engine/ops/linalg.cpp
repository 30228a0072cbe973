#include "linalg.h"

#include <fmt/format.h>

#include <algorithm>

#include <wald/engine/op.h>
#include <wald/engine/ops/pointwise.h>
#include <wald/engine/ops/shape.h>
#include <wald/engine/tensor_impl.h>

namespace wald {
namespace {

/// [..., m, k] by [..., k, n] with the same leading axes; linear in each operand. A batch of
/// cotangents or tangents may give one operand more leading axes than the other: they broadcast.
class Matmul final : public Op {
 public:
  std::string_view name() const override { return "matmul"; }

  Metas infer(Inputs in) const override {
    Dims shape = in[0].shape();
    shape.back() = in[1].shape().back();
    return {{shape, in[0].dtype()}};
  }

  void run(Inputs in, std::span<Tensor> out) const override {
    const Dims& shape = out[0].shape();
    const std::size_t leading = shape.size() - 2;
    // All leading axes but the last are walked here; the kernel takes the last as its batch.
    const Dims &a = in[0].strides(), &b = in[1].strides(), &c = out[0].strides();
    kernels::Matmul p{};
    p.dtype = in[0].dtype();
    p.batch = leading ? shape[leading - 1] : 1;
    p.m = shape[leading];
    p.n = shape[leading + 1];
    p.k = in[0].shape().back();
    p.a_batch = leading ? a[leading - 1] : 0;
    p.b_batch = leading ? b[leading - 1] : 0;
    p.a_row = a[leading], p.a_col = a[leading + 1];
    p.b_row = b[leading], p.b_col = b[leading + 1];
    std::int64_t outer = 1;
    for (std::size_t i = 0; i + 1 < leading; ++i) outer *= shape[i];
    const auto bytes = static_cast<std::int64_t>(size_of(p.dtype));
    for (std::int64_t index = 0; index < outer; ++index) {
      std::int64_t rest = index, a_at = 0, b_at = 0, c_at = 0;
      for (std::size_t i = leading > 0 ? leading - 1 : 0; i-- > 0; rest /= shape[i]) {
        const std::int64_t at = rest % shape[i];
        a_at += at * a[i], b_at += at * b[i], c_at += at * c[i];
      }
      p.a = in[0].impl()->data() + a_at * bytes;
      p.b = in[1].impl()->data() + b_at * bytes;
      p.c = out[0].impl()->data() + c_at * bytes;
      backend_of(in[0]).matmul(p);
    }
  }

  std::uint64_t uses(int input) const override { return input == 0 ? 0b10 : 0b01; }
  Tensor vjp(const Call& call, int input, Inputs g) const override {
    if (input == 0) return matmul(g[0], transpose(call.in(1), -2, -1));
    return matmul(transpose(call.in(0), -2, -1), g[0]);
  }
  Tensors jvp(const Call& call, Inputs t) const override {
    if (!t[1].defined()) return {matmul(t[0], call.in(1))};
    if (!t[0].defined()) return {matmul(call.in(0), t[1])};
    return {matmul(t[0], call.in(1)) + matmul(call.in(0), t[1])};
  }
  std::shared_ptr<const Op> keep() const override { return {std::shared_ptr<void>(), this}; }
};

/// x with `leading` for its axes before the last two.
Tensor with_batch(const Tensor& x, const Dims& leading) {
  Dims shape = leading;
  shape.push_back(x.size(-2));
  shape.push_back(x.size(-1));
  return expand(x, shape);
}

Dims batch_of(const Tensor& x) { return Dims({x.shape().data(), x.shape().size() - 2}); }

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b) {
  static const Matmul op;
  if (a.dim() == 0 || b.dim() == 0)
    throw ShapeError("matmul: a scalar has no rows or columns; multiply with *");
  const std::int64_t inner = b.dim() == 1 ? b.size(0) : b.size(-2);
  if (a.size(-1) != inner)
    throw ShapeError(fmt::format("matmul: {} by {}: the inner sizes {} and {} differ",
                                 to_string(a.shape()), to_string(b.shape()), a.size(-1), inner));
  if (a.dim() == 1) return squeeze(matmul(unsqueeze(a, 0), b), b.dim() == 1 ? 0 : -2);
  if (b.dim() == 1) return squeeze(matmul(a, unsqueeze(b, 1)), -1);
  const DType dtype = std::max(a.dtype(), b.dtype());
  if (!is_floating(dtype))
    throw DTypeError(
        fmt::format("matmul: defined for float64 and float32, not {}; convert with "
                    "to()",
                    name_of(dtype)));
  const Dims leading = broadcast_shapes(batch_of(a), batch_of(b), "matmul");
  return record(op, {with_batch(to(a, dtype), leading), with_batch(to(b, dtype), leading)});
}

Tensor mv(const Tensor& a, const Tensor& x) {
  if (a.dim() != 2 || x.dim() != 1)
    throw ShapeError(fmt::format("mv: a matrix and a vector are wanted, not shapes {} and {}",
                                 to_string(a.shape()), to_string(x.shape())));
  return matmul(a, x);
}

Tensor dot(const Tensor& x, const Tensor& y) {
  if (x.dim() != 1 || !(x.shape() == y.shape()))
    throw ShapeError(fmt::format("dot: two vectors of one length are wanted, not shapes {} and {}",
                                 to_string(x.shape()), to_string(y.shape())));
  return matmul(x, y);
}

}  // namespace wald
