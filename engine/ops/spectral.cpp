// Eigenvalues, singular values, and what is made of them.
#include <fmt/format.h>

#include <algorithm>

#include <wald/engine/autograd.h>
#include <wald/engine/linalg_parts.h>
#include <wald/engine/ops/decompositions.h>
#include <wald/engine/ops/pointwise.h>
#include <wald/engine/ops/products.h>
#include <wald/engine/ops/reduce.h>
#include <wald/engine/ops/shape.h>

namespace wald {
namespace {

using namespace linalg;

/// x times diag(d), and diag(d) times x.
Tensor times_diagonal(const Tensor& x, const Tensor& d) { return x * unsqueeze(d, -2); }
Tensor diagonal_times(const Tensor& d, const Tensor& x) { return unsqueeze(d, -1) * x; }

/// 1 / x, but 0 where x is 0.
Tensor reciprocal_or_zero(const Tensor& x) {
  const Tensor is_zero = x == 0;
  return where(is_zero, 0.0, 1 / where(is_zero, 1.0, x));
}

/// 1 / (w_j - w_i), an exact 0 between equal ones.
Tensor inverse_gaps(const Tensor& w) {
  return reciprocal_or_zero(unsqueeze(w, -2) - unsqueeze(w, -1));
}
/// 1 / (s_j^2 - s_i^2), an exact 0 between equal ones.
Tensor inverse_square_gaps(const Tensor& s) {
  const Tensor row = unsqueeze(s, -2), column = unsqueeze(s, -1);
  return reciprocal_or_zero((row - column) * (row + column));
}

std::string does_not_converge(int) { return "has an iteration that does not converge"; }

class EighOp final : public Op {
 public:
  std::string_view name() const override { return "eigh"; }
  Metas infer(Inputs in) const override {
    Dims values = in[0].shape();
    values.erase(values.size() - 1);
    return {{values, in[0].dtype()}, {in[0].shape(), in[0].dtype()}};
  }
  void run(Inputs in, std::span<Tensor> out) const override {
    const Tensor a = contiguous_detached(in[0]);
    std::vector<int> info(static_cast<std::size_t>(matrices(a).batch));
    backend_of(a).eigh(matrices(a), out[0].impl()->data(), out[1].impl()->data(), info.data());
    require_done(name(), info, a.dim() > 2, does_not_converge);
  }
  std::uint64_t uses(int) const override { return std::uint64_t{3} << Call::output_slot(0); }
  // The symmetric part of V (diag(gw) + F o V' gV) V', with F the inverse gaps.
  Tensor vjp(const Call& call, int, Inputs g) const override {
    const Tensor v = call.out(1);
    Tensor left;
    if (g[1].defined()) left = matmul(v, zero_mul(matmul(mt(v), g[1]), inverse_gaps(call.out(0))));
    if (g[0].defined()) left = sum_defined(left, times_diagonal(v, g[0]));
    return symmetrized(matmul(left, mt(v)));
  }
  // With P = V' t V: its diagonal, and V (F o P).
  Tensors jvp(const Call& call, Inputs t) const override {
    const Tensor v = call.out(1);
    const Tensor p = matmul(matmul(mt(v), symmetrized(t[0])), v);
    return {diagonal_of(p), matmul(v, zero_mul(p, inverse_gaps(call.out(0))))};
  }
  std::shared_ptr<const Op> keep() const override { return {std::shared_ptr<void>(), this}; }
};

class SvdOp final : public Op {
 public:
  std::string_view name() const override { return "svd"; }
  Metas infer(Inputs in) const override {
    Dims u = in[0].shape(), vh = u, s = u;
    const std::size_t rank = u.size();
    const std::int64_t k = std::min(u[rank - 2], u[rank - 1]);
    u[rank - 1] = vh[rank - 2] = s[rank - 2] = k;
    s.erase(rank - 1);
    const DType dtype = in[0].dtype();
    return {{u, dtype}, {s, dtype}, {vh, dtype}};
  }
  void run(Inputs in, std::span<Tensor> out) const override {
    const Tensor a = contiguous_detached(in[0]);
    std::vector<int> info(static_cast<std::size_t>(matrices(a).batch));
    backend_of(a).svd(matrices(a), out[0].impl()->data(), out[1].impl()->data(),
                      out[2].impl()->data(), info.data());
    require_done(name(), info, a.dim() > 2, does_not_converge);
  }
  std::uint64_t uses(int) const override { return std::uint64_t{7} << Call::output_slot(0); }

