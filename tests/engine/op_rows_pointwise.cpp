// How rows of pointwise functions are made, and those of arithmetic, rounding and rules.
#include <cmath>

#include <wald/engine/ops/ops.h>

#include "pointwise_row.h"

namespace wald::testing {
namespace {

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

}  // namespace

OpRow pointwise_row(std::string name, Builder build, std::vector<Sampler> inputs,
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

OpRow unary_row(std::string name, Unary* f, Sampler x, Real (*formula)(Real)) {
  OpRow row = pointwise_row(
      std::move(name), [f](const std::vector<Tensor>& in) { return f(in[0]); }, {std::move(x)},
      [formula](const std::vector<Real>& in) { return formula(in[0]); });
  row.shapes = {{{3}}, {{4, 3}}, {{}}, {{1}}, {{0}}, {{2, 0, 3}}};
  return row;
}

OpRow composed_row(std::string name, std::string op, Unary* f, Sampler x, Real (*formula)(Real)) {
  OpRow row = unary_row(std::move(name), f, std::move(x), formula);
  row.op = std::move(op);
  row.scalar = {};
  return row;
}

OpRow binary_row(std::string name, Binary* f, Sampler x, Sampler y, Real (*formula)(Real, Real)) {
  OpRow row = pointwise_row(
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

OpRow ternary_row(std::string name, Tensor (*f)(const Tensor&, const Tensor&, const Tensor&),
                  std::vector<Sampler> inputs, Real (*formula)(Real, Real, Real)) {
  OpRow row = pointwise_row(
      name, [f](const std::vector<Tensor>& in) { return f(in[0], in[1], in[2]); },
      std::move(inputs),
      [formula](const std::vector<Real>& in) { return formula(in[0], in[1], in[2]); });
  row.shapes = {
      {{4, 3}, {4, 3}, {4, 3}}, {{3}, {3}, {3}}, {{3, 3}, {3}, {3, 1}},       {{3}, {}, {}},
      {{}, {3}, {1}},           {{}, {}, {3}},   {{2, 1, 3}, {4, 1}, {4, 3}}, {{}, {}, {}},
      {{0}, {1}, {0}}};
  row.bad = {
      throws<ShapeError>([f] { f(ones({2}), ones({3}), ones({2})); }, {row.op, "[2]", "[3]"}),
      throws<ShapeError>([f] { f(ones({2}), ones({2}), ones({3})); }, {row.op, "[2]", "[3]"})};
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
OpRow within_ulps(OpRow row, double ulps) {
  row.ulps = ulps;
  return row;
}
OpRow measured_by(OpRow row, ScalarReference magnitude) {
  row.magnitude = std::move(magnitude);
  return row;
}
OpRow to_booleans(OpRow row) {
  row.is_differentiable = false;
  row.integers = Integers::stay;
  return row;
}

Sampler around_whole(double offset, double jitter) {
  return {[=](double u) {
    const double whole = std::floor(5 * u);
    return whole - 2 + offset + jitter * (2 * (5 * u - whole) - 1);
  }};
}

namespace {

Real sign_formula(Real x) { return x > 0 ? 1 : x < 0 ? -1 : x; }
Real remainder_formula(Real x, Real y) {
  const Real rest = std::fmod(x, y);
  return (rest > 0 && y < 0) || (rest < 0 && y > 0) ? rest + y : rest;
}
Real lerp_formula(Real x, Real y, Real w) {
  if ((x < 0 && y > 0) || (x > 0 && y < 0)) return (1 - w) * x + w * y;
  return w < 0.5L ? x + w * (y - x) : y - (1 - w) * (y - x);
}
Real lerp_magnitude(const std::vector<Real>& in) {
  const Real x = in[0], y = in[1], w = in[2];
  return std::fabs(x) + std::fabs(y) + std::fabs(w * (y - x)) + std::fabs((1 - w) * (y - x));
}
Real clamp_formula(Real x, Real low, Real high) {
  const Real at_least = x < low ? low : x;
  return at_least > high ? high : at_least;
}
Real step_formula(Real x, Real y, Real at_tie) { return x > y ? 1 : x < y ? 0 : at_tie; }

std::vector<OpRow> arithmetic_rows() {
  const Sampler wide = between(-2, 2), off = away_from_zero(0.3, 2);
  return {
      on_integers(unary_row("neg", neg, wide, [](Real x) { return -x; })),
      on_integers(unary_row("abs", abs, off, [](Real x) { return std::fabs(x); })),
      on_integers(unary_row("sign", sign, off, sign_formula)),
      on_integers(
          named_in_graph(unary_row("square", square, wide, [](Real x) { return x * x; }), "pow")),
      unary_row("reciprocal", reciprocal, away_from_zero(0.7, 2), [](Real x) { return 1 / x; }),
      on_integers(binary_row("add", add, wide, wide, [](Real x, Real y) { return x + y; })),
      on_integers(binary_row("sub", sub, wide, wide, [](Real x, Real y) { return x - y; })),
      on_integers(binary_row("mul", mul, wide, wide, [](Real x, Real y) { return x * y; })),
      binary_row("div", div, wide, away_from_zero(0.7, 2), [](Real x, Real y) { return x / y; }),
      measured_by(ternary_row("lerp", lerp, {wide, wide, between(-0.5, 1.5)}, lerp_formula),
                  lerp_magnitude),
      composed_row(
          "lerp with a number", "lerp", [](const Tensor& x) { return lerp(x, x * x, 0.25); }, wide,
          [](Real x) { return x + (x * x - x) / 4; }),
  };
}

std::vector<OpRow> rounding_rows() {
  const Sampler apart = around_whole(0.3, 0.1);
  auto fmod_of = [](Real x, Real y) { return std::fmod(x, y); };
  std::vector<OpRow> rows = {
      on_integers(unary_row("floor", floor, apart, [](Real x) { return std::floor(x); })),
      on_integers(unary_row("ceil", ceil, apart, [](Real x) { return std::ceil(x); })),
      on_integers(unary_row("round", round, apart, [](Real x) { return std::nearbyint(x); })),
      on_integers(unary_row("trunc", trunc, apart, [](Real x) { return std::trunc(x); })),
      binary_row("fmod", fmod, apart, between(0.95, 1.05), fmod_of),
      binary_row("remainder", remainder, apart, between(0.95, 1.05), remainder_formula),
      composed_row(
          "fmod with a number", "fmod", [](const Tensor& x) { return fmod(x, 1.5) + fmod(-7, x); },
          between(2.1, 2.2), [](Real x) { return std::fmod(x, 1.5L) + std::fmod(-7, x); }),
      composed_row(
          "remainder with a number", "remainder",
          [](const Tensor& x) { return remainder(x, -1.5) + remainder(-7, x); }, between(2.1, 2.2),
          [](Real x) { return remainder_formula(x, -1.5L) + remainder_formula(-7, x); }),
  };
  return rows;
}

std::vector<OpRow> bounding_rows() {
  const Sampler whole = around_whole(0, 0.1), half = around_whole(0.5, 0.1);
  auto lesser = [](Real x, Real y) { return x < y || std::isnan(x) ? x : y; };
  auto greater = [](Real x, Real y) { return x > y || std::isnan(x) ? x : y; };
  std::vector<OpRow> rows = {
      on_integers(binary_row("minimum", minimum, whole, half, lesser)),
      on_integers(binary_row("maximum", maximum, whole, half, greater)),
      composed_row(
          "minimum with a number", "minimum",
          [](const Tensor& x) { return minimum(x, 0.5) - 2 * minimum(-0.5, x); }, whole,
          [](Real x) { return std::fmin(x, 0.5L) - 2 * std::fmin(-0.5L, x); }),
      composed_row(
          "maximum with a number", "maximum",
          [](const Tensor& x) { return maximum(x, 0.5) - 2 * maximum(-0.5, x); }, whole,
          [](Real x) { return std::fmax(x, 0.5L) - 2 * std::fmax(-0.5L, x); }),
      on_integers(ternary_row(
          "clamp", clamp, {whole, around_whole(-0.5, 0.1), around_whole(1.5, 0.1)}, clamp_formula)),
      composed_row(
          "clamp between numbers", "clamp", [](const Tensor& x) { return clamp(x, -1.5, 0.5); },
          whole, [](Real x) { return clamp_formula(x, -1.5L, 0.5L); }),
      composed_row(
          "clamp from below", "clamp", [](const Tensor& x) { return clamp(x, -1.5); }, whole,
          [](Real x) { return std::fmax(x, -1.5L); }),
      composed_row(
          "clamp from above", "clamp", [](const Tensor& x) { return clamp(x, std::nullopt, 0.5); },
          whole, [](Real x) { return std::fmin(x, 0.5L); }),
  };
  rows.back().bad = {throws<Error>([] { clamp(ones({2}), std::nullopt); }, {"clamp", "bound"})};
  return rows;
}

std::vector<OpRow> rule_rows() {
  const Sampler wide = between(-2, 2), off = away_from_zero(0.3, 2);
  return {
      on_integers(binary_row("strong_mul", strong_mul, off, wide,
                             [](Real x, Real y) { return x == 0 ? 0 : x * y; })),
      on_integers(binary_row("zero_mul", zero_mul, off, off,
                             [](Real x, Real y) { return x == 0 || y == 0 ? 0 : x * y; })),
      binary_row("strong_div", strong_div, off, away_from_zero(0.7, 2),
                 [](Real x, Real y) { return x == 0 ? 0 : x / y; }),
      binary_row("difference", difference, wide, wide,
                 [](Real x, Real y) { return x == y ? 0 : x - y; }),
      ternary_row("step", step, {around_whole(0, 0.1), around_whole(0.5, 0.1), wide}, step_formula),
      composed_row(
          "step with a number", "step",
          [](const Tensor& x) { return step(x, number_like(0.5, x), 0.5); }, around_whole(0, 0.1),
          [](Real x) { return step_formula(x, 0.5L, 0.5L); }),
      composed_row(
          "number_like", "mul", [](const Tensor& x) { return x * number_like(0.5, x); }, wide,
          [](Real x) { return x / 2; }),
  };
}

}  // namespace

std::vector<OpRow> pointwise_rows() {
  std::vector<OpRow> all;
  for (auto& rows : {arithmetic_rows(), rounding_rows(), bounding_rows(), comparison_rows(),
                     elementary_rows(), activation_rows(), rule_rows()})
    all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace wald::testing
