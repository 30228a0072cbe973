#include "solve.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <wald/engine/autograd.h>
#include <wald/engine/linalg_parts.h>
#include <wald/engine/lu_parts.h>
#include <wald/engine/ops/pointwise.h>
#include <wald/engine/ops/products.h>
#include <wald/engine/ops/reduce.h>
#include <wald/engine/ops/shape.h>

namespace wald {
namespace {

using namespace linalg;

/// A x = b by forward or back substitution.
class TriangularSolve final : public Op {
 public:
  TriangularSolve(bool upper, bool unit) : upper_(upper), unit_(unit) {}

  std::string_view name() const override { return "triangular_solve"; }
  Metas infer(Inputs in) const override { return {{in[1].shape(), in[1].dtype()}}; }
  void run(Inputs in, std::span<Tensor> out) const override {
    backend_of(in[1]).copy(in[1].dtype(), in[1].dtype(), kernel_shape(in[1].shape()),
                           in[1].impl()->view(), out[0].impl()->view());
    std::vector<int> info;
    solve_triangles(in[0], false, upper_, unit_, out[0], &info);
    require_done(name(), info, in[0].dim() > 2, [](int place) {
      return fmt::format("is singular: number {} on its diagonal is 0", place);
    });
  }
  std::uint64_t uses(int input) const override {
    return input == 1 ? 1 : std::uint64_t{1} | std::uint64_t{1} << Call::output_slot(0);
  }
  Tensor vjp(const Call& call, int input, Inputs g) const override {
    return vjps(call, std::uint64_t{1} << input, g)[static_cast<std::size_t>(input)];
  }
  // That of b is A'^-1 g; that of A the triangle of -(A'^-1 g) x'.
  Tensors vjps(const Call& call, std::uint64_t wanted, Inputs g) const override {
    const Tensor b =
        triangular_solve(call.in(0), g[0], {.upper = upper_, .transpose = true, .unit = unit_});
    Tensor a;
    if (wanted & 1) a = triangle(-matmul(b, mt(call.out())));
    return {a, b};
  }
  Tensors jvp(const Call& call, Inputs t) const override {
    Tensor right = t[1];
    if (t[0].defined()) right = sum_defined(right, -matmul(triangle(t[0]), call.out()));
    return {triangular_solve(call.in(0), right, {.upper = upper_, .unit = unit_})};
  }
  std::shared_ptr<const Op> keep() const override {
    return std::make_shared<TriangularSolve>(*this);
  }

 private:
  Tensor triangle(const Tensor& x) const {
    return upper_ ? upper_triangle(x, unit_) : lower_triangle(x, unit_);
  }

  bool upper_, unit_;
};

/// Inputs: A, b, and what is constant: lu, rows. See solve_with.
class Solve final : public Op {
 public:
  Solve(bool is_transposed, const char* who) : is_transposed_(is_transposed), who_(who) {}

  std::string_view name() const override { return "solve"; }
  Metas infer(Inputs in) const override { return {{in[1].shape(), in[1].dtype()}}; }
  void run(Inputs in, std::span<Tensor> out) const override {
    const NoGradGuard guard;
    const Tensor& lu = in[2];
    const Tensor b = contiguous_detached(in[1]), rows = contiguous_detached(in[3]);
    const auto* row = reinterpret_cast<const std::int64_t*>(rows.impl()->data());
    std::vector<int> info;
    if (!is_transposed_) {
      backend_of(b).permute_rows(matrices(b), row, false, out[0].impl()->data());
      solve_triangles(lu, false, false, true, out[0], nullptr);
      solve_triangles(lu, false, true, false, out[0], who_ ? &info : nullptr);
    } else {
      const Tensor x = clone(b);
      solve_triangles(lu, true, true, false, x, who_ ? &info : nullptr);
      solve_triangles(lu, true, false, true, x, nullptr);
      backend_of(b).permute_rows(matrices(x), row, true, out[0].impl()->data());
    }
    if (who_)
      require_done(who_, info, lu.dim() > 2, [](int place) {
        return fmt::format("is singular: pivot {} of its LU decomposition is 0", place);
      });
  }
  std::uint64_t uses(int input) const override {
    return input == 1 ? 0b1101 : 0b1101 | std::uint64_t{1} << Call::output_slot(0);
  }
  Tensor vjp(const Call& call, int input, Inputs g) const override {
    return vjps(call, std::uint64_t{1} << input, g)[static_cast<std::size_t>(input)];
  }
  // That of b is A'^-1 g; that of A is -(A'^-1 g) x', or its transpose if A' stands in the
  // equation.
  Tensors vjps(const Call& call, std::uint64_t wanted, Inputs g) const override {
    const Tensor b = solve_with(call.in(0), g[0], call.in(2), call.in(3), !is_transposed_, who_);
    Tensor a;
    if (wanted & 1) a = is_transposed_ ? -matmul(call.out(), mt(b)) : -matmul(b, mt(call.out()));
    return {a, b, Tensor(), Tensor()};
  }
  Tensors jvp(const Call& call, Inputs t) const override {
    Tensor right = t[1];
    if (t[0].defined())
      right = sum_defined(right, -matmul(is_transposed_ ? mt(t[0]) : t[0], call.out()));
    return {solve_with(call.in(0), right, call.in(2), call.in(3), is_transposed_, who_)};
  }
  std::shared_ptr<const Op> keep() const override { return std::make_shared<Solve>(*this); }

