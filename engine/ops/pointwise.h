// Operations on each element. Operands are broadcast to one shape and promoted to one type; a
// number takes the type of the tensor beside it. Functions of the reals take integers as float64.
#pragma once

#include <wald/engine/tensor.h>

namespace wald {

Tensor neg(const Tensor& x);
Tensor abs(const Tensor& x);   ///< Derivative sign(x), 0 at 0.
Tensor sign(const Tensor& x);  ///< -1, 0 or 1; nan stays. Derivative 0.
Tensor exp(const Tensor& x);
Tensor expm1(const Tensor& x);  ///< exp(x) - 1, exact to the last place for small x.
Tensor log(const Tensor& x);    ///< nan below 0, -inf at 0.
Tensor log1p(const Tensor& x);  ///< log(1 + x), exact to the last place for small x.
Tensor sqrt(const Tensor& x);
Tensor square(const Tensor& x);
Tensor sin(const Tensor& x);
Tensor cos(const Tensor& x);
Tensor sigmoid(const Tensor& x);   ///< 1 / (1 + exp(-x)), without overflow.
Tensor softplus(const Tensor& x);  ///< log(1 + exp(x)), without overflow.

Tensor add(const Tensor& x, const Tensor& y);
Tensor sub(const Tensor& x, const Tensor& y);
Tensor mul(const Tensor& x, const Tensor& y);
Tensor div(const Tensor& x, const Tensor& y);
/// x to the power y, as C has it. The derivative by y is 0 where x and the result are 0.
Tensor pow(const Tensor& x, const Tensor& y);
Tensor pow(const Tensor& x, double y);

/// g times a partial derivative, an exact 0 of g staying 0 whatever the partial. For rules.
Tensor strong_mul(const Tensor& g, const Tensor& partial);
/// x times y, an exact 0 of either staying 0 whatever the other. For rules of second order.
Tensor zero_mul(const Tensor& x, const Tensor& y);

/// Comparisons give booleans; a comparison with nan is false, but for ne.
Tensor eq(const Tensor& x, const Tensor& y);
Tensor ne(const Tensor& x, const Tensor& y);
Tensor lt(const Tensor& x, const Tensor& y);
Tensor le(const Tensor& x, const Tensor& y);
Tensor gt(const Tensor& x, const Tensor& y);
Tensor ge(const Tensor& x, const Tensor& y);

/// x where the condition (boolean) holds, else y. The branch not taken has derivative exactly 0,
/// whatever it computes there.
Tensor where(const Tensor& condition, const Tensor& x, const Tensor& y);
Tensor where(const Tensor& condition, const Tensor& x, double y);
Tensor where(const Tensor& condition, double x, const Tensor& y);

/// A tensor of one number, of the type that it takes beside x: x's own, or float64 if x holds
/// integers and the number is none.
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

}  // namespace wald
