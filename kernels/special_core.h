// What the special functions are made of, for any scalar: see formulas.h for the rules. The
// coefficients in special_*.h were computed by interpolation at Chebyshev nodes with 60 digits; a
// comment beside each says on what interval and to what relative error, rounding of the
// coefficients included.
#pragma once

#include <math.h>

#include <wald/kernels/formulas.h>

// A part is inlined wherever it is used; a function, of which one copy shall do, is called.
#if defined(__CUDACC__) || defined(__HIPCC__)
#define WALD_PART __device__ inline
#define WALD_FUNCTION __device__
#else
#define WALD_PART inline __attribute__((always_inline))
#define WALD_FUNCTION __attribute__((noinline))
#endif

namespace wald::kernels {
namespace {

/// a b + c, rounded once where the scalar has such an instruction.
template <class V>
WALD_PART V fused(V a, V b, V c) {
  if constexpr (requires { mul_add(a, b, c); })
    return mul_add(a, b, c);
  else
    return a * b + c;
}

/// Whether any lane of a comparison holds.
template <class M>
WALD_PART bool any_of(M mask) {
  if constexpr (requires { mask.part; })
    return any(mask);
  else
    return mask;
}

/// c0 + c1 x + c2 x^2 ...
template <class V>
WALD_PART V polynomial(V, double c) {
  return V(c);
}
template <class V, class... C>
WALD_PART V polynomial(V x, double c, C... rest) {
  return fused(x, polynomial(x, rest...), V(c));
}

/// A polynomial at x, and its divided difference (p(x) - p(y)) / (x - y), which does not cancel.
template <class V>
struct Divided {
  V value, difference;
};
template <class V>
WALD_PART Divided<V> divided(V, V, double c) {
  return {V(c), V(0.0)};
}
template <class V, class... C>
WALD_PART Divided<V> divided(V x, V y, double c, C... rest) {
  const Divided<V> inner = divided(x, y, rest...);
  return {fused(x, inner.value, V(c)), fused(y, inner.difference, inner.value)};
}

/// high + low, where |low| is at most half a unit in the last place of high.
template <class V>
struct Pair {
  V high, low;
};

/// a b exactly: by a fused multiplication, or by Dekker's splitting (for |a|, |b| < 1e300).
template <class V>
WALD_PART Pair<V> two_product(V a, V b) {
  const V p = a * b;
#if defined(__CUDACC__) || defined(__HIPCC__)
  return {p, fma(a, b, -p)};
#else
#if defined(__FMA__)
  if constexpr (requires { mul_add(a, b, p); }) return {p, mul_add(a, b, -p)};
#endif
  const V split(134217729.0);
  const V ca = split * a, cb = split * b;
  const V ah = ca - (ca - a), bh = cb - (cb - b);
  const V al = a - ah, bl = b - bh;
  return {p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
#endif
}

/// The same for other scalars.
struct ScalarBinary {
  double exponent, fraction;
};
WALD_PART ScalarBinary split_binary(double x) {
  int exponent = 0;
  double fraction = ::frexp(x, &exponent);
  if (fraction < 0.7071067811865476) {
    fraction *= 2;
    --exponent;
  }
  return {static_cast<double>(exponent), fraction};
}

/// a / b and log x by one division, which costs as much as a dozen products. An x that is a power
/// of two leaves the quotient two roundings, another one four. The logarithm is right to 2e-16 or
/// to 2 ulp, whichever is more, so that x may not be close to 1. For sizes of b and x in 1e-290 to
/// 1e290.
template <class V>
struct QuotientAndLog {
  V quotient, log;
};
template <class V>
WALD_PART QuotientAndLog<V> quotient_and_log(V a, V b, V x) {
  const auto [exponent, m] = split_binary(x);
  // log m = log((1 + s) / (1 - s)) = 2 s + s^3 P(s^2), s^2 <= 0.0295: degree 6, error 1.6e-18.
  const V above = m + 1.0, inverse = 1.0 / (b * above);
  const V s = (m - 1.0) * b * inverse, square = s * s;
  const V p = polynomial(square, 0.666666666666667, 0.39999999999899444, 0.2857142862600327,
                         0.22222211130259878, 0.18182889455674947, 0.15331710618210773,
                         0.14616585424888623);
  const V small = fused(exponent, V(2.8235290563031577e-13), square * s * p);
  return {a * above * inverse, fused(exponent, V(0.693147180559663), fused(s, V(2.0), small))};
}

/// The nearest whole number, ties to even.
template <class V>
WALD_PART V nearest_whole(V x) {
  const V shift(4503599627370496.0), size = abs(x);
  const V whole = (size + shift) - shift;
  return select(size < shift, select(x < 0.0, -whole, whole), x);
}
template <class V>
WALD_PART V whole_below(V x) {
  const V near = nearest_whole(x);
  return select(near > x, near - 1.0, near);
}
/// x less its nearest whole number; 0 for what is too large to have a fraction.
template <class V>
WALD_PART V fraction_about_whole(V x) {
  return select(abs(x) < 4503599627370496.0, x - nearest_whole(x), V(0.0));
}

template <class V>
WALD_PART V at_most(V x, double limit) {
  return select(x > limit, V(limit), x);
}

template <class V>
WALD_PART V infinity_of() {
  return V(__builtin_inf());
}
template <class V>
WALD_PART V nan_of() {
  return V(__builtin_nan(""));
}

}  // namespace
}  // namespace wald::kernels