 private:
  bool is_transposed_;
  const char* who_;
};

class Determinant final : public LuOp {
 public:
  explicit Determinant(bool is_log) : is_log_(is_log) {}

  std::string_view name() const override { return is_log_ ? "slogdet" : "det"; }
  std::uint64_t uses(int) const override {
    return 1 | std::uint64_t{1} << factor | std::uint64_t{1} << rows |
           (is_log_ ? 0 : std::uint64_t{1} << Call::output_slot(4));
  }
  Tensor vjp(const Call& call, int, Inputs g) const override {
    Tensor scale = is_log_ ? g[3] : g[4];
    if (!scale.defined()) return {};
    if (!is_log_) scale = strong_mul(scale, call.out(4));
    return strong_mul(unsqueeze(unsqueeze(scale, -1), -1), transposed_inverse(call));
  }
  Tensors jvp(const Call& call, Inputs t) const override {
    const Tensor change = sum(strong_mul(t[0], transposed_inverse(call)), {-2, -1});
    if (is_log_) return {Tensor(), Tensor(), Tensor(), change, Tensor()};
    return {Tensor(), Tensor(), Tensor(), Tensor(), strong_mul(change, call.out(4))};
  }
  std::shared_ptr<const Op> keep() const override { return {std::shared_ptr<void>(), this}; }

 private:
  Tensor transposed_inverse(const Call& call) const {
    const Tensor a = call.in(0);
    return solve_with(a, identity_like(a), call.out(0).detach(), call.out(1), true,
                      is_log_ ? nullptr : "det");
  }

