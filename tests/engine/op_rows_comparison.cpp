// Rows of comparisons, logic and selection by a condition.
#include <cmath>

#include <wald/engine/ops/ops.h>

#include "pointwise_row.h"

namespace wald::testing {
namespace {

OpRow comparison(std::string name, Binary* f, Real (*formula)(Real, Real)) {
  return to_booleans(binary_row(std::move(name), f, whole(-2, 2), whole(-2, 2), formula));
}

OpRow classification(std::string name, Unary* f, Real (*formula)(Real)) {
  return to_booleans(unary_row(std::move(name), f, whole(-2, 2), formula));
}

OpRow of_booleans(std::string name, Binary* f, Real (*formula)(Real, Real)) {
  OpRow row = to_booleans(binary_row(name + " of booleans", f, coin(), coin(), formula));
  row.op = name;
  row.bad = {throws<ShapeError>([f] { f(ones({2}) > 0, ones({3}) > 0); }, {row.op, "[2]", "[3]"})};
  row.scalar = {};
  return row;
}

OpRow where_row() {
  OpRow row = pointwise_row(
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

OpRow where_of_numbers() {
  OpRow row = composed_row(
      "where with numbers", "where",
      [](const Tensor& x) {
        return where(x > 0, x, -3.0) + where(x > 1, 0.5, x) +
               to(where(x > -1, 4.0, 5.0), is_floating(x.dtype()) ? x.dtype() : DType::float64);
      },
      around_whole(0.5, 0.1),
      [](Real x) { return (x > 0 ? x : -3) + (x > 1 ? 0.5L : x) + (x > -1 ? 4 : 5); });
  return row;
}

/// An operator of booleans, by comparisons of two numbers.
OpRow operator_row(std::string name, std::string op, Binary* f, Real (*formula)(Real, Real)) {
  OpRow row = of_booleans(op, f, formula);
  row.name = std::move(name);
  row.bad.push_back(
      throws<DTypeError>([f] { f(ones({2}) > 0, ones({2})); }, {"boolean", "float64"}));
  return row;
}

}  // namespace

std::vector<OpRow> comparison_rows() {
  return {
      comparison("eq", eq, [](Real x, Real y) { return Real(x == y); }),
      comparison("ne", ne, [](Real x, Real y) { return Real(x != y); }),
      comparison("lt", lt, [](Real x, Real y) { return Real(x < y); }),
      comparison("le", le, [](Real x, Real y) { return Real(x <= y); }),
      comparison("gt", gt, [](Real x, Real y) { return Real(x > y); }),
      comparison("ge", ge, [](Real x, Real y) { return Real(x >= y); }),
      comparison("logical_and", logical_and, [](Real x, Real y) { return Real(x != 0 && y != 0); }),
      comparison("logical_or", logical_or, [](Real x, Real y) { return Real(x != 0 || y != 0); }),
      comparison("logical_xor", logical_xor,
                 [](Real x, Real y) { return Real((x != 0) != (y != 0)); }),
      of_booleans("logical_and", logical_and,
                  [](Real x, Real y) { return Real(x != 0 && y != 0); }),
      of_booleans("logical_or", logical_or, [](Real x, Real y) { return Real(x != 0 || y != 0); }),
      of_booleans("logical_xor", logical_xor, [](Real x, Real y) { return Real(x != y); }),
      operator_row("logical_and by operator", "logical_and", operator&,
                   [](Real x, Real y) { return Real(x != 0 && y != 0); }),
      operator_row("logical_or by operator", "logical_or", operator|,
                   [](Real x, Real y) { return Real(x != 0 || y != 0); }),
      operator_row("logical_xor by operator", "logical_xor", operator^,
                   [](Real x, Real y) { return Real(x != y); }),
      to_booleans(
          unary_row("logical_not", logical_not, whole(-1, 1), [](Real x) { return Real(x == 0); })),
      to_booleans(composed_row(
          "logical_not by operator", "logical_not", [](const Tensor& x) { return ~(x > 0); },
          whole(-1, 1), [](Real x) { return Real(!(x > 0)); })),
      classification("isnan", isnan, [](Real x) { return Real(std::isnan(x)); }),
      classification("isinf", isinf, [](Real x) { return Real(std::isinf(x)); }),
      classification("isfinite", isfinite, [](Real x) { return Real(std::isfinite(x)); }),
      where_row(),
      where_of_numbers(),
      on_integers(composed_row(
          "nan_to_num", "where", [](const Tensor& x) { return nan_to_num(x); }, between(-2, 2),
          [](Real x) { return x; })),
  };
}

}  // namespace wald::testing
