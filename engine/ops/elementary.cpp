// Elementary functions: beside each name, the partial derivative by each input as an expression of
// the inputs and the result. The formulas themselves are in kernels/formulas.h.
#include "elementary.h"

#include <wald/engine/op.h>
#include <wald/engine/ops/pointwise.h>

namespace wald {
namespace {

constexpr double log_2 = 0.6931471805599453, log_10 = 2.302585092994046;

}  // namespace

// The forms of a function of two tensors with a number on either side.
#define WALD_WITH_NUMBER(function)                                                      \
  Tensor function(const Tensor& x, double y) { return function(x, number_like(y, x)); } \
  Tensor function(double x, const Tensor& y) { return function(number_like(x, y), y); }

Tensor exp(const Tensor& x) {
  static const Pointwise op("exp", {[](const Call& c) -> Partial { return c.out(); }});
  return op(x);
}

Tensor expm1(const Tensor& x) {
  static const Pointwise op("expm1", {[](const Call& c) -> Partial { return exp(c.in(0)); }});
  return op(x);
}

Tensor exp2(const Tensor& x) {
  static const Pointwise op("exp2", {[](const Call& c) -> Partial { return log_2 * c.out(); }});
  return op(x);
}

Tensor log(const Tensor& x) {
  static const Pointwise op("log", {[](const Call& c) -> Partial { return 1 / c.in(0); }});
  return op(x);
}

Tensor log1p(const Tensor& x) {
  static const Pointwise op("log1p", {[](const Call& c) -> Partial { return 1 / (c.in(0) + 1); }});
  return op(x);
}

Tensor log2(const Tensor& x) {
  static const Pointwise op("log2",
                            {[](const Call& c) -> Partial { return (1 / log_2) / c.in(0); }});
  return op(x);
}

Tensor log10(const Tensor& x) {
  static const Pointwise op("log10",
                            {[](const Call& c) -> Partial { return (1 / log_10) / c.in(0); }});
  return op(x);
}

Tensor sqrt(const Tensor& x) {
  static const Pointwise op("sqrt", {[](const Call& c) -> Partial { return 0.5 / c.out(); }});
  return op(x);
}

Tensor rsqrt(const Tensor& x) {
  static const Pointwise op("rsqrt",
                            {[](const Call& c) -> Partial { return -0.5 * (c.out() / c.in(0)); }});
  return op(x);
}

Tensor cbrt(const Tensor& x) {
  static const Pointwise op("cbrt",
                            {[](const Call& c) -> Partial { return 1 / (3 * square(c.out())); }});
  return op(x);
}

Tensor pow(const Tensor& x, const Tensor& y) {
  static const Pointwise op("pow", {[](const Call& c) -> Partial {
                                      const Tensor base = c.in(0), power = c.in(1);
                                      return strong_mul(power, pow(base, power - 1));
                                    },
                                    [](const Call& c) -> Partial {
                                      // 0 to a positive power does not change with it; log(0) is
                                      // kept out.
                                      const Tensor base = c.in(0);
                                      const Tensor is_zero = where(c.in(1) > 0, base, 1.0) == 0;
                                      return where(is_zero, 0.0,
                                                   c.out() * log(where(is_zero, 1.0, base)));
                                    }});
  return op(x, y);
}

Tensor pow(const Tensor& x, double y) {
  if (y == 2) return square(x);
  if (y == -1) return reciprocal(x);
  return pow(x, number_like(y, x));
}
Tensor pow(double x, const Tensor& y) { return pow(number_like(x, y), y); }

Tensor hypot(const Tensor& x, const Tensor& y) {
  static const Pointwise op("hypot",
                            {[](const Call& c) -> Partial { return direction(c.in(0), c.in(1)); },
                             [](const Call& c) -> Partial { return direction(c.in(1), c.in(0)); }});
  return op(x, y);
}
WALD_WITH_NUMBER(hypot)

Tensor direction(const Tensor& x, const Tensor& y) {
  // By x it is y^2 / hypot^3, as a square of the other coordinate's direction: 1 / hypot - x^2 /
  // hypot^3 would cancel.
  static const Pointwise op(
      "direction",
      {[](const Call& c) -> Partial {
         return strong_div(square(direction(c.in(1), c.in(0))), hypot(c.in(0), c.in(1)));
       },
       [](const Call& c) -> Partial {
         return -strong_div(c.out() * direction(c.in(1), c.in(0)), hypot(c.in(0), c.in(1)));
       }});
  return op(x, y);
}

Tensor xlogy(const Tensor& x, const Tensor& y) {
  static const Pointwise op(
      "xlogy", {[](const Call& c) -> Partial { return log(c.in(1)); },
                [](const Call& c) -> Partial { return strong_div(c.in(0), c.in(1)); }});
  return op(x, y);
}
WALD_WITH_NUMBER(xlogy)

Tensor xlog1py(const Tensor& x, const Tensor& y) {
  static const Pointwise op(
      "xlog1py", {[](const Call& c) -> Partial { return log1p(c.in(1)); },
                  [](const Call& c) -> Partial { return strong_div(c.in(0), c.in(1) + 1); }});
  return op(x, y);
}
WALD_WITH_NUMBER(xlog1py)

Tensor logaddexp(const Tensor& x, const Tensor& y) {
  static const Pointwise op(
      "logaddexp",
      {[](const Call& c) -> Partial { return sigmoid(difference(c.in(0), c.in(1))); },
       [](const Call& c) -> Partial { return sigmoid(difference(c.in(1), c.in(0))); }});
  return op(x, y);
}
WALD_WITH_NUMBER(logaddexp)

Tensor sin(const Tensor& x) {
  static const Pointwise op("sin", {[](const Call& c) -> Partial { return cos(c.in(0)); }});
  return op(x);
}

Tensor cos(const Tensor& x) {
  static const Pointwise op("cos", {[](const Call& c) -> Partial { return -sin(c.in(0)); }});
  return op(x);
}

Tensor tan(const Tensor& x) {
  static const Pointwise op("tan", {[](const Call& c) -> Partial { return 1 + square(c.out()); }});
  return op(x);
}

Tensor one_minus_square(const Tensor& x) {
  static const Pointwise op("one_minus_square",
                            {[](const Call& c) -> Partial { return -2 * c.in(0); }});
  return op(x);
}

Tensor asin(const Tensor& x) {
  static const Pointwise op(
      "asin", {[](const Call& c) -> Partial { return rsqrt(one_minus_square(c.in(0))); }});
  return op(x);
}

Tensor acos(const Tensor& x) {
  static const Pointwise op(
      "acos", {[](const Call& c) -> Partial { return -rsqrt(one_minus_square(c.in(0))); }});
  return op(x);
}

Tensor atan(const Tensor& x) {
  // 1 / (1 + x^2), whose own derivative would lose to the underflow of its square.
  static const Pointwise op(
      "atan", {[](const Call& c) -> Partial { return square(1 / hypot(c.in(0), 1)); }});
  return op(x);
}

Tensor atan2(const Tensor& y, const Tensor& x) {
  static const Pointwise op(
      "atan2", {[](const Call& c) -> Partial { return inverse_real_part(c.in(1), c.in(0)); },
                [](const Call& c) -> Partial { return -inverse_real_part(c.in(0), c.in(1)); }});
  return op(y, x);
}
WALD_WITH_NUMBER(atan2)

Tensor inverse_real_part(const Tensor& x, const Tensor& y) {
  // Of coordinates divided by the length, so that no power of it over- or underflows.
  static const Pointwise op("inverse_real_part",
                            {[](const Call& c) -> Partial {
                               const Tensor length = hypot(c.in(0), c.in(1));
                               const Tensor less = strong_div(c.in(1) - c.in(0), length);
                               const Tensor more = strong_div(c.in(1) + c.in(0), length);
                               return strong_div(strong_div(less * more, length), length);
                             },
                             [](const Call& c) -> Partial {
                               const Tensor length = hypot(c.in(0), c.in(1));
                               const Tensor product =
                                   direction(c.in(0), c.in(1)) * direction(c.in(1), c.in(0));
                               return -2 * strong_div(strong_div(product, length), length);
                             }});
  return op(x, y);
}

Tensor sinh(const Tensor& x) {
  static const Pointwise op("sinh", {[](const Call& c) -> Partial { return cosh(c.in(0)); }});
  return op(x);
}

Tensor cosh(const Tensor& x) {
  static const Pointwise op("cosh", {[](const Call& c) -> Partial { return sinh(c.in(0)); }});
  return op(x);
}

Tensor tanh(const Tensor& x) {
  // tanh(x) = 2 sigmoid(2x) - 1; of 1 - tanh^2 nothing would be left for large x.
  static const Pointwise op(
      "tanh", {[](const Call& c) -> Partial { return 4 * logistic_density(2 * c.in(0)); }});
  return op(x);
}

Tensor asinh(const Tensor& x) {
  static const Pointwise op("asinh",
                            {[](const Call& c) -> Partial { return 1 / hypot(c.in(0), 1); }});
  return op(x);
}

Tensor acosh(const Tensor& x) {
  static const Pointwise op(
      "acosh", {[](const Call& c) -> Partial { return rsqrt(c.in(0) - 1) * rsqrt(c.in(0) + 1); }});
  return op(x);
}

Tensor atanh(const Tensor& x) {
  static const Pointwise op(
      "atanh", {[](const Call& c) -> Partial { return 1 / one_minus_square(c.in(0)); }});
  return op(x);
}

#undef WALD_WITH_NUMBER

}  // namespace wald