  // U ((E o skew(U' gU)) S + diag(gs) + S (E o skew(V' gV))) V', E being the inverse gaps of the
  // squares, and the parts of gU and gV outside the columns of U and V, over S.
  Tensor vjp(const Call& call, int, Inputs g) const override {
    const Tensor u = call.out(0), s = call.out(1), vh = call.out(2);
    const Tensor &gu = g[0], &gs = g[1], &gvh = g[2];
    Tensor inner, left, right;
    if (gu.defined()) {
      const Tensor p = matmul(mt(u), gu);
      inner = times_diagonal(zero_mul(p - mt(p), inverse_square_gaps(s)), s);
      if (u.size(-2) > u.size(-1)) left = times_diagonal(gu - matmul(u, p), reciprocal_or_zero(s));
    }
    if (gvh.defined()) {
      const Tensor p = matmul(vh, mt(gvh));
      inner = sum_defined(inner, diagonal_times(s, zero_mul(p - mt(p), inverse_square_gaps(s))));
      if (vh.size(-1) > vh.size(-2))
        right = diagonal_times(reciprocal_or_zero(s), gvh - matmul(mt(p), vh));
    }
    if (inner.defined()) left = sum_defined(left, matmul(u, inner));
    if (gs.defined()) left = sum_defined(left, times_diagonal(u, gs));
    const Tensor through = left.defined() ? matmul(left, vh) : Tensor();
    return sum_defined(through, right.defined() ? matmul(u, right) : Tensor());
  }

  // With P = U' t V: its diagonal for s; U (E o (P S + S P')) and V (E o (S P + P' S)), and the
  // parts of t outside the columns, over S.
  Tensors jvp(const Call& call, Inputs t) const override {
    const Tensor u = call.out(0), s = call.out(1), vh = call.out(2);
    const Tensor tv = matmul(t[0], mt(vh)), ut = matmul(mt(u), t[0]);
    const Tensor p = matmul(ut, mt(vh)), gaps = inverse_square_gaps(s);
    const Tensor turn_u = zero_mul(times_diagonal(p, s) + diagonal_times(s, mt(p)), gaps);
    const Tensor turn_v = zero_mul(diagonal_times(s, p) + times_diagonal(mt(p), s), gaps);
    Tensor du = matmul(u, turn_u), dvh = matmul(mt(turn_v), vh);
    if (u.size(-2) > u.size(-1)) du = du + times_diagonal(tv - matmul(u, p), reciprocal_or_zero(s));
    if (vh.size(-1) > vh.size(-2))
      dvh = dvh + diagonal_times(reciprocal_or_zero(s), ut - matmul(p, vh));
    return {du, diagonal_of(p), dvh};
  }
  std::shared_ptr<const Op> keep() const override { return {std::shared_ptr<void>(), this}; }
};

double rtol_for(const Tensor& a, double rtol) {
  if (rtol >= 0) return rtol;
  return static_cast<double>(std::max(a.size(-1), a.size(-2))) *
         (a.dtype() == DType::float64 ? 0x1p-52 : 0x1p-23);
}

/// Which singular values count.
Tensor counted(const Tensor& s, double rtol) {
  if (s.size(-1) == 0) return s > 0;
  return s > rtol * slice(s, -1, 0, 1);
}

/// x - A (P x): the part of x outside the columns of A.
Tensor outside(const Tensor& a, const Tensor& p, const Tensor& x) {
  return x - matmul(a, matmul(p, x));
}

class Pinv final : public Op {
 public:
  explicit Pinv(double rtol) : rtol_(rtol) {}

