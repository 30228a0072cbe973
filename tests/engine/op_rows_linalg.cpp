// Rows of decompositions and of what is solved with them. Builders make the samples fit: positive
// definite, of full rank, of eigenvalues apart.
#include <cmath>

#include <wald/engine/ops/ops.h>

#include "dense_reference.h"

namespace wald::testing {
namespace {

using In = const std::vector<Tensor>&;
using Mats = const std::vector<Dense>&;

const Sampler values = between(-1, 1);

std::int64_t least(std::int64_t m, std::int64_t n) { return std::min(m, n); }

Tensor identity_of(const Tensor& x) { return eye(x.size(-1), x.dtype()); }
Tensor constant(const std::vector<double>& v, const Dims& shape, const Tensor& like) {
  return to(from_vector(v, shape), like.dtype());
}

/// x x' + n I, positive definite.
Tensor definite(const Tensor& x) {
  return matmul(x, transpose(x, -2, -1)) + static_cast<double>(x.size(-1)) * identity_of(x);
}
Dense definite(const Dense& x) {
  return x * x.transposed() + Dense::identity(x.rows, static_cast<long double>(x.cols));
}

/// Added to x, it makes rows and columns independent: `size` times 1, 2 ... from the place
/// (0, shift) on, wrapped around.
Dense anchor(std::int64_t m, std::int64_t n, int shift, double step) {
  Dense out(m, n);
  const std::int64_t k = least(m, n);
  for (std::int64_t i = 0; i < k; ++i)
    out(m <= n ? i : (i + shift) % m, m <= n ? (i + shift) % n : i) = 4 + step * i;
  return out;
}
Tensor anchored(const Tensor& x, int shift, double step) {
  const Dense a = anchor(x.size(-2), x.size(-1), shift, step);
  return x + constant(std::vector<double>(a.x.begin(), a.x.end()), {a.rows, a.cols}, x);
}
Dense anchored(const Dense& x, int shift, double step) {
  return x + anchor(x.rows, x.cols, shift, step);
}

/// A triangular matrix whose diagonal is away from 0; the other triangle is left as it is.
Tensor with_diagonal(const Tensor& x) { return x + 3.0 * identity_of(x); }
Dense triangle_of(const Dense& x, bool upper, bool unit) {
  Dense out(x.rows, x.cols);
  for (std::int64_t i = 0; i < x.rows; ++i)
    for (std::int64_t j = 0; j < x.cols; ++j)
      if (i == j)
        out(i, j) = unit ? 1 : x(i, j) + 3;
      else if ((i < j) == upper)
        out(i, j) = x(i, j);
  return out;
}

Tensor weights(std::int64_t n, const Tensor& like) {
  std::vector<double> w;
  for (std::int64_t i = 0; i < n; ++i) w.push_back(1 + 0.5 * static_cast<double>(i * i));
  return constant(w, {n}, like);
}
std::vector<long double> weights(std::int64_t n) {
  std::vector<long double> w;
  for (std::int64_t i = 0; i < n; ++i) w.push_back(1 + 0.5L * static_cast<long double>(i * i));
  return w;
}

Dense column(const std::vector<long double>& v) {
  Dense out(static_cast<std::int64_t>(v.size()), 1);
  out.x = v;
  return out;
}
Dense scalar(long double v) { return column({v}); }

/// The thin singular value decomposition by the eigenvectors of the smaller of a'a and aa'.
struct DenseSvd {
  Dense u;
  std::vector<long double> s;
  Dense v;
};
DenseSvd svd_of(const Dense& a) {
  if (a.rows < a.cols) {
    const DenseSvd other = svd_of(a.transposed());
    return {other.v, other.s, other.u};
  }
  const DenseEigen e = eigen(a.transposed() * a);
  DenseSvd out{Dense(a.rows, a.cols), {}, Dense(a.cols, a.cols)};
  for (std::int64_t j = 0; j < a.cols; ++j) {
    const std::int64_t from = a.cols - 1 - j;
    out.s.push_back(std::sqrt(std::max(0.0L, e.values[static_cast<std::size_t>(from)])));
    for (std::int64_t i = 0; i < a.cols; ++i) out.v(i, j) = e.vectors(i, from);
    for (std::int64_t i = 0; i < a.rows; ++i) {
      for (std::int64_t k = 0; k < a.cols; ++k) out.u(i, j) += a(i, k) * out.v(k, j);
      out.u(i, j) /= out.s.back();
    }
  }
  return out;
}
Dense svd_argument(const Dense& x) { return anchored(x, 1, 2.5); }
Tensor svd_argument(const Tensor& x) { return anchored(x, 1, 2.5); }

/// Symmetric with eigenvalues apart, not quite symmetric in memory.
Tensor eigh_argument(const Tensor& x) { return anchored(x, 0, 3); }
Dense eigh_argument(const Dense& x) {
  const Dense a = anchored(x, 0, 3);
  Dense out = a + a.transposed();
  for (long double& v : out.x) v /= 2;
  return out;
}

OpRow row(std::string name, std::string op, Builder build, Reference reference,
          std::vector<std::vector<Dims>> shapes, std::vector<BadCall> bad = {}) {
  OpRow out = floats_row(std::move(name), std::move(op), values, std::move(build),
                         std::move(reference), std::move(shapes), std::move(bad));
  out.value_tolerance = 2e-14;
  out.float32_tolerance = 2e-5;
  return out;
}

const std::vector<std::vector<Dims>> squares = {{{3, 3}},    {{1, 1}}, {{3, 3, 3}}, {{2, 1, 2, 2}},
                                                {{0, 3, 3}}, {{0, 0}}, {{2, 0, 0}}};
const std::vector<std::vector<Dims>> rectangles = {{{3, 3}},    {{4, 2}},    {{2, 4}}, {{3, 3, 3}},
                                                   {{2, 4, 3}}, {{3, 2, 3}}, {{1, 1}}, {{0, 3, 2}},
                                                   {{3, 0}},    {{0, 3}},    {{0, 0}}};
const std::vector<std::vector<Dims>> systems = {
    {{3, 3}, {3, 3}},    {{3, 3}, {3}},    {{1, 1}, {1, 1}},    {{3, 3, 3}, {3, 3}},
    {{3, 3}, {3, 3, 3}}, {{2, 3, 3}, {3}}, {{3, 3}, {4, 3, 1}}, {{2, 1, 2, 2}, {3, 2, 1}},
    {{0, 0}, {0, 2}},    {{3, 3}, {3, 0}}, {{0, 2, 2}, {2, 2}}, {{2, 2, 2}, {2, 2, 3}}};

Tensor wrong_shape(const Dims& shape) { return ones(shape); }

template <class F>
std::vector<BadCall> wants_square(const char* name, F f) {
  return {throws<ShapeError>(
              [f] {
                f(wrong_shape({2, 3}));
              },
              {name, "[2, 3]", "square"}),
          throws<ShapeError>([f] { f(wrong_shape({3})); }, {name, "[3]"}),
          throws<DTypeError>(
              [f] {
                f(to(ones({2, 2}), DType::int64));
              },
              {name, "int64"})};
}
template <class F>
std::vector<BadCall> wants_matrix(const char* name, F f) {
  return {throws<ShapeError>([f] { f(wrong_shape({3})); }, {name, "[3]"}),
          throws<DTypeError>(
              [f] {
                f(to(ones({2, 2}), DType::int64));
              },
              {name, "int64"})};
}
std::vector<BadCall> operator+(std::vector<BadCall> a, std::vector<BadCall> b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// Two identities but for one number of the second.
Tensor spoilt(std::int64_t n, std::int64_t i, std::int64_t j, double value) {
  std::vector<double> v(static_cast<std::size_t>(2 * n * n));
  for (std::int64_t p = 0; p < 2; ++p)
    for (std::int64_t k = 0; k < n; ++k) v[static_cast<std::size_t>((p * n + k) * n + k)] = 1;
  v[static_cast<std::size_t>((n + i) * n + j)] = value;
  return from_vector(v, {2, n, n});
}

/// Where the right-hand side is a vector, so is the result.
Reference as_right_side(Reference full, std::size_t right = 1) {
  return [full, right](const std::vector<Array>& in) {
    Array out = full(in);
    if (in[right].shape.size() == 1) out.shape.erase(out.shape.size() - 1);
    return out;
  };
}

std::vector<OpRow> cholesky_rows() {
  const auto factor_of = [](In in) {
    const Tensor x = definite(in[0]);
    return cholesky(x);
  };
  std::vector<BadCall> indefinite = {
      throws<LinalgError>([] { cholesky(spoilt(4, 2, 2, -1)); },
                          {"cholesky", "matrix 1 of the batch", "leading minor of order 3"}),
      throws<LinalgError>(
          [] {
            cholesky(tensor({{1, 2}, {2, 1}}));
          },
          {"the matrix is not positive definite", "order 2"}),
      throws<LinalgError>([] { cholesky(spoilt(30, 27, 27, 0)); }, {"matrix 1", "order 28"}),
      throws<LinalgError>([] { cholesky(spoilt(2, 0, 1, NAN)); }, {"cholesky", "not finite"})};
  const auto promoted = [](OpRow of) {
    of.integers = Integers::become_float64;
    return of;
  };
  const auto solve_bad = [](Dims l, Dims b) {
    return [l, b] { cholesky_solve(ones(b), ones(l)); };
  };
  return {
      row("cholesky", "cholesky", factor_of,
          for_each_matrix([](Mats m) { return cholesky_factor(definite(m[0])); }), squares,
          wants_square("cholesky", [](const Tensor& x) { cholesky(x); }) + indefinite),
      promoted(row(
          "cholesky of the symmetric part", "cholesky",
          [](In in) { return cholesky(0.3 * in[0] + 2.0 * identity_of(in[0])); },
          for_each_matrix([](Mats m) {
            Dense a = m[0] + m[0].transposed();
            for (long double& v : a.x) v *= 0.15L;
            return cholesky_factor(a + Dense::identity(a.rows, 2));
          }),
          squares)),
      row("cholesky_solve", "triangular_solve",
          [](In in) { return cholesky_solve(in[1], with_diagonal(in[0])); },
          as_right_side(for_each_matrix([](Mats m) {
            const Dense l = triangle_of(m[0], false, false);
            return solved(l * l.transposed(), m[1]);
          })),
          systems,
          {throws<ShapeError>(solve_bad({3, 3}, {2, 2}), {"cholesky_solve", "[3, 3]", "[2, 2]"}),
           throws<ShapeError>(solve_bad({3, 2}, {3}), {"cholesky_solve", "[3, 2]"}),
           throws<ShapeError>(solve_bad({2, 3, 3}, {4, 3, 3}), {"[2]", "[4]"})}),
      row(
          "cholesky_inverse", "triangular_solve",
          [](In in) { return cholesky_inverse(with_diagonal(in[0])); }, for_each_matrix([](Mats m) {
            const Dense l = triangle_of(m[0], false, false);
            return inverted(l * l.transposed());
          }),
          squares, wants_square("cholesky_inverse", [](const Tensor& x) { cholesky_inverse(x); })),
  };
}

OpRow triangular_row(std::string name, Triangular kind) {
  auto shapes = systems;
  if (!kind.left) {
    shapes = {{{3, 3}, {3, 3}}, {{3, 3}, {3}},       {{2, 2}, {4, 2}},
              {{0, 0}, {2, 0}}, {{3, 2, 2}, {3, 2}}, {{2, 2}, {3, 1, 2}}};
  }
  return row(
      std::move(name), "triangular_solve",
      [kind](In in) { return triangular_solve(with_diagonal(in[0]), in[1], kind); },
      for_each_matrix([kind](Mats m) {
        Dense a = triangle_of(m[0], kind.upper, kind.unit);
        if (kind.transpose) a = a.transposed();
        if (kind.left) return solved(a, m[1]);
        const bool is_vector = m[1].cols == 1 && m[0].rows != 1;
        return is_vector ? solved(a.transposed(), m[1])
                         : solved(a.transposed(), m[1].transposed()).transposed();
      }),
      shapes);
}

std::vector<OpRow> triangular_rows() {
  std::vector<OpRow> rows = {
      triangular_row("triangular_solve", {}),
      triangular_row("triangular_solve, upper", {.upper = true}),
      triangular_row("triangular_solve, transposed", {.transpose = true}),
      triangular_row("triangular_solve, upper transposed", {.upper = true, .transpose = true}),
      triangular_row("triangular_solve, unit", {.unit = true}),
      triangular_row("triangular_solve, upper unit transposed",
                     {.upper = true, .transpose = true, .unit = true}),
      triangular_row("triangular_solve from the right", {.left = false}),
      triangular_row("triangular_solve from the right, upper transposed",
                     {.upper = true, .transpose = true, .left = false})};
  rows[0].bad = wants_square("triangular_solve", [](const Tensor& x) { triangular_solve(x, x); }) +
                std::vector<BadCall>{
                    throws<ShapeError>(
                        [] {
                          triangular_solve(ones({3, 3}), ones({2}));
                        },
                        {"triangular_solve", "[3, 3]", "[2]", "3 rows"}),
                    throws<ShapeError>(
                        [] {
                          triangular_solve(ones({3, 3}), ones({3, 2}), {.left = false});
                        },
                        {"triangular_solve", "[3, 2]", "3 columns"}),
                    throws<LinalgError>([] { triangular_solve(spoilt(4, 2, 2, 0), ones({4})); },
                                        {"triangular_solve", "matrix 1", "number 3"})};
  for (OpRow& each : rows) each.reference = as_right_side(each.reference);
  return rows;
}

Tensor regular(const Tensor& x) { return anchored(x, 1, 0.5); }
Dense regular(const Dense& x) { return anchored(x, 1, 0.5); }

const Tensor& singular() {
  static const Tensor a = tensor({{1, 2}, {2, 4}});
  return a;
}

std::vector<OpRow> lu_rows() {
  const auto compact = [](In in) { return lu_factor(regular(in[0])).lu; };
  // By Gauss, the rows exchanged as the largest pivots want it.
  const auto factors = [](Dense a, bool permuted) {
    const std::int64_t n = a.rows;
    std::vector<std::int64_t> order;
    for (std::int64_t i = 0; i < n; ++i) order.push_back(i);
    for (std::int64_t j = 0; j < n; ++j) {
      std::int64_t at = j;
      for (std::int64_t i = j; i < n; ++i)
        if (std::fabs(a(i, j)) > std::fabs(a(at, j))) at = i;
      for (std::int64_t k = 0; k < n; ++k) std::swap(a(j, k), a(at, k));
      std::swap(order[static_cast<std::size_t>(j)], order[static_cast<std::size_t>(at)]);
      for (std::int64_t i = j + 1; i < n; ++i) {
        a(i, j) /= a(j, j);
        for (std::int64_t k = j + 1; k < n; ++k) a(i, k) -= a(i, j) * a(j, k);
      }
    }
    if (!permuted) return a;
    Dense p(n, n);
    for (std::int64_t i = 0; i < n; ++i) p(order[static_cast<std::size_t>(i)], i) = 1;
    return p;
  };
  const auto part = [factors](bool upper) {
    return for_each_matrix([=](Mats m) {
      Dense f = factors(regular(m[0]), false);
      for (std::int64_t i = 0; i < f.rows; ++i)
        for (std::int64_t j = 0; j < f.cols; ++j)
          if (upper ? i > j : i <= j) f(i, j) = i == j ? 1 : 0;
      return f;
    });
  };
  OpRow p = row(
      "lu, P", "permute_rows", [](In in) { return lu(regular(in[0])).p; },
      for_each_matrix([=](Mats m) { return factors(regular(m[0]), true); }), squares);
  p.is_differentiable = false;
  return {
      row("lu_factor", "lu_factor", compact,
          for_each_matrix([=](Mats m) { return factors(regular(m[0]), false); }), squares,
          wants_square("lu_factor", [](const Tensor& x) { lu_factor(x); })),
      row(
          "lu, L", "lu_factor", [](In in) { return lu(regular(in[0])).l; }, part(false), squares,
          wants_square("lu", [](const Tensor& x) { lu(x); })),
      row(
          "lu, U", "lu_factor", [](In in) { return lu(regular(in[0])).u; }, part(true), squares),
      p,
      row("lu_solve", "permute_rows",
          [](In in) { return lu_solve(lu_factor(regular(in[0])), in[1]); },
          as_right_side(for_each_matrix([](Mats m) { return solved(regular(m[0]), m[1]); })),
          systems,
          {throws<LinalgError>([] { lu_solve(lu_factor(singular()), ones({2})); },
                               {"singular", "number 2"}),
           throws<ShapeError>([] { lu_solve(lu_factor(eye(2)), ones({3})); },
                              {"lu_solve", "[2, 2]", "[3]"})}),
      row(
          "lu_solve, transposed", "permute_rows",
          [](In in) { return lu_solve(lu_factor(regular(in[0])), in[1], true); },
          as_right_side(
              for_each_matrix([](Mats m) { return solved(regular(m[0]).transposed(), m[1]); })),
          systems),
  };
}

long double det_of(const Dense& a) {
  long double det = 1;
  solved(a, Dense(a.rows, 0), &det);
  return det;
}

std::vector<OpRow> solve_rows() {
  const std::vector<BadCall> bad = {
      throws<LinalgError>([] { solve(singular(), ones({2})); },
                          {"solve: the matrix is singular", "pivot 2"}),
      throws<LinalgError>(
          [] {
            solve(spoilt(30, 7, 7, 0), ones({30, 2}));
          },
          {"matrix 1 of the batch", "pivot"}),
      throws<ShapeError>(
          [] {
            solve(ones({3, 3}), ones({2, 2}));
          },
          {"solve", "[3, 3]", "[2, 2]"}),
      throws<ShapeError>(
          [] {
            solve(ones({2, 3, 3}), ones({4, 3, 1}));
          },
          {"[2]", "[4]"})};
  return {
      row(
          "solve", "solve", [](In in) { return solve(regular(in[0]), in[1]); },
          as_right_side(for_each_matrix([](Mats m) { return solved(regular(m[0]), m[1]); })),
          systems, wants_square("solve", [](const Tensor& x) { solve(x, x); }) + bad),
      row(
          "inverse", "solve", [](In in) { return inverse(regular(in[0])); },
          for_each_matrix([](Mats m) { return inverted(regular(m[0])); }), squares,
          wants_square("inverse", [](const Tensor& x) { inverse(x); }) +
              std::vector<BadCall>{throws<LinalgError>([] { inverse(singular()); },
                                                       {"inverse", "singular", "pivot 2"})}),
      row(
          "slogdet, logarithm", "slogdet", [](In in) { return slogdet(regular(in[0])).logabsdet; },
          for_each_matrix([](Mats m) { return scalar(std::log(std::fabs(det_of(regular(m[0]))))); },
                          Result::scalar),
          squares, wants_square("slogdet", [](const Tensor& x) { slogdet(x); })),
      [] {
        OpRow sign = row(
            "slogdet, sign", "slogdet", [](In in) { return slogdet(regular(in[0])).sign; },
            for_each_matrix([](Mats m) { return scalar(det_of(regular(m[0])) < 0 ? -1 : 1); },
                            Result::scalar),
            squares);
        sign.is_differentiable = false;
        return sign;
      }(),
      row(
          "logdet", "slogdet", [](In in) { return logdet(definite(in[0])); },
          for_each_matrix([](Mats m) { return scalar(std::log(det_of(definite(m[0])))); },
                          Result::scalar),
          squares, wants_square("logdet", [](const Tensor& x) { logdet(x); })),
      row(
          "det", "det", [](In in) { return det(regular(in[0])); },
          for_each_matrix([](Mats m) { return scalar(det_of(regular(m[0]))); }, Result::scalar),
          squares, wants_square("det", [](const Tensor& x) { det(x); })),
      row(
          "matrix_power 5", "matmul", [](In in) { return matrix_power(in[0], 5); },
          for_each_matrix([](Mats m) { return m[0] * m[0] * m[0] * m[0] * m[0]; }), squares,
          wants_square("matrix_power", [](const Tensor& x) { matrix_power(x, 2); })),
      row(
          "matrix_power -2", "solve", [](In in) { return matrix_power(regular(in[0]), -2); },
          for_each_matrix([](Mats m) { return inverted(regular(m[0]) * regular(m[0])); }), squares),
  };
}

/// The first columns of a wide matrix, or all.
Dense first_columns(const Dense& a) {
  Dense out(a.rows, least(a.rows, a.cols));
  for (std::int64_t i = 0; i < out.rows; ++i)
    for (std::int64_t j = 0; j < out.cols; ++j) out(i, j) = a(i, j);
  return out;
}

std::vector<OpRow> qr_rows() {
  const auto argument = [](const auto& x) { return anchored(x, 0, 0.5); };
  const auto q_of = [argument](Mats m) { return gram_schmidt(first_columns(argument(m[0]))).q; };
  return {
      row(
          "qr, Q", "qr", [=](In in) { return qr(argument(in[0])).q; }, for_each_matrix(q_of),
          rectangles, wants_matrix("qr", [](const Tensor& x) { qr(x); })),
      row(
          "qr, R", "qr", [=](In in) { return qr(argument(in[0])).r; }, for_each_matrix([=](Mats m) {
            Dense r = q_of(m).transposed() * argument(m[0]);
            for (std::int64_t i = 0; i < r.rows; ++i)
              for (std::int64_t j = 0; j < std::min(i, r.cols); ++j) r(i, j) = 0;
            return r;
          }),
          rectangles),
      row(
          "qr, a function of both", "qr",
          [=](In in) {
            const Qr parts = qr(argument(in[0]));
            return matmul(square(parts.q), parts.r);
          },
          for_each_matrix([=](Mats m) {
            Dense q = q_of(m);
            const Dense r = q.transposed() * argument(m[0]);
            for (long double& v : q.x) v *= v;
            return q * r;
          }),
          rectangles),
  };
}

std::vector<OpRow> eigen_rows() {
  std::vector<BadCall> bad = wants_square("eigh", [](const Tensor& x) { eigh(x); });
  bad.push_back(throws<LinalgError>([] { eigh(spoilt(3, 1, 0, INFINITY)); },
                                    {"eigh", "matrix 1 of the batch", "not finite"}));
  const auto eigen_of = [](const Dense& x) { return eigen(eigh_argument(x)); };
  return {
      row(
          "eigh, values", "eigh", [](In in) { return eigh(eigh_argument(in[0])).values; },
          for_each_matrix([=](Mats m) { return column(eigen_of(m[0]).values); }, Result::vector),
          squares, bad),
      // A function of the matrix, which the signs of the vectors do not change.
      row(
          "eigh, vectors", "eigh",
          [](In in) {
            const Tensor v = eigh(eigh_argument(in[0])).vectors;
            return matmul(v * weights(v.size(-1), v), transpose(v, -2, -1));
          },
          for_each_matrix([=](Mats m) {
            const DenseEigen e = eigen_of(m[0]);
            return e.vectors * Dense::diagonal(weights(m[0].rows)) * e.vectors.transposed();
          }),
          squares),
      row(
          "eigh, a function of both", "eigh",
          [](In in) {
            const Eigh e = eigh(eigh_argument(in[0]));
            return matmul(e.vectors * unsqueeze(exp(-0.2 * e.values), -2),
                          transpose(e.vectors, -2, -1));
          },
          for_each_matrix([=](Mats m) {
            DenseEigen e = eigen_of(m[0]);
            for (long double& w : e.values) w = std::exp(-0.2L * w);
            return e.vectors * Dense::diagonal(e.values) * e.vectors.transposed();
          }),
          squares),
      row(
          "eigvalsh", "eigh", [](In in) { return eigvalsh(eigh_argument(in[0])); },
          for_each_matrix([=](Mats m) { return column(eigen_of(m[0]).values); }, Result::vector),
          squares, wants_square("eigvalsh", [](const Tensor& x) { eigvalsh(x); })),
  };
}

/// f of the parts of the singular value decomposition, which signs of pairs do not change.
OpRow svd_row(std::string name, std::function<Tensor(const Svd&)> f,
              std::function<Dense(const DenseSvd&)> reference, Result result = Result::matrix) {
  return row(
      std::move(name), "svd", [f](In in) { return f(svd(svd_argument(in[0]))); },
      for_each_matrix([reference](Mats m) { return reference(svd_of(svd_argument(m[0]))); },
                      result),
      rectangles);
}

std::vector<OpRow> singular_rows() {
  const auto t2 = [](const Tensor& x) { return transpose(x, -2, -1); };
  const auto diagonal = [](const DenseSvd& d) {
    return Dense::diagonal(weights(static_cast<std::int64_t>(d.s.size())));
  };
  std::vector<OpRow> rows = {
      svd_row(
          "svd, values", [](const Svd& d) { return d.s; },
          [](const DenseSvd& d) { return column(d.s); }, Result::vector),
      svd_row(
          "svd, left vectors",
          [=](const Svd& d) { return matmul(d.u * weights(d.s.size(-1), d.s), t2(d.u)); },
          [=](const DenseSvd& d) { return d.u * diagonal(d) * d.u.transposed(); }),
      svd_row(
          "svd, right vectors",
          [=](const Svd& d) { return matmul(t2(d.vh) * weights(d.s.size(-1), d.s), d.vh); },
          [=](const DenseSvd& d) { return d.v * diagonal(d) * d.v.transposed(); }),
      svd_row(
          "svd, a function of all",
          [](const Svd& d) { return matmul(d.u * unsqueeze(square(d.s), -2), d.vh); },
          [](const DenseSvd& d) {
            std::vector<long double> squared = d.s;
            for (long double& s : squared) s *= s;
            return d.u * Dense::diagonal(squared) * d.v.transposed();
          }),
      row(
          "svdvals", "svd", [](In in) { return svdvals(svd_argument(in[0])); },
          for_each_matrix([](Mats m) { return column(svd_of(svd_argument(m[0])).s); },
                          Result::vector),
          rectangles, wants_matrix("svdvals", [](const Tensor& x) { svdvals(x); }))};
  rows[0].bad = wants_matrix("svd", [](const Tensor& x) { svd(x); });
  rows[0].bad.push_back(throws<LinalgError>([] { svd(spoilt(3, 1, 0, NAN)); },
                                            {"svd", "matrix 1 of the batch", "not finite"}));
  return rows;
}

Dense pinv_of(const Dense& a) {
  const Dense at = a.transposed();
  return a.rows >= a.cols ? solved(at * a, at) : at * inverted(a * at);
}

std::vector<OpRow> norm_rows() {
  const auto sum_of = [](const std::vector<long double>& v) {
    long double total = 0;
    for (long double x : v) total += x;
    return total;
  };
  const auto singular_values = [](const Dense& x) { return svd_of(svd_argument(x)).s; };
  OpRow rank = row(
      "matrix_rank", "sum",
      [](In in) { return matrix_rank(matmul(anchored(in[0], 0, 1), anchored(in[1], 0, 1))); },
      for_each_matrix([](Mats m) { return scalar(least(m[0].rows, m[0].cols)); }, Result::scalar),
      {{{4, 2}, {2, 3}}, {{3, 1}, {1, 3}}, {{2, 3, 2}, {2, 4}}, {{0, 3, 2}, {2, 3}}},
      wants_matrix("matrix_rank", [](const Tensor& x) { matrix_rank(x); }));
  rank.is_differentiable = false;
  OpRow condition = row(
      "cond", "svd", [](In in) { return cond(svd_argument(in[0])); },
      for_each_matrix(
          [=](Mats m) {
            const auto s = singular_values(m[0]);
            return scalar(s.front() / s.back());
          },
          Result::scalar),
      {{{3, 3}}, {{4, 2}}, {{3, 2, 3}}, {{1, 1}}},
      wants_matrix("cond", [](const Tensor& x) { cond(x); }));
  condition.bad.push_back(throws<ShapeError>([] { cond(ones({0, 3})); }, {"cond", "[0, 3]"}));
  return {
      row(
          "pinv", "pinv", [](In in) { return pinv(svd_argument(in[0])); },
          for_each_matrix([](Mats m) { return pinv_of(svd_argument(m[0])); }), rectangles,
          wants_matrix("pinv", [](const Tensor& x) { pinv(x); })),
      row("pinv of less than full rank", "pinv",
          [](In in) { return pinv(matmul(anchored(in[0], 0, 1), anchored(in[1], 0, 1))); },
          for_each_matrix(
              [](Mats m) { return pinv_of(anchored(m[1], 0, 1)) * pinv_of(anchored(m[0], 0, 1)); }),
          {{{4, 2}, {2, 3}}, {{3, 1}, {1, 3}}, {{2, 3, 2}, {2, 4}}}),
      rank,
      condition,
      row(
          "matrix_norm", "sqrt", [](In in) { return matrix_norm(in[0]); },
          for_each_matrix(
              [](Mats m) {
                long double total = 0;
                for (long double v : m[0].x) total += v * v;
                return scalar(std::sqrt(total));
              },
              Result::scalar),
          {{{3, 3}}, {{4, 2}}, {{3, 3, 3}}, {{3, 0}}, {{0, 2, 2}}},
          wants_matrix("matrix_norm", [](const Tensor& x) { matrix_norm(x); })),
      row(
          "matrix_norm, nuclear", "svd",
          [](In in) { return matrix_norm(svd_argument(in[0]), MatrixNorm::nuclear); },
          for_each_matrix([=](Mats m) { return scalar(sum_of(singular_values(m[0]))); },
                          Result::scalar),
          rectangles),
      row(
          "matrix_norm, spectral", "svd",
          [](In in) { return matrix_norm(svd_argument(in[0]), MatrixNorm::spectral); },
          for_each_matrix(
              [=](Mats m) {
                const auto s = singular_values(m[0]);
                return scalar(s.empty() ? 0 : s.front());
              },
              Result::scalar),
          rectangles),
  };
}

std::vector<OpRow> least_squares_rows() {
  const auto argument = [](const auto& x) { return anchored(x, 0, 0.5); };
  return {
      row("lstsq", "qr", [=](In in) { return lstsq(argument(in[0]), in[1]); },
          as_right_side(for_each_matrix([=](Mats m) { return pinv_of(argument(m[0])) * m[1]; })),
          {{{4, 2}, {4, 2}},
           {{4, 2}, {4}},
           {{2, 4}, {2, 3}},
           {{2, 3}, {2}},
           {{3, 3}, {3, 3}},
           {{3, 4, 3}, {4, 3}},
           {{3, 2}, {3, 3, 2}},
           {{3, 0}, {3, 2}},
           {{0, 2, 2}, {2, 2}}},
          {throws<ShapeError>(
               [] {
                 lstsq(ones({3, 2}), ones({2}));
               },
               {"lstsq", "[3, 2]", "[2]"}),
           throws<ShapeError>([] { lstsq(ones({3}), ones({3})); }, {"lstsq", "[3]"})}),
      row("lstsq of less than full rank", "pinv",
          [=](In in) { return lstsq(matmul(argument(in[0]), argument(in[1])), in[2]); },
          as_right_side(for_each_matrix([=](Mats m) {
                          return pinv_of(argument(m[1])) * (pinv_of(argument(m[0])) * m[2]);
                        }),
                        2),
          {{{4, 2}, {2, 3}, {4, 2}}, {{4, 2}, {2, 3}, {4}}, {{3, 1}, {1, 4}, {3, 3}}}),
  };
}

}  // namespace

std::vector<OpRow> linalg_rows() {
  std::vector<OpRow> rows;
  for (auto& more : {cholesky_rows(), triangular_rows(), lu_rows(), solve_rows(), qr_rows(),
                     eigen_rows(), singular_rows(), norm_rows(), least_squares_rows()})
    rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

}  // namespace wald::testing
