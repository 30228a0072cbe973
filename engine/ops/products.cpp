#include "products.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <wald/engine/autograd.h>
#include <wald/engine/linalg_parts.h>
#include <wald/engine/ops/pointwise.h>
#include <wald/engine/ops/shape.h>
#include <wald/engine/ops/solve.h>

namespace wald {
namespace {

using namespace linalg;

/// Where an operand's rows and columns lie: element (i, j) at i * row + j * col.
struct Strides {
  std::int64_t row, col;
};
std::int64_t stride_at(const Tensor& x, int axis) {
  return x.strides()[axis_at(axis, x.shape().size())];
}
Strides matrix_strides(const Tensor& x) { return {stride_at(x, -2), stride_at(x, -1)}; }

/// c = a b, an m by k and a k by n matrix, for each of the leading axes, which all have: those of a
/// before its last `core`.
void multiply(const Tensor& a, const Tensor& b, const Tensor& c, std::int64_t m, std::int64_t n,
              std::int64_t k, Strides in_a, Strides in_b, std::size_t core = 2) {
  const kernels::Backend& backend = backend_of(a);
  const auto bytes = static_cast<std::int64_t>(size_of(c.dtype()));
  const Tensor* operands[] = {&a, &b, &c};
  for_each_batch(operands, core,
                 [&](std::int64_t batch, const std::int64_t* stride, const std::int64_t* offset) {
                   backend.matmul({.dtype = c.dtype(),
                                   .batch = batch,
                                   .m = m,
                                   .n = n,
                                   .k = k,
                                   .a = a.impl()->data() + offset[0] * bytes,
                                   .a_batch = stride[0],
                                   .a_row = in_a.row,
                                   .a_col = in_a.col,
                                   .b = b.impl()->data() + offset[1] * bytes,
                                   .b_batch = stride[1],
                                   .b_row = in_b.row,
                                   .b_col = in_b.col,
                                   .c = c.impl()->data() + offset[2] * bytes});
                 });
}
/// Of matrices.
void multiply(const Tensor& a, const Tensor& b, const Tensor& c) {
  multiply(a, b, c, a.size(-2), b.size(-1), a.size(-1), matrix_strides(a), matrix_strides(b));
}

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

  void run(Inputs in, std::span<Tensor> out) const override { multiply(in[0], in[1], out[0]); }

  std::uint64_t uses(int input) const override { return input == 0 ? 0b10 : 0b01; }
  Tensor vjp(const Call& call, int input, Inputs g) const override {
    if (input == 0) return matmul(g[0], transpose(call.in(1), -2, -1));
    return matmul(transpose(call.in(0), -2, -1), g[0]);
  }
  Tensors jvp(const Call& call, Inputs t) const override {
    Tensor by_a, by_b;
    if (t[0].defined()) by_a = matmul(t[0], call.in(1));
    if (t[1].defined()) by_b = matmul(call.in(0), t[1]);
    return {sum_defined(by_a, by_b)};
  }
  std::shared_ptr<const Op> keep() const override { return {std::shared_ptr<void>(), this}; }
};

/// A matrix [..., m, k] times a vector [..., k], or, transposed, the matrix's columns times a
/// vector
/// [..., m]; linear in each operand. Leading axes are as Matmul's.
class Mv final : public Op {
 public:
  /// The product of any operands that fit.
  static Tensor of(bool is_transposed, Tensor a, Tensor x) {
    static const Mv plain(false), transposed(true);
    const Op& op = is_transposed ? transposed : plain;
    if (a.dim() != 2 || x.dim() != 1) {
      const Dims leading = broadcast_shapes(batch_of(a), batch_of(x, 1), "matmul");
      a = with_batch(a, leading);
      x = with_batch(x, leading, 1);
    }
    const Tensor in[] = {std::move(a), std::move(x)};
    return record(op, in);
  }

  std::string_view name() const override { return "mv"; }

  Metas infer(Inputs in) const override {
    Dims shape = in[1].shape();
    shape.back() = in[0].size(is_transposed_ ? -1 : -2);
    return {{shape, in[0].dtype()}};
  }

  void run(Inputs in, std::span<Tensor> out) const override {
    Strides strides = matrix_strides(in[0]);
    if (is_transposed_) std::swap(strides.row, strides.col);
    multiply(in[0], in[1], out[0], out[0].size(-1), 1, in[1].size(-1), strides,
             {stride_at(in[1], -1), 1});
  }

  std::uint64_t uses(int input) const override { return input == 0 ? 0b10 : 0b01; }
  Tensor vjp(const Call& call, int input, Inputs g) const override {
    if (input == 1) return of(!is_transposed_, call.in(0), g[0]);
    const Tensor& x = call.in(1);
    return is_transposed_ ? outer_of(x, g[0]) : outer_of(g[0], x);
  }
  Tensors jvp(const Call& call, Inputs t) const override {
    Tensor by_matrix, by_vector;
    if (t[0].defined()) by_matrix = of(is_transposed_, t[0], call.in(1));
    if (t[1].defined()) by_vector = of(is_transposed_, call.in(0), t[1]);
    return {sum_defined(by_matrix, by_vector)};
  }
  std::shared_ptr<const Op> keep() const override { return {std::shared_ptr<void>(), this}; }

