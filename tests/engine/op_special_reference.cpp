#include "special_reference.h"

#include <cmath>
#include <limits>

namespace wald::testing::reference {
namespace {

const Real pi = 3.14159265358979323846264338327950288L;
const Real infinity = std::numeric_limits<Real>::infinity();
const Real nan = std::numeric_limits<Real>::quiet_NaN();

/// B_2j / (2 j)!, from the zeta function.
Real bernoulli_over_factorial(int j) {
  Real zeta = 1;
  for (int k = 2; k < 60; ++k) zeta += std::pow(static_cast<Real>(k), static_cast<Real>(-2 * j));
  if (j == 1) zeta = pi * pi / 6;
  if (j == 2) zeta = std::pow(pi, 4.0L) / 90;
  if (j == 3) zeta = std::pow(pi, 6.0L) / 945;
  if (j == 4) zeta = std::pow(pi, 8.0L) / 9450;
  return (j % 2 ? 2 : -2) * zeta / std::pow(2 * pi, static_cast<Real>(2 * j));
}
Real bernoulli(int j) {  // B_2j
  static Real table[16] = {};
  if (table[j] == 0) {
    table[j] = bernoulli_over_factorial(j);
    for (int k = 2; k <= 2 * j; ++k) table[j] *= k;
  }
  return table[j];
}

}  // namespace

Real scaled_erfc_integral(int n, Real x) {
  if (std::isnan(x)) return x;
  const Real start = 2 / std::sqrt(pi);
  if (x > 1e10L) {
    Real y = start;
    for (int k = 0; k <= n; ++k) y /= 2 * x;
    return y;
  }
  if (x < 0.5L) {
    Real before = start, y = x * x < 11000 ? std::exp(x * x) * std::erfc(x) : infinity;
    if (n == -1) return before;
    for (int k = 1; k <= n; ++k) {
      const Real next = (before - 2 * x * y) / (2 * k);
      before = y, y = next;
    }
    return y;
  }
  // Miller: the recurrence backwards, every term positive; ratios keep it in range.
  const int terms = 40 + static_cast<int>(600 / (x * x));
  Real ratio = 0, product = start;  // of integral k to integral k - 1
  Real ratios[3] = {};
  for (int k = terms; k >= 0; --k) {
    ratio = 1 / (2 * x + (2 * k + 2) * ratio);
    if (k < 3) ratios[k] = ratio;
  }
  for (int k = 0; k <= n; ++k) product *= ratios[k];
  return product;
}

Real erfcx(Real x) { return scaled_erfc_integral(0, x); }
Real erfcx_slope(Real x) { return -2 * scaled_erfc_integral(1, x); }
Real erfcx_curvature(Real x) { return 8 * scaled_erfc_integral(2, x); }

Real ndtr(Real x) {
  const Real tail = std::exp(-x * x / 2) * erfcx(std::fabs(x) / std::sqrt(2.0L)) / 2;
  return x < 0 ? tail : 1 - tail;
}
Real log_ndtr(Real x) {
  const Real scaled = erfcx(std::fabs(x) / std::sqrt(2.0L)) / 2;
  if (x < 0) return x == -infinity ? x : -x * x / 2 + std::log(scaled);
  return std::log1p(-std::exp(-x * x / 2) * scaled);
}
Real inverse_mills(Real x) {
  if (x == -infinity) return infinity;
  const Real f = erfcx(std::fabs(x) / std::sqrt(2.0L)), e = std::exp(-x * x / 2);
  return std::sqrt(2 / pi) * (x > 0 ? e / (2 - e * f) : 1 / f);
}
Real inverse_mills_slope(Real x) {
  if (x == infinity) return -0.0L;
  if (x < -1e10L) return -1;
  const Real h = inverse_mills(x);
  if (x > 0) return -h * (h + x);
  return -h * h * std::sqrt(pi) * scaled_erfc_integral(1, -x / std::sqrt(2.0L));
}

namespace {

/// The y < 0 of ndtr(y) = p, for p < 1/2: Newton's steps on the logarithm, which is concave, rise
/// from below.
Real lower_quantile(Real p) {
  if (!(p >= 0)) return nan;
  if (p == 0) return -infinity;
  Real y = -std::sqrt(-2 * std::log(p));
  for (int step = 0; step < 60; ++step) {
    const Real change = (log_ndtr(y) - std::log(p)) / inverse_mills(y);
    y -= change;
    if (std::fabs(change) < 1e-19L * std::fabs(y)) break;
  }
  return y;
}

}  // namespace

Real erfinv(Real x) {
  const Real size = std::fabs(x);
  if (!(size <= 1)) return nan;
  if (size > 0.5L) return std::copysign(lower_quantile((1 - size) / 2) / std::sqrt(2.0L), x);
  Real y = x;
  for (int step = 0; step < 20; ++step)
    y -= (std::erf(y) - x) * std::sqrt(pi) / 2 * std::exp(y * y);
  return y;
}
Real erfcinv(Real x) {
  if (x > 0.5L) return x < 1.5L ? -erfinv(x - 1) : lower_quantile((2 - x) / 2) / std::sqrt(2.0L);
  return -lower_quantile(x / 2) / std::sqrt(2.0L);
}
Real ndtri(Real p) {
  if (p < 0.25L) return lower_quantile(p);
  if (p > 0.75L) return -lower_quantile(1 - p);
  return std::sqrt(2.0L) * erfinv(2 * p - 1);
}
Real ndtri_slope(Real p) {
  if (p == 0 || p == 1) return infinity;
  return 1 / (p * inverse_mills(ndtri(p)));
}

Real lgamma(Real x) {
  int sign = 0;
  return lgammal_r(x, &sign);
}

namespace {

/// zeta(s, x) for x > 0, by Euler and Maclaurin.
Real hurwitz(Real s, Real x) {
  Real sum = 0, w = x;
  while (w < s + 30) sum += std::pow(w, -s), w += 1;
  Real y = std::pow(w, 1 - s) / (s - 1) + std::pow(w, -s) / 2, rising = s * std::pow(w, -s - 1);
  for (int j = 1; j <= 12; ++j) {
    static Real table[13] = {};
    if (table[j] == 0) table[j] = bernoulli_over_factorial(j);
    y += table[j] * rising;
    rising *= (s + 2 * j - 1) * (s + 2 * j) / (w * w);
  }
  return sum + y;
}
Real digamma(Real x) {
  if (x == 0) return -1 / x;
  if (x == -infinity || (x < 0 && x == std::floor(x))) return nan;
  if (x < 0) {
    const Real angle = pi * (x - std::round(x));
    return digamma(1 - x) - pi * std::cos(angle) / std::sin(angle);
  }
  Real sum = 0;
  for (; x < 30; x += 1) sum -= 1 / x;
  sum += std::log(x) - 1 / (2 * x);
  for (int j = 1; j <= 12; ++j)
    sum -= bernoulli(j) / (2 * j) * std::pow(x, static_cast<Real>(-2 * j));
  return sum;
}

}  // namespace

Real polygamma(Real n, Real x) {
  if (std::isnan(x) || !(n >= 0 && n <= 1000) || n != std::floor(n)) return nan;
  if (n == 0) return digamma(x);
  const bool is_odd = std::fmod(n, 2.0L) == 1;
  if (x <= 0 && x == std::floor(x)) return is_odd ? infinity : nan;
  if (x == infinity) return is_odd ? 0 : -0.0L;
  const Real s = n + 1;
  Real zeta = 0;
  if (x > 0) {
    zeta = hurwitz(s, x);
  } else {
    const Real whole = std::floor(x), sign = is_odd ? 1 : -1;
    zeta = hurwitz(s, x - whole) + sign * (hurwitz(s, whole + 1 - x) - hurwitz(s, 1 - x));
  }
  for (Real j = 1; j <= n; ++j) zeta *= j;
  return is_odd ? zeta : -zeta;
}

namespace {

Real stirling(Real x) {
  Real y = 0;
  for (int j = 1; j <= 12; ++j)
    y += bernoulli(j) / ((2 * j) * (2 * j - 1)) * std::pow(x, static_cast<Real>(1 - 2 * j));
  return y;
}
/// lgamma(x + p) - lgamma(x), x > 0.
Real lgamma_difference(Real x, Real p) {
  if (std::fabs(p) < 1e-4L * x) {
    const Real middle = x + p / 2;
    return p * digamma(middle) + p * p * p / 24 * polygamma(2, middle);
  }
  Real steps = 0;
  for (; x < 30; x += 1) steps += std::log1p(p / x);
  const Real w = x + p;
  return (x - 0.5L) * std::log1p(p / x) + p * (std::log(w) - 1) + (stirling(w) - stirling(x)) -
         steps;
}

}  // namespace

Real lbeta(Real a, Real b) {
  if (std::isnan(a) || std::isnan(b)) return nan;
  if (a < 0 || b < 0) return nan;
  const Real p = std::fmin(a, b), q = std::fmax(a, b);
  if (p == 0) return q < infinity ? infinity : nan;
  if (q == infinity) return -infinity;
  if (p < 30) return lgamma(p) - lgamma_difference(q, p);
  const Real h = p / q;
  return std::log(2 * pi) / 2 - std::log(q) / 2 + (p - 0.5L) * std::log(h / (1 + h)) -
         q * std::log1p(h) + (stirling(p) + stirling(q) - stirling(p + q));
}
Real beta(Real a, Real b) {
  if (a < 0 || b < 0) return nan;
  return std::exp(lbeta(a, b));
}
Real lchoose(Real n, Real k) {
  const Real rest = n - k, p = std::fmin(k, rest), x = std::fmax(k, rest) + 1;
  if (!std::isfinite(n) || !std::isfinite(k)) return nan;
  if (p < -0.25L) {
    const Real in_double = k < rest ? k : static_cast<double>(rest);
    return n >= 0 && in_double == std::floor(in_double) ? -infinity : nan;
  }
  if (p == 0) return 0;
  if (p < 30) return lgamma_difference(x, p) - lgamma(p + 1) + 0.0L;
  return -std::log1p(n) - lbeta(p + 1, x);
}

Real digamma_difference(Real a, Real b) {
  if (std::isnan(a) || std::isnan(b)) return nan;
  if (a < 0 || b < 0) return nan;
  if (b == infinity || a == 0) return b == 0 ? nan : infinity;
  if (b < 1e-4L * a) {
    const Real middle = a + b / 2;
    return b * polygamma(1, middle) + b * b * b / 24 * polygamma(3, middle) + 0.0L;
  }
  Real sum = 0;
  for (; a < 30; a += 1) sum += b / (a + b) / a;
  const Real w = a + b;
  sum += std::log1p(b / a) + b / w / a / 2;
  for (int j = 1; j <= 12; ++j)
    sum += bernoulli(j) / (2 * j) *
           (std::pow(a, static_cast<Real>(-2 * j)) - std::pow(w, static_cast<Real>(-2 * j)));
  return sum;
}
Real trigamma_difference(Real a, Real b) {
  if (std::isnan(a) || std::isnan(b)) return nan;
  if (a < 0 || b < 0) return nan;
  if (a == 0) return b == 0 ? nan : infinity;
  if (b == 0) return 0;
  if (b == infinity) return polygamma(1, a);
  if (b < 1e-3L * a) {
    const Real middle = a + b / 2;
    return 0.0L - (b * polygamma(2, middle) + b * b * b / 24 * polygamma(4, middle) +
                   std::pow(b, 5.0L) / 1920 * polygamma(6, middle));
  }
  return polygamma(1, a) - polygamma(1, a + b);
}

Real scaled_bessel(BesselKind kind, Real x) {
  if (x == infinity) return 0;
  Real i0 = 0, i1 = 0, i1_over = 0, i2_over = 0, fall = 0, bend = 0;
  if (x <= 25) {
    const Real w = x * x / 4, e = std::exp(-x);
    Real term = e;  // w^k / k!^2
    for (int k = 0; k < 120; ++k) {
      i0 += term;
      i1_over += term / (k + 1) / 2;
      i2_over += term / (k + 1) / (k + 2) * x / 4;
      term *= w / (k + 1) / (k + 1);
    }
    i1 = x * i1_over;
    fall = i0 - i1;
    bend = 2 * fall - i1_over;
  } else {  // Hankel's expansions, the differences term by term
    Real a0 = 1, a1 = 1;
    const Real scale = 1 / std::sqrt(2 * pi * x);
    for (int k = 0; k < 45; ++k) {
      const Real before = a1;
      i0 += a0, i1 += a1, fall += a0 - a1;
      a0 *= (2 * k + 1.0L) * (2 * k + 1.0L) / (8 * (k + 1) * x);
      a1 *= ((2 * k + 1.0L) * (2 * k + 1.0L) - 4) / (8 * (k + 1) * x);
      bend += k == 0 ? 0 /* exactly */ : 2 * (a0 - a1) - before / x;
    }
    i0 *= scale, i1 *= scale, fall *= scale, bend *= scale;
    i1_over = i1 / x, i2_over = (i0 - 2 * i1_over) / x;
  }
  switch (kind) {
    case BesselKind::i0:
      return i0;
    case BesselKind::i1:
      return i1;
    case BesselKind::fall:
      return fall;
    case BesselKind::i1_over:
      return i1_over;
    case BesselKind::bend:
      return bend;
    case BesselKind::i2_over:
      return i2_over;
    default:
      return x <= 25 ? i1_over - i2_over : (2 * i1_over - fall) / x;
  }
}

}  // namespace wald::testing::reference