  std::string_view name() const override { return "pinv"; }
  Metas infer(Inputs in) const override {
    Dims shape = in[0].shape();
    std::swap(shape[shape.size() - 1], shape[shape.size() - 2]);
    return {{shape, in[0].dtype()}};
  }
  void run(Inputs in, std::span<Tensor> out) const override {
    const NoGradGuard guard;
    const Svd parts = svd(in[0]);
    const Tensor inverse = where(counted(parts.s, rtol_), reciprocal_or_zero(parts.s), 0.0);
    out[0].copy_(matmul(times_diagonal(mt(parts.vh), inverse), mt(parts.u)));
  }
  std::uint64_t uses(int) const override { return 1 | std::uint64_t{1} << Call::output_slot(0); }
  // The transpose of jvp's three terms.
  Tensor vjp(const Call& call, int, Inputs g) const override {
    const Tensor a = call.in(0), p = call.out(), gt = mt(g[0]);
    const Tensor first = matmul(matmul(mt(p), g[0]), mt(p));
    const Tensor second = matmul(matmul(outside(a, p, gt), p), mt(p));
    const Tensor third = matmul(mt(p), matmul(p, mt(outside(mt(a), mt(p), g[0]))));
    return second + third - first;
  }
  // -P t P + P P' t' (1 - A P) + (1 - P A) t' P' P.
  Tensors jvp(const Call& call, Inputs t) const override {
    const Tensor a = call.in(0), p = call.out(), tt = mt(t[0]);
    const Tensor first = matmul(matmul(p, t[0]), p);
    const Tensor second = matmul(p, matmul(mt(p), mt(outside(mt(p), mt(a), t[0]))));
    const Tensor third = matmul(matmul(outside(p, a, tt), mt(p)), p);
    return {second + third - first};
  }
  std::shared_ptr<const Op> keep() const override { return std::make_shared<Pinv>(*this); }

 private:
  double rtol_;
};

}  // namespace

Eigh eigh(const Tensor& a) {
  static const EighOp op;
  require_square(a, "eigh");
  require_floating({a}, "eigh");
  const Tensors out = record_all(op, Inputs(&a, 1));
  return {out[0], out[1]};
}

Tensor eigvalsh(const Tensor& a) {
  require_square(a, "eigvalsh");
  require_floating({a}, "eigvalsh");
  return eigh(a).values;
}

Svd svd(const Tensor& a) {
  static const SvdOp op;
  require_matrix(a, "svd");
  require_floating({a}, "svd");
  const Tensors out = record_all(op, Inputs(&a, 1));
  return {out[0], out[1], out[2]};
}

Tensor svdvals(const Tensor& a) {
  require_matrix(a, "svdvals");
  require_floating({a}, "svdvals");
  return svd(a).s;
}

Tensor pinv(const Tensor& a, double rtol) {
  require_matrix(a, "pinv");
  require_floating({a}, "pinv");
  return record(Pinv(rtol_for(a, rtol)), {a});
}

Tensor matrix_rank(const Tensor& a, double rtol) {
  require_matrix(a, "matrix_rank");
  require_floating({a}, "matrix_rank");
  return sum(counted(svdvals(a.detach()), rtol_for(a, rtol)), {-1});
}

Tensor matrix_norm(const Tensor& a, MatrixNorm norm) {
  require_matrix(a, "matrix_norm");
  require_floating({a}, "matrix_norm");
  if (norm == MatrixNorm::nuclear) return sum(svdvals(a), {-1});
  if (norm == MatrixNorm::spectral) return sum(slice(svdvals(a), -1, 0, 1), {-1});
  const Tensor total = sum(square(a), {-2, -1});
  const Tensor is_zero = total == 0;
  return where(is_zero, 0.0, sqrt(where(is_zero, 1.0, total)));
}

Tensor cond(const Tensor& a) {
  require_matrix(a, "cond");
  require_floating({a}, "cond");
  const Tensor s = svdvals(a);
  if (s.size(-1) == 0)
    throw ShapeError(
        fmt::format("cond: a matrix with elements is wanted, not shape {}", to_string(a.shape())));
  return select(s, -1, 0) / select(s, -1, -1);
}

}  // namespace wald