 private:
  explicit Mv(bool is_transposed) : is_transposed_(is_transposed) {}

  /// [..., m] and [..., k] to [..., m, k].
  static Tensor outer_of(const Tensor& column, const Tensor& row) {
    return matmul(unsqueeze(column, -1), unsqueeze(row, -2));
  }

  bool is_transposed_;
};

/// The inner product of vectors [..., n]; linear in each. Leading axes are as Matmul's.
class Dot final : public Op {
 public:
  static Tensor of(Tensor x, Tensor y) {
    static const Dot op;
    if (!(x.shape() == y.shape())) {
      const Dims shape = broadcast_shapes(x.shape(), y.shape(), "dot");
      x = expand(x, shape);
      y = expand(y, shape);
    }
    const Tensor in[] = {std::move(x), std::move(y)};
    return record(op, in);
  }

  std::string_view name() const override { return "dot"; }
  Metas infer(Inputs in) const override { return {{batch_of(in[0], 1), in[0].dtype()}}; }
  void run(Inputs in, std::span<Tensor> out) const override {
    multiply(in[0], in[1], out[0], 1, 1, in[0].size(-1), {1, stride_at(in[0], -1)},
             {stride_at(in[1], -1), 1}, 1);
  }
  std::uint64_t uses(int input) const override { return input == 0 ? 0b10 : 0b01; }
  Tensor vjp(const Call& call, int input, Inputs g) const override {
    return strong_mul(unsqueeze(g[0], -1), call.in(1 - input));
  }
  Tensors jvp(const Call& call, Inputs t) const override {
    Tensor by_x, by_y;
    if (t[0].defined()) by_x = of(t[0], call.in(1));
    if (t[1].defined()) by_y = of(call.in(0), t[1]);
    return {sum_defined(by_x, by_y)};
  }
  std::shared_ptr<const Op> keep() const override { return {std::shared_ptr<void>(), this}; }
};

/// beta c + alpha a b; all three have the same leading axes.
class Addmm final : public Op {
 public:
  Addmm(const char* name, double beta, double alpha) : name_(name), beta_(beta), alpha_(alpha) {}

  std::string_view name() const override { return name_; }
  Metas infer(Inputs in) const override { return {{in[0].shape(), in[0].dtype()}}; }
  void run(Inputs in, std::span<Tensor> out) const override {
    const NoGradGuard guard;
    multiply(in[1], in[2], out[0]);
    if (alpha_ != 1) out[0].copy_(out[0] * alpha_);
    if (beta_ == 0) return;
    const Tensor c = beta_ == 1 ? in[0] : in[0] * beta_;
    const kernels::Backend& backend = backend_of(c);
    const kernels::View views[] = {out[0].impl()->view(), c.impl()->view()};
    backend.pointwise(*backend.find_pointwise("add"), c.dtype(), kernel_shape(c.shape()), views,
                      out[0].impl()->data());
  }
  std::uint64_t uses(int input) const override {
    return input == 0 ? 0 : input == 1 ? 0b100 : 0b010;
  }
  Tensor vjp(const Call& call, int input, Inputs g) const override {
    if (input == 0) return beta_ == 0 ? Tensor() : scaled(g[0], beta_);
    if (alpha_ == 0) return {};
    if (input == 1) return scaled(matmul(g[0], mt(call.in(2))), alpha_);
    return scaled(matmul(mt(call.in(1)), g[0]), alpha_);
  }
  Tensors jvp(const Call& call, Inputs t) const override {
    Tensor product;
    if (t[1].defined()) product = matmul(t[1], call.in(2));
    if (t[2].defined()) product = sum_defined(product, matmul(call.in(1), t[2]));
    if (product.defined()) product = alpha_ == 0 ? Tensor() : scaled(product, alpha_);
    const Tensor direct = t[0].defined() && beta_ != 0 ? scaled(t[0], beta_) : Tensor();
    return {sum_defined(direct, product)};
  }
  std::shared_ptr<const Op> keep() const override { return std::make_shared<Addmm>(*this); }

 private:
  static Tensor scaled(const Tensor& x, double by) { return by == 1 ? x : x * by; }

