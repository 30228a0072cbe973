// Operations on each element: arithmetic, rounding, selection, comparisons and logic. Operands are
// broadcast to one shape and promoted to one type; a number takes the type of the tensor beside it.
// Shapes that do not broadcast are a ShapeError. Elementary functions are in elementary.h, those of
// the logistic family in activations.h; both come with this header.
#pragma once

#include <optional>

#include <wald/engine/ops/activations.h>
#include <wald/engine/ops/elementary.h>
#include <wald/engine/tensor.h>

namespace wald {

/// -x. Integers stay integers; the least one wraps around to itself.
Tensor neg(const Tensor& x);
/// The size of x. Derivative sign(x), 0 at 0. Integers stay integers.
Tensor abs(const Tensor& x);
/// -1, 0 or 1; nan stays. Derivative 0. Integers stay integers.
Tensor sign(const Tensor& x);
/// x times x. Integers stay integers.
Tensor square(const Tensor& x);
/// 1 / x; infinite at 0, with the sign of that 0.
Tensor reciprocal(const Tensor& x);

/// The sum, with numbers as `x + 2.0`. Integers stay integers and wrap around.
Tensor add(const Tensor& x, const Tensor& y);
/// The difference x - y. Integers stay integers and wrap around.
Tensor sub(const Tensor& x, const Tensor& y);
/// The product. Integers stay integers and wrap around.
Tensor mul(const Tensor& x, const Tensor& y);
/// The quotient x / y. Integers are divided as float64.
Tensor div(const Tensor& x, const Tensor& y);
/// What is left of x after whole multiples of y, with the sign of x, exact as C's fmod. nan where y
/// is 0 or x infinite. The derivative by y is minus the number of multiples. Integers become
/// float64.
Tensor fmod(const Tensor& x, const Tensor& y);
Tensor fmod(const Tensor& x, double y);
Tensor fmod(double x, const Tensor& y);
/// The same with the sign of y, as Python's % has it: x - y floor(x / y).
Tensor remainder(const Tensor& x, const Tensor& y);
Tensor remainder(const Tensor& x, double y);
Tensor remainder(double x, const Tensor& y);

/// The largest whole number not above x. Derivative 0, as of all rounding. Integers stay as they
/// are.
Tensor floor(const Tensor& x);
/// The least whole number not below x. Derivative 0. Integers stay as they are.
Tensor ceil(const Tensor& x);
/// The nearest whole number, halves to the even one. Derivative 0. Integers stay as they are.
Tensor round(const Tensor& x);
/// The nearest whole number towards 0. Derivative 0. Integers stay as they are.
Tensor trunc(const Tensor& x);

/// The lesser of the two; nan if either is. Where both are equal each has half the derivative.
/// Integers stay integers.
Tensor minimum(const Tensor& x, const Tensor& y);
Tensor minimum(const Tensor& x, double y);
Tensor minimum(double x, const Tensor& y);
/// The greater of the two; nan if either is. Where both are equal each has half the derivative.
/// Integers stay integers.
Tensor maximum(const Tensor& x, const Tensor& y);
Tensor maximum(const Tensor& x, double y);
Tensor maximum(double x, const Tensor& y);
/// x, or the bound that it exceeds; `high` where low > high; nan stays. Derivative 1 inside and at
/// the bounds, exactly 0 outside, where the bound has it. Integers stay integers between whole
/// bounds. Throws Error if neither bound is given.
Tensor clamp(const Tensor& x, std::optional<double> low, std::optional<double> high = std::nullopt);
Tensor clamp(const Tensor& x, const Tensor& low, const Tensor& high);
/// x + weight (y - x), exactly x and y at weights 0 and 1. Weights outside [0, 1] extrapolate.
Tensor lerp(const Tensor& x, const Tensor& y, const Tensor& weight);
Tensor lerp(const Tensor& x, const Tensor& y, double weight);

/// Whether x equals y. Comparisons give booleans; one with nan is false, but for ne.
Tensor eq(const Tensor& x, const Tensor& y);
/// Whether x differs from y; true beside nan.
Tensor ne(const Tensor& x, const Tensor& y);
/// Whether x < y.
Tensor lt(const Tensor& x, const Tensor& y);
/// Whether x <= y.
Tensor le(const Tensor& x, const Tensor& y);
/// Whether x > y.
Tensor gt(const Tensor& x, const Tensor& y);
/// Whether x >= y.
Tensor ge(const Tensor& x, const Tensor& y);
/// Whether x is not a number. Integers never are.
Tensor isnan(const Tensor& x);
/// Whether x is inf or -inf.
Tensor isinf(const Tensor& x);
/// Whether x is neither infinite nor nan.
Tensor isfinite(const Tensor& x);

/// Whether both hold, as booleans. Of numbers, all but 0 count as true, nan too.
Tensor logical_and(const Tensor& x, const Tensor& y);
/// Whether at least one holds.
Tensor logical_or(const Tensor& x, const Tensor& y);
/// Whether exactly one holds.
Tensor logical_xor(const Tensor& x, const Tensor& y);
/// Whether x does not hold.
Tensor logical_not(const Tensor& x);

/// x where the condition (boolean) holds, else y. The branch not taken has derivative exactly 0,
/// whatever it computes there. Throws DTypeError if the condition is not boolean.
Tensor where(const Tensor& condition, const Tensor& x, const Tensor& y);
Tensor where(const Tensor& condition, const Tensor& x, double y);
Tensor where(const Tensor& condition, double x, const Tensor& y);
/// Of float64.
Tensor where(const Tensor& condition, double x, double y);
/// x with nan and the infinities replaced: by `nan`, and by the largest and the least number of x's
/// type where no others are given. Derivative 1 where x is finite, exactly 0 where it was replaced.
/// Integers stay as they are.
Tensor nan_to_num(const Tensor& x, double nan = 0, std::optional<double> inf = std::nullopt,
                  std::optional<double> minus_inf = std::nullopt);

/// For derivative rules: g times a partial derivative, an exact 0 of g staying 0 whatever the
/// partial.
Tensor strong_mul(const Tensor& g, const Tensor& partial);
/// For rules of second order: x times y, an exact 0 of either staying 0 whatever the other.
Tensor zero_mul(const Tensor& x, const Tensor& y);
/// For rules: x / y, but 0 where x is 0.
Tensor strong_div(const Tensor& x, const Tensor& y);
/// For rules: x - y, but 0 between equal infinities.
Tensor difference(const Tensor& x, const Tensor& y);
/// For rules: 1 where x > y, 0 where x < y, else `at_tie`. Derivative 0.
Tensor step(const Tensor& x, const Tensor& y, const Tensor& at_tie);
Tensor step(const Tensor& x, const Tensor& y, double at_tie);

/// A tensor of one number on x's device, of the type that it takes beside x: x's own, or float64 if
/// x holds integers and the number is none.
Tensor number_like(double value, const Tensor& x);

inline Tensor operator-(const Tensor& x) { return neg(x); }

#define WALD_OPERATOR(op, function)                                                               \
  inline Tensor operator op(const Tensor& x, const Tensor& y) { return function(x, y); }          \
  inline Tensor operator op(const Tensor& x, double y) { return function(x, number_like(y, x)); } \
  inline Tensor operator op(double x, const Tensor& y) { return function(number_like(x, y), y); }
WALD_OPERATOR(+, add)
WALD_OPERATOR(-, sub)
WALD_OPERATOR(*, mul)
WALD_OPERATOR(/, div)
WALD_OPERATOR(==, eq)
WALD_OPERATOR(!=, ne)
WALD_OPERATOR(<, lt)
WALD_OPERATOR(<=, le)
WALD_OPERATOR(>, gt)
WALD_OPERATOR(>=, ge)
#undef WALD_OPERATOR

/// Of booleans alone: DTypeError for others, of which the bits might be meant.
Tensor operator&(const Tensor& x, const Tensor& y);
Tensor operator|(const Tensor& x, const Tensor& y);
Tensor operator^(const Tensor& x, const Tensor& y);
Tensor operator~(const Tensor& x);

}  // namespace wald