  bool is_log_;
};

/// A right-hand side of one axis as a matrix of one column.
Tensor as_columns(const Tensor& b) { return b.dim() == 1 ? unsqueeze(b, -1) : b; }

/// `axis` of b must be of the given size; a vector has but one.
void require_fitting(const Tensor& a, const Tensor& b, std::int64_t axis, std::int64_t size,
                     std::string_view op) {
  if (b.dim() == 0 || size != b.size(b.dim() == 1 ? 0 : axis))
    throw ShapeError(fmt::format(
        "{}: a matrix of shape {} and a right-hand side of shape {} do not fit: {} {} are wanted",
        op, to_string(a.shape()), to_string(b.shape()), size, axis == -1 ? "columns" : "rows"));
}

}  // namespace

namespace linalg {

Metas LuOp::infer(Inputs in) const {
  const Dims lead = batch_of(in[0]);
  Dims rows_shape = lead;
  rows_shape.push_back(in[0].size(-1));
  const DType dtype = in[0].dtype();
  return {{in[0].shape(), dtype},
          {rows_shape, DType::int64},
          {lead, dtype},
          {lead, dtype},
          {lead, dtype}};
}

void LuOp::run(Inputs in, std::span<Tensor> out) const {
  const Tensor a = contiguous_detached(in[0]);
  std::vector<int> info(static_cast<std::size_t>(matrices(a).batch));
  backend_of(a).lu(matrices(a), out[0].impl()->data(),
                   reinterpret_cast<std::int64_t*>(out[1].impl()->data()), out[2].impl()->data(),
                   out[3].impl()->data(), out[4].impl()->data(), info.data());
}

Tensors lu_outside_graph(const Tensor& a) {
  static const Determinant op(true);
  const NoGradGuard guard;
  return record_all(op, Inputs(&a, 1));
}

Tensor solve_with(const Tensor& a, const Tensor& b, const Tensor& lu, const Tensor& rows,
                  bool is_transposed, const char* who) {
  const Dims lead = broadcast_shapes(batch_of(a), batch_of(b), who ? who : "slogdet");
  Dims rows_shape = lead;
  rows_shape.push_back(a.size(-1));
  return record(Solve(is_transposed, who), {with_batch(a, lead), with_batch(b, lead),
                                            with_batch(lu, lead), expand(rows, rows_shape)});
}

}  // namespace linalg

Tensor triangular_solve(const Tensor& a, const Tensor& b, const Triangular& kind) {
  require_square(a, "triangular_solve");
  const std::int64_t n = a.size(-1);
  const DType dtype = require_floating({a, b}, "triangular_solve");
  if (!kind.left) {  // x A = b is A' x' = b'
    require_fitting(a, b, -1, n, "triangular_solve");
    const Triangular left{kind.upper, !kind.transpose, kind.unit, true};
    return b.dim() == 1 ? triangular_solve(a, b, left) : mt(triangular_solve(a, mt(b), left));
  }
  require_fitting(a, b, -2, n, "triangular_solve");
  const Tensor columns = as_columns(b);
  const Dims lead = broadcast_shapes(batch_of(a), batch_of(columns), "triangular_solve");
  const Tensor matrix = kind.transpose ? mt(a) : a;
  const Tensor x =
      record(TriangularSolve(kind.upper != kind.transpose, kind.unit),
             {with_batch(to(matrix, dtype), lead), with_batch(to(columns, dtype), lead)});
  return b.dim() == 1 ? squeeze(x, -1) : x;
}

Tensor cholesky_solve(const Tensor& b, const Tensor& l) {
  require_square(l, "cholesky_solve");
  require_floating({b, l}, "cholesky_solve");
  require_fitting(l, b, -2, l.size(-1), "cholesky_solve");
  const Tensor half = triangular_solve(l, as_columns(b));
  const Tensor x = triangular_solve(l, half, {.transpose = true});
  return b.dim() == 1 ? squeeze(x, -1) : x;
}

Tensor cholesky_inverse(const Tensor& l) {
  require_square(l, "cholesky_inverse");
  require_floating({l}, "cholesky_inverse");
  const Tensor half = triangular_solve(l, identity_like(l));
  return matmul(mt(half), half);
}

Tensor lu_solve(const LuFactor& factor, const Tensor& b, bool transpose) {
  const Tensor& lu = factor.lu;
  require_square(lu, "lu_solve");
  require_floating({lu, b}, "lu_solve");
  require_fitting(lu, b, -2, lu.size(-1), "lu_solve");
  const Tensor columns = as_columns(b);
  const Dims lead = broadcast_shapes(batch_of(lu), batch_of(columns), "lu_solve");
  Tensor x = with_batch(columns, lead);
  if (!transpose) {
    x = triangular_solve(lu, permute_rows(x, factor.rows, false), {.unit = true});
    x = triangular_solve(lu, x, {.upper = true});
  } else {
    x = triangular_solve(lu, x, {.upper = true, .transpose = true});
    x = triangular_solve(lu, x, {.transpose = true, .unit = true});
    x = permute_rows(x, factor.rows, true);
  }
  return b.dim() == 1 ? squeeze(x, -1) : x;
}

Tensor solve(const Tensor& a, const Tensor& b) {
  require_square(a, "solve");
  const DType dtype = require_floating({a, b}, "solve");
  require_fitting(a, b, -2, a.size(-1), "solve");
  const Tensor matrix = to(a, dtype), columns = to(as_columns(b), dtype);
  broadcast_shapes(batch_of(matrix), batch_of(columns), "solve");
  const Tensors factor = lu_outside_graph(matrix);
  const Tensor x = solve_with(matrix, columns, factor[0], factor[1], false, "solve");
  return b.dim() == 1 ? squeeze(x, -1) : x;
}

Tensor inverse(const Tensor& a) {
  require_square(a, "inverse");
  require_floating({a}, "inverse");
  const Tensors factor = lu_outside_graph(a);
  return solve_with(a, identity_like(a), factor[0], factor[1], false, "inverse");
}

SignAndLog slogdet(const Tensor& a) {
  static const Determinant op(true);
  require_square(a, "slogdet");
  require_floating({a}, "slogdet");
  const Tensors out = record_all(op, Inputs(&a, 1));
  return {out[2].detach(), out[3]};
}

Tensor logdet(const Tensor& a) {
  require_square(a, "logdet");
  require_floating({a}, "logdet");
  const SignAndLog parts = slogdet(a);
  return where(parts.sign < 0, NAN, parts.logabsdet);
}

Tensor det(const Tensor& a) {
  static const Determinant op(false);
  require_square(a, "det");
  require_floating({a}, "det");
  return record_all(op, Inputs(&a, 1))[4];
}

namespace {

/// Whether R has full rank, for every matrix of the batch.
bool has_full_rank(const Tensor& r, double rtol) {
  const std::vector<double> d = diagonal_of(r).detach().to_vector();
  const auto n = static_cast<std::size_t>(r.size(-1));
  for (std::size_t p = 0; n > 0 && p < d.size(); p += n) {
    const auto [least, most] = std::minmax_element(&d[p], &d[p] + n);
    if (!(*least > rtol * *most)) return false;
  }
  return true;
}

}  // namespace

Tensor lstsq(const Tensor& a, const Tensor& b, double rtol) {
  require_matrix(a, "lstsq");
  const DType dtype = require_floating({a, b}, "lstsq");
  require_fitting(a, b, -2, a.size(-2), "lstsq");
  const Tensor matrix = to(a, dtype), columns = to(as_columns(b), dtype);
  const std::int64_t m = a.size(-2), n = a.size(-1);
  if (rtol < 0)
    rtol = static_cast<double>(std::max(m, n)) * (dtype == DType::float64 ? 0x1p-52 : 0x1p-23);
  const Qr parts = qr(m >= n ? matrix : mt(matrix));
  Tensor x;
  if (!has_full_rank(parts.r, rtol))
    x = matmul(pinv(matrix, rtol), columns);
  else if (m >= n)
    x = triangular_solve(parts.r, matmul(mt(parts.q), columns), {.upper = true});
  else
    x = matmul(parts.q, triangular_solve(parts.r, columns, {.upper = true, .transpose = true}));
  return b.dim() == 1 ? squeeze(x, -1) : x;
}

}  // namespace wald
