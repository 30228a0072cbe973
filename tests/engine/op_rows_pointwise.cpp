// Rows of the pointwise functions: the function, its domain, and its formula in extended precision.
#include <cmath>

#include <wald/engine/ops/ops.h>

#include "op_table.h"

namespace wald::testing {
namespace {

using Real = long double;

Dims broadcast(const std::vector<Array>& in) {
  Dims shape;
  for (const Array& x : in) shape = broadcast_shapes(shape, x.shape, "reference");
  return shape;
}

/// The element of x that broadcasting puts at `index`.
double broadcast_at(const Array& x, const std::vector<std::int64_t>& index) {
  std::size_t place = 0;
  const std::size_t shift = index.size() - x.shape.size();
  for (std::size_t axis = 0; axis < x.shape.size(); ++axis) {
    const std::int64_t i = x.shape[axis] == 1 ? 0 : index[shift + axis];
    place = place * static_cast<std::size_t>(x.shape[axis]) + static_cast<std::size_t>(i);
  }
  return x.values[place];
}

OpRow pointwise(std::string name, Builder build, std::vector<Sampler> inputs,
                ScalarReference scalar) {
  OpRow row{.name = std::move(name),
            .build = std::move(build),
            .inputs = std::move(inputs),
            .reference = {},
            .shapes = {}};
  row.scalar = scalar;
  row.reference = [scalar](const std::vector<Array>& in) {
    return make_array(broadcast(in), [&](const std::vector<std::int64_t>& index) {
      std::vector<Real> x;
      for (const Array& array : in) x.push_back(broadcast_at(array, index));
      return static_cast<double>(scalar(x));
    });
  };
  return row;
}

OpRow unary(std::string name, Tensor (*f)(const Tensor&), Sampler x, Real (*formula)(Real)) {
  OpRow row = pointwise(
      std::move(name), [f](const std::vector<Tensor>& in) { return f(in[0]); }, {std::move(x)},
      [formula](const std::vector<Real>& in) { return formula(in[0]); });
  row.shapes = {{{3}}, {{4, 3}}, {{}}, {{1}}, {{0}}, {{2, 0, 3}}};
  return row;
}

OpRow binary(std::string name, Tensor (*f)(const Tensor&, const Tensor&), Sampler x, Sampler y,
             Real (*formula)(Real, Real)) {
  OpRow row = pointwise(
      name, [f](const std::vector<Tensor>& in) { return f(in[0], in[1]); },
      {std::move(x), std::move(y)},
      [formula](const std::vector<Real>& in) { return formula(in[0], in[1]); });
  row.shapes = {{{4, 3}, {4, 3}},    {{3}, {3}},       {{3, 3}, {3}}, {{3}, {4, 3}},   {{3}, {}},
                {{}, {3}},           {{4, 1}, {1, 3}}, {{3, 1}, {3}}, {{1}, {1}},      {{}, {}},
                {{2, 1, 3}, {3, 1}}, {{0}, {0}},       {{0}, {1}},    {{2, 0}, {2, 1}}};
  row.bad = {throws<ShapeError>([f] { f(ones({2}), ones({3})); }, {row.op, "[2]", "[3]"}),
             throws<ShapeError>(
                 [f] {
                   f(ones({3, 2}), ones({3, 4}));
                 },
                 {"[3, 2]", "[3, 4]"})};
  return row;
}

OpRow comparison(std::string name, Tensor (*f)(const Tensor&, const Tensor&),
                 Real (*formula)(Real, Real)) {
  OpRow row = binary(std::move(name), f, whole(-2, 2), whole(-2, 2), formula);
  row.is_differentiable = false;
  row.integers = Integers::stay;
  return row;
}

OpRow on_integers(OpRow row) {
  row.integers = Integers::stay;
  return row;
}

OpRow named_in_graph(OpRow row, std::string op) {
  row.op = std::move(op);
  return row;
}

OpRow where_row() {
  OpRow row = pointwise(
      "where", [](const std::vector<Tensor>& in) { return where(in[0], in[1], in[2]); },
      {coin(), between(-2, 2), between(-2, 2)},
      [](const std::vector<Real>& in) { return in[0] != 0 ? in[1] : in[2]; });
  row.integers = Integers::stay;
  row.shapes = {{{4, 3}, {4, 3}, {4, 3}}, {{3}, {3}, {3}}, {{3}, {3, 3}, {3}}, {{3, 1}, {3}, {}},
                {{4, 3}, {}, {3}},        {{}, {3}, {3}},  {{0}, {0}, {0}},    {{}, {}, {}}};
  const Tensor yes = ones({2}) > 0;
  row.bad = {throws<DTypeError>([] { where(ones({2}), ones({2}), ones({2})); },
                                {"where", "boolean", "float64"}),
             throws<ShapeError>([yes] { where(yes, ones({3}), ones({3})); }, {"where", "[3]"}),
             throws<ShapeError>([yes] { where(yes, ones({3}), ones({2})); }, {"[3]", "[2]"})};
  return row;
}

Real sigmoid_formula(Real x) { return 1 / (1 + std::exp(-x)); }
Real softplus_formula(Real x) {
  return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}
Real sign_formula(Real x) { return x > 0 ? 1 : x < 0 ? -1 : x; }

}  // namespace

std::vector<OpRow> pointwise_rows() {
  const Sampler wide = between(-2, 2), positive = between(0.3, 3), off = away_from_zero(0.3, 2);
  return {
      on_integers(unary("neg", neg, wide, [](Real x) { return -x; })),
      on_integers(unary("abs", abs, off, [](Real x) { return std::fabs(x); })),
      on_integers(unary("sign", sign, off, sign_formula)),
      on_integers(
          named_in_graph(unary("square", square, wide, [](Real x) { return x * x; }), "pow")),
      unary("exp", exp, wide, [](Real x) { return std::exp(x); }),
      unary("expm1", expm1, wide, [](Real x) { return std::expm1(x); }),
      unary("log", log, positive, [](Real x) { return std::log(x); }),
      unary("log1p", log1p, between(-0.6, 3), [](Real x) { return std::log1p(x); }),
      unary("sqrt", sqrt, positive, [](Real x) { return std::sqrt(x); }),
      unary("sin", sin, wide, [](Real x) { return std::sin(x); }),
      unary("cos", cos, wide, [](Real x) { return std::cos(x); }),
      unary("sigmoid", sigmoid, wide, sigmoid_formula),
      unary("softplus", softplus, wide, softplus_formula),

      on_integers(binary("add", add, wide, wide, [](Real x, Real y) { return x + y; })),
      on_integers(binary("sub", sub, wide, wide, [](Real x, Real y) { return x - y; })),
      on_integers(binary("mul", mul, wide, wide, [](Real x, Real y) { return x * y; })),
      binary("div", div, wide, away_from_zero(0.7, 2), [](Real x, Real y) { return x / y; }),
      binary("pow", static_cast<Tensor (*)(const Tensor&, const Tensor&)>(pow), positive, wide,
             [](Real x, Real y) { return std::pow(x, y); }),
      on_integers(binary("strong_mul", strong_mul, off, wide,
                         [](Real x, Real y) { return x == 0 ? 0 : x * y; })),
      on_integers(binary("zero_mul", zero_mul, off, off,
                         [](Real x, Real y) { return x == 0 || y == 0 ? 0 : x * y; })),

      comparison("eq", eq, [](Real x, Real y) { return Real(x == y); }),
      comparison("ne", ne, [](Real x, Real y) { return Real(x != y); }),
      comparison("lt", lt, [](Real x, Real y) { return Real(x < y); }),
      comparison("le", le, [](Real x, Real y) { return Real(x <= y); }),
      comparison("gt", gt, [](Real x, Real y) { return Real(x > y); }),
      comparison("ge", ge, [](Real x, Real y) { return Real(x >= y); }),
      where_row(),
  };
}

}  // namespace wald::testing
