// Arithmetic, rounding and selection by size: beside each name, the partial derivative by each
// input as an expression of the inputs and the result. The formulas themselves are in
// kernels/formulas.h.
#include "pointwise.h"

#include <cmath>

#include <wald/engine/error.h>
#include <wald/engine/op.h>

namespace wald {
namespace {

Partial zero(const Call&) { return 0; }
Partial one(const Call&) { return 1; }
Partial minus_one(const Call&) { return -1; }

/// Minus the number of whole multiples that were taken off.
Partial minus_multiples(const Call& c) { return -round((c.in(0) - c.out()) / c.in(1)); }

/// A partial of 0s and 1s: its 0 counts also beside an infinite cotangent.
Partial choice(const Tensor& value) { return Partial::of_zero_mul(value); }

}  // namespace

// The forms of a function of two tensors with a number on either side.
#define WALD_WITH_NUMBER(function)                                                      \
  Tensor function(const Tensor& x, double y) { return function(x, number_like(y, x)); } \
  Tensor function(double x, const Tensor& y) { return function(number_like(x, y), y); }

Tensor neg(const Tensor& x) {
  static const Pointwise op("neg", {minus_one});
  return op(x);
}

Tensor abs(const Tensor& x) {
  static const Pointwise op("abs",
                            {[](const Call& c) -> Partial { return choice(sign(c.in(0))); }});
  return op(x);
}

Tensor sign(const Tensor& x) {
  static const Pointwise op("sign", {zero});
  return op(x);
}

Tensor square(const Tensor& x) {
  static const Pointwise op("pow", "square",
                            {[](const Call& c) -> Partial { return 2 * c.in(0); }});
  return op(x);
}

Tensor reciprocal(const Tensor& x) {
  static const Pointwise op("reciprocal",
                            {[](const Call& c) -> Partial { return -square(c.out()); }});
  return op(x);
}

Tensor add(const Tensor& x, const Tensor& y) {
  static const Pointwise op("add", {one, one});
  return op(x, y);
}

Tensor sub(const Tensor& x, const Tensor& y) {
  static const Pointwise op("sub", {one, minus_one});
  return op(x, y);
}

Tensor mul(const Tensor& x, const Tensor& y) {
  static const Pointwise op("mul", {[](const Call& c) -> Partial { return c.in(1); },
                                    [](const Call& c) -> Partial { return c.in(0); }});
  return op(x, y);
}

Tensor div(const Tensor& x, const Tensor& y) {
  static const Pointwise op("div", {[](const Call& c) -> Partial { return 1 / c.in(1); },
                                    [](const Call& c) -> Partial { return -(c.out() / c.in(1)); }});
  return op(x, y);
}

Tensor fmod(const Tensor& x, const Tensor& y) {
  static const Pointwise op("fmod", {one, minus_multiples});
  return op(x, y);
}
WALD_WITH_NUMBER(fmod)

Tensor remainder(const Tensor& x, const Tensor& y) {
  static const Pointwise op("remainder", {one, minus_multiples});
  return op(x, y);
}
WALD_WITH_NUMBER(remainder)

Tensor floor(const Tensor& x) {
  static const Pointwise op("floor", {zero});
  return op(x);
}

Tensor ceil(const Tensor& x) {
  static const Pointwise op("ceil", {zero});
  return op(x);
}

Tensor round(const Tensor& x) {
  static const Pointwise op("round", {zero});
  return op(x);
}

Tensor trunc(const Tensor& x) {
  static const Pointwise op("trunc", {zero});
  return op(x);
}

Tensor minimum(const Tensor& x, const Tensor& y) {
  static const Pointwise op(
      "minimum", {[](const Call& c) -> Partial { return choice(step(c.in(1), c.in(0), 0.5)); },
                  [](const Call& c) -> Partial { return choice(step(c.in(0), c.in(1), 0.5)); }});
  return op(x, y);
}
WALD_WITH_NUMBER(minimum)

Tensor maximum(const Tensor& x, const Tensor& y) {
  static const Pointwise op(
      "maximum", {[](const Call& c) -> Partial { return choice(step(c.in(0), c.in(1), 0.5)); },
                  [](const Call& c) -> Partial { return choice(step(c.in(1), c.in(0), 0.5)); }});
  return op(x, y);
}
WALD_WITH_NUMBER(maximum)

Tensor clamp(const Tensor& x, const Tensor& low, const Tensor& high) {
  static const Pointwise op(
      "clamp", {[](const Call& c) -> Partial {
                  return choice(step(c.in(0), c.in(1), 1) * step(c.in(2), c.in(0), 1));
                },
                [](const Call& c) -> Partial {
                  return choice(step(c.in(1), c.in(0), 0) * step(c.in(2), c.in(1), 1));
                },
                [](const Call& c) -> Partial {
                  return choice(maximum(step(c.in(0), c.in(2), 0), step(c.in(1), c.in(2), 0)));
                }});
  return op(x, low, high);
}

Tensor clamp(const Tensor& x, std::optional<double> low, std::optional<double> high) {
  // At a bound x has the whole derivative, unlike in minimum and maximum.
  static const Pointwise at_least(
      "clamp", "maximum",
      {[](const Call& c) -> Partial { return choice(step(c.in(0), c.in(1), 1)); },
       [](const Call& c) -> Partial { return choice(step(c.in(1), c.in(0), 0)); }});
  static const Pointwise at_most(
      "clamp", "minimum",
      {[](const Call& c) -> Partial { return choice(step(c.in(1), c.in(0), 1)); },
       [](const Call& c) -> Partial { return choice(step(c.in(0), c.in(1), 0)); }});
  if (low && high) return clamp(x, number_like(*low, x), number_like(*high, x));
  if (low) return at_least(x, number_like(*low, x));
  if (high) return at_most(x, number_like(*high, x));
  throw Error("clamp: a lower or an upper bound must be given");
}

Tensor lerp(const Tensor& x, const Tensor& y, const Tensor& weight) {
  static const Pointwise op("lerp", {[](const Call& c) -> Partial { return 1 - c.in(2); },
                                     [](const Call& c) -> Partial { return c.in(2); },
                                     [](const Call& c) -> Partial { return c.in(1) - c.in(0); }});
  return op(x, y, weight);
}
Tensor lerp(const Tensor& x, const Tensor& y, double weight) {
  return lerp(x, y, number_like(weight, x));
}

Tensor strong_mul(const Tensor& g, const Tensor& partial) {
  // A partial's own derivative may be infinite where g is 0: there, too, nothing comes through.
  static const Pointwise op(
      "strong_mul", {[](const Call& c) -> Partial { return c.in(1); },
                     [](const Call& c) -> Partial { return Partial::of_zero_mul(c.in(0)); }});
  return op(g, partial);
}

Tensor zero_mul(const Tensor& x, const Tensor& y) {
  static const Pointwise op(
      "zero_mul", {[](const Call& c) -> Partial { return Partial::of_zero_mul(c.in(1)); },
                   [](const Call& c) -> Partial { return Partial::of_zero_mul(c.in(0)); }});
  return op(x, y);
}

Tensor strong_div(const Tensor& x, const Tensor& y) {
  static const Pointwise op(
      "strong_div", {[](const Call& c) -> Partial { return 1 / c.in(1); },
                     [](const Call& c) -> Partial { return -strong_div(c.out(), c.in(1)); }});
  return op(x, y);
}

Tensor difference(const Tensor& x, const Tensor& y) {
  static const Pointwise op("difference", {one, minus_one});
  return op(x, y);
}

Tensor step(const Tensor& x, const Tensor& y, const Tensor& at_tie) {
  static const Pointwise op("step", {zero, zero, zero});
  return op(x, y, at_tie);
}
Tensor step(const Tensor& x, const Tensor& y, double at_tie) {
  return step(x, y, number_like(at_tie, x));
}

Tensor number_like(double value, const Tensor& x) {
  DType dtype = x.dtype();
  if (!is_floating(dtype)) dtype = std::trunc(value) == value ? DType::int64 : DType::float64;
  return full({}, value, dtype, x.device());
}

#undef WALD_WITH_NUMBER

}  // namespace wald
