// What the incomplete gamma and beta functions need of the gamma function, at positive arguments:
// remainders of Stirling's formula, psi and psi', differences that keep their digits.
#pragma once

#include <wald/kernels/jet.h>

namespace wald::kernels {
namespace {
namespace incomplete {

constexpr double stirling_from = 10;  // the asymptotic series below hold from here on
constexpr double sqrt_two_pi = 2.5066282746310005;
constexpr double half_log_two_pi = 0.9189385332046727;
constexpr double not_a_number = __builtin_nan("");
constexpr double infinity = __builtin_inf();

/// The sum of c[k] t^k.
template <int n>
WALD_DEVICE inline double polynomial(const double (&c)[n], double t) {
  double y = c[n - 1];
  for (int k = n - 2; k >= 0; --k) y = y * t + c[k];
  return y;
}

/// log(1 + x) - x. The series is that of 2 atanh(x / (2 + x)).
WALD_DEVICE inline double log1pmx(double x) {
  if (!(x > -0.5 && x < 0.8)) return ::log1p(x) - x;
  const double r = x / (2 + x), t = r * r;
  constexpr double c[] = {1. / 3,  1. / 5,  1. / 7,  1. / 9,  1. / 11, 1. / 13,
                          1. / 15, 1. / 17, 1. / 19, 1. / 21, 1. / 23, 1. / 25,
                          1. / 27, 1. / 29, 1. / 31, 1. / 33, 1. / 35, 1. / 37};
  return r * (2 * t * polynomial(c, t) - x);
}

/// exp(x) - 1 - x.
WALD_DEVICE inline double expm1mx(double x) {
  if (!(::fabs(x) < 0.5)) return ::expm1(x) - x;
  constexpr double c[] = {1. / 2,          1. / 6,        1. / 24,        1. / 120,
                          1. / 720,        1. / 5040,     1. / 40320,     1. / 362880,
                          1. / 3628800,    1. / 39916800, 1. / 479001600, 1. / 6227020800,
                          1. / 87178291200};
  return x * x * polynomial(c, x);
}

/// exp(x^2) erfc(x) for x >= 0.
WALD_DEVICE inline double erfcx_positive(double x) {
  if (x < 12) {
    const double high = static_cast<float>(x);  // its square is exact
    return ::exp(high * high) * ::exp((x - high) * (x + high)) * ::erfc(x);
  }
  const double t = 1 / x * (0.5 / x);
  double y = 1;
  for (int k = 12; k >= 1; --k) y = 1 - (2 * k - 1) * t * y;
  return y * 0.5641895835477563 / x;
}

/// log Gamma(a + 1) - [(a + 1/2) log a - a + log(2 pi) / 2], for a >= stirling_from.
WALD_DEVICE inline double stirling_remainder(double a) {
  constexpr double c[] = {8.333333333333333e-02,  -2.777777777777778e-03, 7.936507936507937e-04,
                          -5.952380952380953e-04, 8.417508417508417e-04,  -1.9175269175269176e-03,
                          6.41025641025641e-03,   -2.9550653594771242e-02};
  const double r = 1 / a;
  return r * polynomial(c, r * r);
}

/// psi(a + 1) - log a, for a >= stirling_from.
WALD_DEVICE inline double digamma1p_minus_log(double a) {
  constexpr double c[] = {8.333333333333333e-02,  -8.333333333333333e-03, 3.968253968253968e-03,
                          -4.166666666666667e-03, 7.575757575757576e-03,  -2.1092796092796094e-02,
                          8.333333333333333e-02,  -0.4432598039215686};
  const double r = 1 / a;
  return r * (0.5 - r * polynomial(c, r * r));
}

/// psi(a + 1).
WALD_DEVICE inline double digamma1p(double a) {
  double below = 0;
  for (; a < stirling_from; a += 1) below += 1 / (a + 1);
  return ::log(a) + digamma1p_minus_log(a) - below;
}

/// psi'(a + 1).
WALD_DEVICE inline double trigamma1p(double a) {
  constexpr double c[] = {0.16666666666666666,  -0.03333333333333333, 0.023809523809523808,
                          -0.03333333333333333, 0.07575757575757576,  -0.2531135531135531,
                          1.1666666666666667,   -7.092156862745098};
  double below = 0;
  for (; a < stirling_from; a += 1) below += 1 / ((a + 1) * (a + 1));
  const double r = 1 / a;
  return r * (1 - r * (0.5 - r * polynomial(c, r * r))) + below;
}

/// psi''(a + 1).
WALD_DEVICE inline double tetragamma1p(double a) {
  constexpr double c[] = {0.5,  -0.16666666666666666, 0.16666666666666666,
                          -0.3, 0.8333333333333334,   -3.290476190476190,
                          17.5, -120.56666666666666};
  double below = 0;
  for (; a < stirling_from; a += 1) below += 2 / ((a + 1) * (a + 1) * (a + 1));
  const double r = 1 / a;
  return -r * r * (1 - r * (1 - r * polynomial(c, r * r))) - below;
}

/// Of the sum over k >= 0 of zeta(k + 2) (-a)^k / (k + 2), a < 0.3: value and two derivatives.
struct Derivatives {
  double f, f1, f2;
};
WALD_DEVICE inline Derivatives zeta_series(double a) {
  constexpr double c[] = {
      // zeta(k) - 1 from k = 2
      0.6449340668482264,     0.2020569031595943,     0.08232323371113819,   0.03692775514336993,
      0.01734306198444914,    0.008349277381922827,   0.00407735619794434,   0.0020083928260822143,
      0.0009945751278180853,  0.0004941886041194645,  0.0002460865533080483, 0.00012271334757848915,
      6.124813505870483e-05,  3.058823630702049e-05,  1.528225940865187e-05, 7.637197637899763e-06,
      3.81729326499984e-06,   1.908212716553939e-06,  9.539620338727962e-07, 4.769329867878064e-07,
      2.38450502727733e-07,   1.1921992596531106e-07, 5.960818905125948e-08, 2.980350351465228e-08,
      1.4901554828365043e-08, 7.45071178983543e-09};
  Derivatives d{0, 0, 0};
  for (int k = 44; k >= 0; --k) {
    const double zeta = k < 26 ? 1 + c[k] : 1;
    d.f2 = d.f2 * a + 2 * d.f1;
    d.f1 = d.f1 * a + d.f;
    d.f = d.f * a + (k % 2 ? -zeta : zeta) / (k + 2);
  }
  return d;
}

/// log Gamma(1 + a), relative to a for small a.
WALD_DEVICE inline double lgamma1p(double a) {
  if (a < 0.3) return a * (a * zeta_series(a).f - 0.5772156649015329);
  if (a < stirling_from) return ::log(::tgamma(1 + a));
  return (a + 0.5) * ::log(a) - a + half_log_two_pi + stirling_remainder(a);
}

/// log Gamma(1 + a) / a and its derivatives.
WALD_DEVICE inline Derivatives lgamma1p_over(double a) {
  if (a < 0.3) {
    const Derivatives z = zeta_series(a);
    return {a * z.f - 0.5772156649015329, z.f + a * z.f1, 2 * z.f1 + a * z.f2};
  }
  const double f = lgamma1p(a) / a, f1 = (digamma1p(a) - f) / a;
  return {f, f1, (trigamma1p(a) - 2 * f1) / a};
}

/// (exp(t) - 1) / t and its derivatives, for |t| < 1.
WALD_DEVICE inline Derivatives expm1_over(double t) {
  Derivatives d{0, 0, 0};
  double factorial = 51090942171709440000.;  // 21!
  for (int k = 20; k >= 0; --k) {
    d.f2 = d.f2 * t + 2 * d.f1;
    d.f1 = d.f1 * t + d.f;
    d.f = d.f * t + 1 / factorial;
    factorial /= k + 1;
  }
  return d;
}

/// (1 + s)^-m - 1.
WALD_DEVICE inline double power_minus_one(double log1ps, double m) { return ::expm1(-m * log1ps); }

/// log Gamma(b + 1 + a) - log Gamma(b + 1) and its first and second derivatives by b, all relative
/// to a for small a, which is not negative.
struct GammaRatio {
  double value, by_b, by_bb;
};
WALD_DEVICE inline GammaRatio log_gamma_ratio(double b, double a) {
  GammaRatio out{0, 0, 0};
  for (; b < stirling_from; b += 1) {
    const double r = 1 / (b + 1), q = 1 / (b + 1 + a);
    out.value -= ::log1p(a * r);
    out.by_b += a * r * q;
    out.by_bb -= a * r * q * (r + q);
  }
  // Differences of the Stirling series term by term, with log(1 + a / b) in common.
  constexpr double c[] = {8.333333333333333e-02,  -2.777777777777778e-03, 7.936507936507937e-04,
                          -5.952380952380953e-04, 8.417508417508417e-04,  -1.9175269175269176e-03,
                          6.41025641025641e-03,   -2.9550653594771242e-02};
  const double s = a / b, u = ::log1p(s), r = 1 / b;
  double power = r, remainder = 0, first = 0, second = 0;
  for (int k = 0; k < 8; ++k) {
    const double m = 2 * k + 1;
    remainder += c[k] * power * power_minus_one(u, m);
    first -= c[k] * m * power * r * power_minus_one(u, m + 1);
    second += c[k] * m * (m + 1) * power * r * r * power_minus_one(u, m + 2);
    power *= r * r;
  }
  // (b + 1/2) log(1 + s) - a, without losing what is left of it.
  out.value += a * ::log(b + a) + b * log1pmx(s) + 0.5 * u + remainder;
  out.by_b += u + 0.5 * r * power_minus_one(u, 1) + first;
  out.by_bb += r * power_minus_one(u, 1) - 0.5 * r * r * power_minus_one(u, 2) + second;
  return out;
}

}  // namespace incomplete
}  // namespace
}  // namespace wald::kernels