  const char* name_;
  double beta_, alpha_;
};

Tensor add_product(const char* name, std::int64_t rank, const Tensor& input, const Tensor& a,
                   const Tensor& b, double beta, double alpha) {
  const DType dtype = require_floating({input, a, b}, name);
  if (a.dim() != rank || b.dim() != rank || a.size(-1) != b.size(-2) ||
      (rank == 3 && a.size(0) != b.size(0)))
    throw ShapeError(fmt::format("{}: {} of fitting sizes are wanted, not shapes {} and {}", name,
                                 rank == 2 ? "two matrices" : "two batches of matrices",
                                 to_string(a.shape()), to_string(b.shape())));
  Dims shape = a.shape();
  shape.back() = b.size(-1);
  if (input.dim() > rank || !(broadcast_shapes(input.shape(), shape, name) == shape))
    throw ShapeError(fmt::format("{}: an input of shape {} does not broadcast to {}", name,
                                 to_string(input.shape()), to_string(shape)));
  return record(Addmm(name, beta, alpha),
                {expand(to(input, dtype), shape), to(a, dtype), to(b, dtype)});
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b) {
  static const Matmul op;
  if (a.dim() == 0 || b.dim() == 0)
    throw ShapeError("matmul: a scalar has no rows or columns; multiply with *");
  const std::int64_t inner = b.dim() == 1 ? b.size(0) : b.size(-2);
  if (a.size(-1) != inner)
    throw ShapeError(fmt::format("matmul: {} by {}: the inner sizes {} and {} differ",
                                 to_string(a.shape()), to_string(b.shape()), a.size(-1), inner));
  const DType dtype = require_floating({a, b}, "matmul");
  if (a.dim() == 1 && b.dim() == 1) return Dot::of(to(a, dtype), to(b, dtype));
  if (b.dim() == 1) return Mv::of(false, to(a, dtype), to(b, dtype));
  if (a.dim() == 1) return Mv::of(true, to(b, dtype), to(a, dtype));
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

Tensor outer(const Tensor& x, const Tensor& y) {
  if (x.dim() != 1 || y.dim() != 1)
    throw ShapeError(fmt::format("outer: two vectors are wanted, not shapes {} and {}",
                                 to_string(x.shape()), to_string(y.shape())));
  return unsqueeze(x, 1) * unsqueeze(y, 0);
}

Tensor bmm(const Tensor& a, const Tensor& b) {
  if (a.dim() != 3 || b.dim() != 3 || a.size(0) != b.size(0) || a.size(2) != b.size(1))
    throw ShapeError(fmt::format(
        "bmm: two batches of matrices of fitting sizes are wanted, not shapes {} and {}",
        to_string(a.shape()), to_string(b.shape())));
  require_floating({a, b}, "bmm");
  return matmul(a, b);
}

Tensor addmm(const Tensor& input, const Tensor& a, const Tensor& b, double beta, double alpha) {
  return add_product("addmm", 2, input, a, b, beta, alpha);
}

Tensor baddbmm(const Tensor& input, const Tensor& a, const Tensor& b, double beta, double alpha) {
  return add_product("baddbmm", 3, input, a, b, beta, alpha);
}

Tensor kron(const Tensor& a, const Tensor& b) {
  if (a.dim() == 1 && b.dim() == 1) return reshape(outer(a, b), {a.numel() * b.numel()});
  if (a.dim() < 2 || b.dim() < 2)
    throw ShapeError(
        fmt::format("kron: two vectors or two matrices are wanted, not shapes {} and {}",
                    to_string(a.shape()), to_string(b.shape())));
  // Axes m, 1, n, 1 times 1, p, 1, q.
  const Tensor product = unsqueeze(unsqueeze(a, -1), -3) * unsqueeze(unsqueeze(b, -2), -4);
  Dims shape = with_leading(product.shape(), 4, {});
  shape.push_back(a.size(-2) * b.size(-2));
  shape.push_back(a.size(-1) * b.size(-1));
  return reshape(product, shape);
}

Tensor cross(const Tensor& a, const Tensor& b, std::int64_t axis) {
  const Dims shape = broadcast_shapes(a.shape(), b.shape(), "cross");
  const std::int64_t at = axis_from_end(axis, static_cast<std::int64_t>(shape.size()), "cross");
  if (-at > a.dim() || -at > b.dim() || a.size(at) != 3 || b.size(at) != 3)
    throw ShapeError(fmt::format("cross: axis {} must be of size 3 in both shapes {} and {}", axis,
                                 to_string(a.shape()), to_string(b.shape())));
  // The elements of the axis turned round by one and by two places.
  const auto turned = [&](const Tensor& x, std::int64_t by) {
    return cat({slice(x, at, by, 3), slice(x, at, 0, by)}, at);
  };
  return turned(a, 1) * turned(b, 2) - turned(a, 2) * turned(b, 1);
}

Tensor vander(const Tensor& x, std::int64_t count) {
  if (count < 1) throw ShapeError(fmt::format("vander: {} powers make no matrix", count));
  const Tensor first = ones(x.shape(), x.dtype(), x.device());
  std::vector<Tensor> powers{first};
  while (static_cast<std::int64_t>(powers.size()) < count)
    powers.push_back(powers.size() == 1 ? x : powers.back() * x);
  return stack(powers, -1);
}

Tensor matrix_power(const Tensor& a, std::int64_t power) {
  require_square(a, "matrix_power");
  require_floating({a}, "matrix_power");
  Tensor base = power < 0 ? inverse(a) : a, result;
  for (std::int64_t rest = power < 0 ? -power : power; rest > 0; rest /= 2) {
    if (rest % 2) result = result.defined() ? matmul(result, base) : base;
    if (rest > 1) base = matmul(base, base);
  }
  return result.defined() ? result : with_batch(identity_like(a), batch_of(a));
}

}  // namespace wald
