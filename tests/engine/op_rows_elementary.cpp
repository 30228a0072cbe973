// Rows of the elementary functions.
#include <cmath>

#include <wald/engine/ops/ops.h>

#include "pointwise_row.h"

namespace wald::testing {
namespace {

Real xlogy_formula(Real x, Real y) { return x == 0 && !std::isnan(y) ? 0 : x * std::log(y); }
Real xlog1py_formula(Real x, Real y) { return x == 0 && !std::isnan(y) ? 0 : x * std::log1p(y); }
Real logaddexp_formula(Real x, Real y) {
  const Real gap = x == y ? 0 : x - y;
  return (x > y ? x : y) + std::log1p(std::exp(-std::fabs(gap)));
}
// What the last places of the arguments are worth; of their difference they are dropped.
Real logaddexp_magnitude(const std::vector<Real>& in) {
  const Real x = in[0], y = in[1], sum = logaddexp_formula(x, y);
  if (std::isinf(x) || std::isinf(y)) return std::fabs(sum);
  return std::fabs(sum) + std::fabs(x) * std::exp(x - sum) + std::fabs(y) * std::exp(y - sum);
}
Real direction_formula(Real x, Real y) { return x == 0 && y == 0 ? x : x / std::hypot(x, y); }
Real inverse_real_part_formula(Real x, Real y) {
  const Real length = std::hypot(x, y);
  return length == 0 ? x : x / length / length;
}

std::vector<OpRow> unary_rows() {
  const Sampler wide = between(-2, 2), positive = between(0.7, 3), small = between(-0.6, 0.6);
  return {
      unary_row("exp", exp, wide, [](Real x) { return std::exp(x); }),
      unary_row("expm1", expm1, wide, [](Real x) { return std::expm1(x); }),
      unary_row("exp2", exp2, wide, [](Real x) { return std::exp2(x); }),
      unary_row("log", log, between(0.3, 3), [](Real x) { return std::log(x); }),
      unary_row("log1p", log1p, between(-0.6, 3), [](Real x) { return std::log1p(x); }),
      unary_row("log2", log2, positive, [](Real x) { return std::log2(x); }),
      unary_row("log10", log10, positive, [](Real x) { return std::log10(x); }),
      unary_row("sqrt", sqrt, between(0.3, 3), [](Real x) { return std::sqrt(x); }),
      unary_row("rsqrt", rsqrt, positive, [](Real x) { return 1 / std::sqrt(x); }),
      unary_row("cbrt", cbrt, away_from_zero(0.7, 2), [](Real x) { return std::cbrt(x); }),
      unary_row("sin", sin, wide, [](Real x) { return std::sin(x); }),
      unary_row("cos", cos, wide, [](Real x) { return std::cos(x); }),
      unary_row("tan", tan, small, [](Real x) { return std::tan(x); }),
      unary_row("asin", asin, small, [](Real x) { return std::asin(x); }),
      unary_row("acos", acos, small, [](Real x) { return std::acos(x); }),
      unary_row("atan", atan, wide, [](Real x) { return std::atan(x); }),
      unary_row("sinh", sinh, wide, [](Real x) { return std::sinh(x); }),
      unary_row("cosh", cosh, wide, [](Real x) { return std::cosh(x); }),
      unary_row("tanh", tanh, wide, [](Real x) { return std::tanh(x); }),
      unary_row("asinh", asinh, wide, [](Real x) { return std::asinh(x); }),
      unary_row("acosh", acosh, between(1.7, 4), [](Real x) { return std::acosh(x); }),
      unary_row("atanh", atanh, small, [](Real x) { return std::atanh(x); }),
      unary_row("one_minus_square", one_minus_square, wide,
                [](Real x) { return (1 - x) * (1 + x); }),
  };
}

std::vector<OpRow> binary_rows() {
  const Sampler wide = between(-2, 2), positive = between(0.7, 3), off = away_from_zero(0.7, 2);
  return {
      binary_row("pow", pow, between(0.3, 3), wide, [](Real x, Real y) { return std::pow(x, y); }),
      binary_row("atan2", atan2, off, off, [](Real y, Real x) { return std::atan2(y, x); }),
      binary_row("hypot", hypot, off, off, [](Real x, Real y) { return std::hypot(x, y); }),
      binary_row("xlogy", xlogy, wide, positive, xlogy_formula),
      binary_row("xlog1py", xlog1py, wide, between(-0.3, 3), xlog1py_formula),
      measured_by(binary_row("logaddexp", logaddexp, wide, wide, logaddexp_formula),
                  logaddexp_magnitude),
      binary_row("direction", direction, off, off, direction_formula),
      within_ulps(
          binary_row("inverse_real_part", inverse_real_part, off, off, inverse_real_part_formula),
          3),
  };
}

/// The forms with a number on each side, whose sum is x to a number.
std::vector<OpRow> number_rows() {
  const Sampler positive = between(0.7, 3);
  return {
      composed_row(
          "pow with a number", "pow",
          [](const Tensor& x) { return pow(x, 1.7) + pow(1.3, x) + pow(x, 2) + pow(x, -1); },
          positive,
          [](Real x) { return std::pow(x, Real(1.7)) + std::pow(Real(1.3), x) + x * x + 1 / x; }),
      composed_row(
          "pow of negative numbers", "pow",
          [](const Tensor& x) { return pow(x, 3) + pow(x, 2) + pow(x, -3); }, between(-2, -0.8),
          [](Real x) { return x * x * x + x * x + 1 / (x * x * x); }),
      composed_row(
          "atan2 with a number", "atan2",
          [](const Tensor& x) { return atan2(x, 0.7) + 2 * atan2(1.3, x); }, positive,
          [](Real x) { return std::atan2(x, Real(0.7)) + 2 * std::atan2(Real(1.3), x); }),
      composed_row(
          "hypot with a number", "hypot",
          [](const Tensor& x) { return hypot(x, 0.7) + 2 * hypot(1.3, x); }, positive,
          [](Real x) { return std::hypot(x, Real(0.7)) + 2 * std::hypot(Real(1.3), x); }),
      composed_row(
          "xlogy with a number", "xlogy",
          [](const Tensor& x) { return xlogy(x, 0.7) + xlogy(1.3, x); }, positive,
          [](Real x) { return x * std::log(Real(0.7)) + Real(1.3) * std::log(x); }),
      composed_row(
          "xlog1py with a number", "xlog1py",
          [](const Tensor& x) { return xlog1py(x, 0.7) + xlog1py(1.3, x); }, positive,
          [](Real x) { return x * std::log1p(Real(0.7)) + Real(1.3) * std::log1p(x); }),
      composed_row(
          "logaddexp with a number", "logaddexp",
          [](const Tensor& x) { return logaddexp(x, 0.7) + 2 * logaddexp(1.3, x); }, positive,
          [](Real x) { return logaddexp_formula(x, 0.7) + 2 * logaddexp_formula(1.3, x); }),
  };
}

}  // namespace

std::vector<OpRow> elementary_rows() {
  std::vector<OpRow> all = unary_rows();
  for (auto& rows : {binary_rows(), number_rows()}) all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace wald::testing
