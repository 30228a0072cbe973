// Triangular factorizations: Cholesky, LU, QR.
#include <fmt/format.h>

#include <wald/engine/linalg_parts.h>
#include <wald/engine/ops/decompositions.h>
#include <wald/engine/ops/pointwise.h>
#include <wald/engine/ops/products.h>
#include <wald/engine/ops/shape.h>
#include <wald/engine/ops/solve.h>

#include <wald/engine/lu_parts.h>

namespace wald {
namespace {

using namespace linalg;

/// Solves x a = b with a triangular a.
Tensor right_solve(const Tensor& a, const Tensor& b, const Triangular& kind) {
  Triangular right = kind;
  right.left = false;
  return triangular_solve(a, b, right);
}

class Cholesky final : public Op {
 public:
  std::string_view name() const override { return "cholesky"; }
  Metas infer(Inputs in) const override { return {{in[0].shape(), in[0].dtype()}}; }
  void run(Inputs in, std::span<Tensor> out) const override {
    const Tensor a = contiguous_detached(in[0]);
    std::vector<int> info(static_cast<std::size_t>(matrices(a).batch));
    backend_of(a).cholesky(matrices(a), out[0].impl()->data(), info.data());
    require_done(name(), info, a.dim() > 2, [](int order) {
      return fmt::format("is not positive definite: its leading minor of order {} is not positive",
                         order);
    });
  }
  std::uint64_t uses(int) const override { return std::uint64_t{1} << Call::output_slot(0); }
  // With P = half_lower(L' g): the symmetric part of L'^-1 P L^-1.
  Tensor vjp(const Call& call, int, Inputs g) const override {
    const Tensor l = call.out();
    const Tensor p = half_lower(matmul(mt(l), lower_triangle(g[0])));
    const Tensor half = triangular_solve(l, p, {.upper = false, .transpose = true});
    return symmetrized(right_solve(l, half, {.upper = false}));
  }
  // L half_lower(L^-1 t L'^-1).
  Tensors jvp(const Call& call, Inputs t) const override {
    const Tensor l = call.out();
    const Tensor half = triangular_solve(l, symmetrized(t[0]), {.upper = false});
    const Tensor both = right_solve(l, half, {.upper = false, .transpose = true});
    return {matmul(l, half_lower(both))};
  }
  std::shared_ptr<const Op> keep() const override { return {std::shared_ptr<void>(), this}; }
};

class LuFactorOp final : public LuOp {
 public:
  std::string_view name() const override { return "lu_factor"; }
  std::uint64_t uses(int) const override {
    return std::uint64_t{1} << factor | std::uint64_t{1} << rows;
  }
  // Of P' A = L U: P L'^-1 (strict_lower(L' gL) + upper(gU U')) U'^-1.
  Tensor vjp(const Call& call, int, Inputs g) const override {
    if (!g[0].defined()) return {};
    const Tensor lu = call.out(0);
    const Tensor l = lower_of(lu), u = upper_triangle(lu);
    const Tensor inner = lower_triangle(matmul(mt(l), lower_triangle(g[0], true)), true) +
                         upper_triangle(matmul(upper_triangle(g[0]), mt(u)));
    const Tensor left =
        triangular_solve(lu, inner, {.upper = false, .transpose = true, .unit = true});
    return permute_rows(right_solve(lu, left, {.upper = true, .transpose = true}), call.out(1),
                        true);
  }
  // With F = L^-1 P' t U^-1: L strict_lower(F) and upper(F) U.
  Tensors jvp(const Call& call, Inputs t) const override {
    const Tensor lu = call.out(0);
    const Tensor left = triangular_solve(lu, permute_rows(t[0], call.out(1), false),
                                         {.upper = false, .unit = true});
    const Tensor f = right_solve(lu, left, {.upper = true});
    return {matmul(lower_of(lu), lower_triangle(f, true)) +
                matmul(upper_triangle(f), upper_triangle(lu)),
            Tensor(), Tensor(), Tensor(), Tensor()};
  }
  std::shared_ptr<const Op> keep() const override { return {std::shared_ptr<void>(), this}; }

 private:
  static Tensor lower_of(const Tensor& lu) { return lower_triangle(lu, true) + identity_like(lu); }
};

/// For at least as many rows as columns.
class QrOp final : public Op {
 public:
  std::string_view name() const override { return "qr"; }
  Metas infer(Inputs in) const override {
    Dims shape = in[0].shape();
    shape[shape.size() - 2] = shape.back();
    return {{in[0].shape(), in[0].dtype()}, {shape, in[0].dtype()}};
  }
  void run(Inputs in, std::span<Tensor> out) const override {
    const Tensor a = contiguous_detached(in[0]);
    backend_of(a).qr(matrices(a), out[0].impl()->data(), out[1].impl()->data());
  }
  std::uint64_t uses(int) const override { return std::uint64_t{3} << Call::output_slot(0); }
  // With M = R gR' - gQ' Q, and C its lower triangle mirrored: (gQ + Q C) R'^-1.
  Tensor vjp(const Call& call, int, Inputs g) const override {
    const Tensor q = call.out(0), r = call.out(1);
    Tensor m;
    if (g[1].defined()) m = matmul(r, mt(upper_triangle(g[1])));
    if (g[0].defined()) m = sum_defined(m, -matmul(mt(g[0]), q));
    const Tensor half = half_lower(m);
    const Tensor inner = sum_defined(matmul(q, half + mt(half)), g[0]);
    return right_solve(r, inner, {.upper = true, .transpose = true});
  }
  // With Z = t R^-1 and C = Q' Z, which is a skew part plus an upper one, U: R changes by U R, Q by
  // Z - Q U.
  Tensors jvp(const Call& call, Inputs t) const override {
    const Tensor q = call.out(0), r = call.out(1);
    const Tensor z = right_solve(r, t[0], {.upper = true});
    const Tensor c = matmul(mt(q), z);
    const Tensor upper = upper_triangle(c) + mt(lower_triangle(c, true));
    return {z - matmul(q, upper), matmul(upper, r)};
  }
  std::shared_ptr<const Op> keep() const override { return {std::shared_ptr<void>(), this}; }
};

}  // namespace

Tensor cholesky(const Tensor& a) {
  static const Cholesky op;
  require_square(a, "cholesky");
  require_floating({a}, "cholesky");
  return record(op, {a});
}

LuFactor lu_factor(const Tensor& a) {
  static const LuFactorOp op;
  require_square(a, "lu_factor");
  require_floating({a}, "lu_factor");
  const Tensors out = record_all(op, Inputs(&a, 1));
  return {out[0], out[1]};
}

Lu lu(const Tensor& a) {
  require_square(a, "lu");
  require_floating({a}, "lu");
  const LuFactor factor = lu_factor(a);
  const Tensor one = identity_like(a);
  return {permute_rows(with_batch(one, batch_of(a)), factor.rows, true),
          lower_triangle(factor.lu, true) + one, upper_triangle(factor.lu)};
}

Qr qr(const Tensor& a) {
  static const QrOp op;
  require_matrix(a, "qr");
  require_floating({a}, "qr");
  const std::int64_t m = a.size(-2), n = a.size(-1);
  if (m >= n) {
    const Tensors out = record_all(op, Inputs(&a, 1));
    return {out[0], out[1]};
  }
  // Q is that of the first columns; the others follow.
  const Qr square = qr(slice(a, -1, 0, m));
  return {square.q, cat({square.r, matmul(mt(square.q), slice(a, -1, m, n))}, -1)};
}

}  // namespace wald
