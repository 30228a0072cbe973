#include "linalg_parts.h"

#include <fmt/format.h>

#include <numeric>

#include <wald/engine/ops/pointwise.h>
#include <wald/engine/ops/shape.h>

namespace wald::linalg {

void require_matrix(const Tensor& x, std::string_view op) {
  if (x.dim() < 2)
    throw ShapeError(
        fmt::format("{}: a matrix [..., m, n] is wanted, not shape {}", op, to_string(x.shape())));
}

void require_square(const Tensor& x, std::string_view op) {
  if (x.dim() < 2 || x.size(-1) != x.size(-2))
    throw ShapeError(fmt::format("{}: a square matrix [..., n, n] is wanted, not shape {}", op,
                                 to_string(x.shape())));
}

DType require_floating(std::initializer_list<std::reference_wrapper<const Tensor>> x,
                       std::string_view op) {
  DType dtype = DType::boolean;
  for (const Tensor& each : x) dtype = std::max(dtype, each.dtype());
  if (!is_floating(dtype))
    throw DTypeError(fmt::format("{}: defined for float64 and float32, not {}; convert with to()",
                                 op, name_of(dtype)));
  return dtype;
}

Dims batch_of(const Tensor& x, std::size_t core) {
  return Dims({x.shape().data(), x.shape().size() - core});
}

Tensor with_batch(const Tensor& x, const Dims& leading, std::size_t core) {
  Dims shape = leading;
  for (std::size_t axis = x.shape().size() - core; axis < x.shape().size(); ++axis)
    shape.push_back(x.shape()[axis]);
  return expand(x, shape);
}

Tensor mt(const Tensor& x) { return transpose(x, -2, -1); }

kernels::Matrices matrices(const Tensor& x) {
  return {x.dtype(), numel(batch_of(x)), x.size(-2), x.size(-1), x.impl()->data()};
}

void require_done(std::string_view op, const std::vector<int>& info, bool is_batch,
                  std::string (*say)(int info)) {
  for (std::size_t p = 0; p < info.size(); ++p) {
    if (info[p] == 0) continue;
    const std::string whose =
        is_batch ? fmt::format("matrix {} of the batch", p) : std::string("the matrix");
    if (info[p] == kernels::matrix_not_finite)
      throw LinalgError(fmt::format("{}: {} holds a number that is not finite", op, whose));
    throw LinalgError(fmt::format("{}: {} {}", op, whose, say(info[p])));
  }
}

namespace {

/// Of a matrix like x, the numbers of the rows, [m, 1], and of the columns, [1, n].
struct Places {
  Tensor row, column;

  explicit Places(const Tensor& x)
      : row(unsqueeze(counted(x.size(-2), x.device()), 1)),
        column(unsqueeze(counted(x.size(-1), x.device()), 0)) {}

 private:
  static Tensor counted(std::int64_t n, const Device& device) {
    std::vector<std::int64_t> i(static_cast<std::size_t>(n));
    std::iota(i.begin(), i.end(), 0);
    return to(from_vector(i), device);
  }
};

}  // namespace

Tensor lower_triangle(const Tensor& x, bool strict) {
  const Places at(x);
  return where(strict ? at.row > at.column : at.row >= at.column, x, 0.0);
}

Tensor upper_triangle(const Tensor& x, bool strict) {
  const Places at(x);
  return where(strict ? at.row < at.column : at.row <= at.column, x, 0.0);
}

Tensor half_lower(const Tensor& x) {
  const Places at(x);
  return where(at.row > at.column, x, where(at.row == at.column, 0.5 * x, 0.0));
}

Tensor symmetrized(const Tensor& x) { return 0.5 * (x + mt(x)); }

Tensor diagonal_of(const Tensor& x) {
  const std::int64_t n = x.size(-1);
  Dims flat = batch_of(x);
  flat.push_back(n * n);
  return slice(reshape(x, flat), -1, 0, n * n, n + 1);
}

Tensor identity_like(const Tensor& x) { return eye(x.size(-1), x.dtype(), x.device()); }

Tensor sum_defined(const Tensor& x, const Tensor& y) {
  if (!x.defined()) return y;
  return y.defined() ? x + y : x;
}

void solve_triangles(const Tensor& a, bool is_transposed, bool upper, bool unit, const Tensor& x,
                     std::vector<int>* info) {
  const std::int64_t row = a.strides()[a.shape().size() - 2], col = a.strides().back();
  const auto bytes = static_cast<std::int64_t>(size_of(a.dtype()));
  const Tensor* operands[] = {&a, &x};
  for_each_batch(operands, 2,
                 [&](std::int64_t batch, const std::int64_t* stride, const std::int64_t* offset) {
                   std::vector<int> found(static_cast<std::size_t>(info ? batch : 0));
                   const kernels::TriangularSolve system{.dtype = a.dtype(),
                                                         .upper = upper != is_transposed,
                                                         .unit = unit,
                                                         .batch = batch,
                                                         .n = x.size(-2),
                                                         .k = x.size(-1),
                                                         .a = a.impl()->data() + offset[0] * bytes,
                                                         .a_batch = stride[0],
                                                         .a_row = is_transposed ? col : row,
                                                         .a_col = is_transposed ? row : col,
                                                         .x = x.impl()->data() + offset[1] * bytes};
                   backend_of(a).triangular_solve(system, info ? found.data() : nullptr);
                   if (info) info->insert(info->end(), found.begin(), found.end());
                 });
}

namespace {

/// Linear in its first input; the second holds whole numbers.
class PermuteRows final : public Op {
 public:
  explicit PermuteRows(bool inverse) : inverse_(inverse) {}

  std::string_view name() const override { return "permute_rows"; }
  Metas infer(Inputs in) const override { return {{in[0].shape(), in[0].dtype()}}; }
  void run(Inputs in, std::span<Tensor> out) const override {
    const Tensor x = contiguous_detached(in[0]), rows = contiguous_detached(in[1]);
    backend_of(x).permute_rows(matrices(x),
                               reinterpret_cast<const std::int64_t*>(rows.impl()->data()), inverse_,
                               out[0].impl()->data());
  }
  std::uint64_t uses(int) const override { return 0b10; }
  Tensor vjp(const Call& call, int, Inputs g) const override {
    return linalg::permute_rows(g[0], call.in(1), !inverse_);
  }
  Tensors jvp(const Call& call, Inputs t) const override {
    return {linalg::permute_rows(t[0], call.in(1), inverse_)};
  }
  std::shared_ptr<const Op> keep() const override { return std::make_shared<PermuteRows>(*this); }

 private:
  bool inverse_;
};

}  // namespace

Tensor permute_rows(const Tensor& x, const Tensor& rows, bool inverse) {
  Dims shape = batch_of(x);
  shape.push_back(x.size(-2));
  return record(PermuteRows(inverse), {x, expand(rows, shape)});
}

}  // namespace wald::linalg
