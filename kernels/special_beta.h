// The beta function, and differences of log Gamma and its derivatives that do not cancel.
#pragma once

#include <wald/kernels/special_gamma.h>

namespace wald::kernels {
namespace {

/// Stirling's remainder: log Gamma(x) - ((x - 1/2) log x - x + log(2 pi) / 2), for x >= 8.
template <class V>
WALD_FUNCTION V stirling_remainder(V x) {
  const V u = 1.0 / x, square = u * u;
  return u * with_stirling_series([&] WALD_FORMULA(auto... c) { return polynomial(square, c...); });
}

/// log Gamma(x + p) - log Gamma(x) for x > 0, p >= 0, relatively exact for small p too. Below 8 by
/// the recurrence, whose factors 1 + p / x are multiplied up without their ones; above by
/// Stirling's series, of which divided differences are taken (as bcorr of Algorithm 708 does).
template <class V>
WALD_FUNCTION V lgamma_difference(V x, V p) {
  V z = x, excess(0.0);
  auto low = z < 8.0;
  const bool shifts = any_of(low);
  for (int step = 0; shifts && step < 8; ++step) {
    const V ratio = p / z;
    excess = select(low, fused(excess, ratio, excess + ratio), excess);
    z = select(low, z + 1.0, z);
    low = z < 8.0;
  }
  const V w = z + p, u = 1.0 / z, v = 1.0 / w, d = (p * v) * u;
  const Divided<V> series =
      with_stirling_series([&] WALD_FORMULA(auto... c) { return divided(u * u, v * v, c...); });
  const V remainder = d * fused(v * (u + v), series.difference, series.value);
  V y = fused(z - 0.5, log1p(p * u), fused(p, log(w) - 1.0, -remainder));
  if (shifts) y = y - log1p(excess);
  return y;
}

/// digamma(a + b) - digamma(a) for a, b > 0: every term is positive.
template <class V>
WALD_FUNCTION V digamma_difference_positive(V a, V b) {
  V z = a + 0.0, sum(0.0);  // -0 is 0
  auto low = z < 8.0;
  const bool shifts = any_of(low);
  for (int step = 0; shifts && step < 8; ++step) {
    sum = select(low, sum + (b / (z + b)) / z, sum);
    z = select(low, z + 1.0, z);
    low = z < 8.0;
  }
  const V u = 1.0 / z, v = 1.0 / (z + b), d = (b * v) * u;
  const Divided<V> series =
      with_digamma_series([&] WALD_FORMULA(auto... c) { return divided(u * u, v * v, c...); });
  const V tail = (u + v) * fused(v * v, series.difference, series.value);
  const V y = log1p(b * u) + fused(d, tail + 0.5, sum);
  return select((b == infinity_of<V>()) & (a >= 0.0), b, y);
}

/// trigamma(a) - trigamma(a + b) for a, b > 0, the same way.
template <class V>
WALD_FUNCTION V trigamma_difference_positive(V a, V b) {
  V z = a + 0.0, sum(0.0);  // -0 is 0
  auto low = z < 8.0;
  const bool shifts = any_of(low);
  for (int step = 0; shifts && step < 8; ++step) {
    const V s = z + b;
    sum = select(low, sum + ((b / s) / z) * ((1.0 + z / s) / z), sum);
    z = select(low, z + 1.0, z);
    low = z < 8.0;
  }
  const V u = 1.0 / z, v = 1.0 / (z + b), d = (b * v) * u;
  const Divided<V> series =
      with_trigamma_series([&] WALD_FORMULA(auto... c) { return divided(u * u, v * v, c...); });
  const V tail =
      fused(u * u, series.value, v * (u + v) * fused(v * v, series.difference, series.value));
  const V y = fused(d, 1.0 + fused(u + v, V(0.5), tail), sum);
  if (!any_of(b == infinity_of<V>())) return y;
  return select(b == infinity_of<V>(), trigamma_positive(a), y);
}

template <class V>
WALD_PART V digamma_difference_real(V a, V b) {
  return select((a < 0.0) | (b < 0.0), nan_of<V>(), digamma_difference_positive(a, b));
}
template <class V>
WALD_PART V trigamma_difference_real(V a, V b) {
  V y = trigamma_difference_positive(a, b);
  y = select((a > 0.0) & (b == 0.0), V(0.0), y);
  return select((a < 0.0) | (b < 0.0), nan_of<V>(), y);
}

/// log B(p, q) for 8 <= p <= q (Didonato and Morris, Algorithm 708: betaln).
template <class V>
WALD_FUNCTION V lbeta_large(V p, V q) {
  const V h = p / q;
  const V remainders = stirling_remainder(p) + (stirling_remainder(q) - stirling_remainder(p + q));
  const V small = fused(log(q), V(-0.5), 0.9189385332046728 + remainders);
  return fused(p - 0.5, log(h / (1.0 + h)), small) - q * log1p(h);
}

template <class V>
WALD_FUNCTION V lbeta_positive(V a, V b) {
  const auto exchanged = b < a;
  const V p = select(exchanged, b, a), q = select(exchanged, a, b);
  const auto large = p >= 8.0;
  V y = lgamma_positive(p) - lgamma_difference(q, p);
  const auto small = q < 3.0;  // where it is 0 at (1, 1), exactly
  if (any_of(small))
    y = select(small, lgamma_positive(p) + (lgamma_positive(q) - lgamma_positive(p + q)), y);
  if (any_of(large)) y = select(large, lbeta_large(p, q), y);
  const auto overflows = (q == infinity_of<V>()) & (p > 0.0);
  return select((p == 0.0) & (q < infinity_of<V>()), infinity_of<V>(),
                select(overflows, -infinity_of<V>(), y));
}

/// log B(a, b) for a, b >= 0; nan below.
template <class V>
WALD_PART V lbeta_real(V a, V b) {
  return select((a < 0.0) | (b < 0.0), nan_of<V>(), lbeta_positive(a, b));
}

/// B(a, b) for a, b >= 0; nan below. Arguments below 1 are raised by 1, so that the logarithm is
/// never that of their poles.
template <class V>
WALD_PART V beta_real(V a, V b) {
  const V raised_a = select(a < 1.0, a + 1.0, a), raised_b = select(b < 1.0, b + 1.0, b);
  const V raised = lbeta_positive(raised_a, raised_b);
  V y = exp(raised);
  y = select(a < 1.0, y * (a + b) / a, y);
  y = select(b < 1.0, y * (raised_a + b) / b, y);
  const auto underflows = raised < -600.0;
  if (any_of(underflows)) y = select(underflows, exp(lbeta_positive(a, b)), y);
  const auto has_pole = ((a == 0.0) & (b >= 0.0)) | ((b == 0.0) & (a >= 0.0));
  y = select(has_pole & (a + b < infinity_of<V>()), infinity_of<V>(), y);
  const V infinite = infinity_of<V>();
  y = select(((a == infinite) & (b > 0.0)) | ((b == infinite) & (a > 0.0)), V(0.0), y);
  return select((a < 0.0) | (b < 0.0), nan_of<V>(), y);
}

/// log of C(n, k) = Gamma(n + 1) / (Gamma(k + 1) Gamma(n - k + 1)) for 0 <= k <= n, continued to
/// -1/4; beyond -inf where it vanishes, nan elsewhere and at infinities.
template <class V>
WALD_PART V lchoose_real(V n, V k) {
  const V rest = n - k;
  const auto exchanged = k < rest;
  const V p = select(exchanged, k, rest), x = select(exchanged, rest, k) + 1.0;
  const auto outside = (p < -0.25) & (abs(n) < infinity_of<V>()) & (abs(k) < infinity_of<V>());
  const auto large = p >= 8.0;
  V y = lgamma_difference(x, p) - lgamma_positive(p + 1.0);
  if (any_of(large)) y = select(large, -log1p(n) - lbeta_large(p + 1.0, x), y);
  y = select((k == 0.0) | (rest == 0.0), V(0.0), y);
  y = select((abs(n) < infinity_of<V>()) & (abs(k) < infinity_of<V>()), y, nan_of<V>());
  const auto vanishes = (n >= 0.0) & (nearest_whole(p) == p);
  return select(outside, select(vanishes, -infinity_of<V>(), nan_of<V>()), y);
}

}  // namespace
}  // namespace wald::kernels
