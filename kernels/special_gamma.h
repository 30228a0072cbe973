// log |Gamma| and its derivatives.
#pragma once

#include <wald/kernels/special_core.h>

namespace wald::kernels {
namespace {

constexpr double pi = 3.141592653589793;

/// f(coefficients of S), where log Gamma(x) = (x - 1/2) log x - x + log(2 pi) / 2 + S(x^-2) / x for
/// x >= 8: degree 7 in x^-2 on [0, 1/64], error below 7.0e-17.
template <class F>
WALD_PART auto with_stirling_series(F f) {
  return f(0.08333333333333333, -0.0027777777777776747, 0.0007936507935117282,
           -0.0005952380234291254, 0.0008417325268022405, -0.001914965912162907,
           0.0062081367662297935, -0.020855820837463117);
}
/// The same for T in digamma(x) = log x - 1 / (2 x) - T(x^-2) / x^2, x >= 6: degree 8 on
/// [0, 1/36], error 7.0e-17.
template <class F>
WALD_PART auto with_digamma_series(F f) {
  return f(0.08333333333333333, -0.008333333333329406, 0.0039682539644546435, -0.004166665241793544,
           0.007575487397643579, -0.0210636118621335, 0.08143630505895555, -0.3678576332203617,
           1.239167986437427);
}
/// And for trigamma(x) = (1 + 1 / (2 x) + T(x^-2) / x^2) / x, x >= 8: degree 8 on [0, 1/64],
/// error 7.0e-17.
template <class F>
WALD_PART auto with_trigamma_series(F f) {
  return f(0.16666666666666666, -0.0333333333333322, 0.023809523807580096, -0.03333333204380414,
           0.07575714459070881, -0.25303182992145234, 1.1574253415441726, -6.4640994255594775,
           30.16232499270368);
}

/// log Gamma(x) for x >= 0. Below 8 its product recurrence leads to
/// (y - 1) (y - 2) P(y) / Q(y) on [3/4, 11/4], degrees 9 and 9, error 9.0e-17, which is exact
/// near its zeros 1 and 2; above, Stirling's series. One logarithm and one division serve both.
template <class V>
WALD_FUNCTION V lgamma_positive(V x) {
  const auto low = x < 0.75, far = x >= 8.0;
  V y = select(low, x + 1.0, x), product = select(low, x, V(1.0));
  for (double step = 1; step <= 6; ++step) {
    const V below = x - step;
    const auto reached = below >= 1.75;
    product = product * select(reached, below, V(1.0));
    y = select(reached, below, y);
  }
  const V p =
      polynomial(y, 2.6840575457439355, 98.50190943548662, 802.1585446299472, 2297.3993839786135,
                 2726.0401042191234, 1405.5631008299133, 307.8985491766742, 25.653498447208417,
                 0.598791677393214, 0.0008299316113234091);
  const V q = polynomial(y, 1.0, 60.39130431230981, 715.1577863699009, 2865.246040866618,
                         4740.470061779074, 3521.5349185647933, 1192.46829812071,
                         175.65855285253326, 9.792653309733602, 0.14232216853595353);
  const V quotient = select(far, V(1.0), p) / select(far, x, q);
  const V l = log(select(far, x, product));
  const V near = fused((y - 1.0) * (y - 2.0), quotient, select(low, -l, l));
  const V square = quotient * quotient;
  const V series =
      with_stirling_series([&] WALD_FORMULA(auto... c) { return polynomial(square, c...); });
  const V large = fused(x - 0.5, l - 1.0, fused(quotient, series, V(0.4189385332046727)));
  return select(far, large, near);
}

/// log |Gamma(x)| for x < 0, given that of -x. Above -20, where its zeros are, by
/// Gamma(x) = Gamma(x + n) / (x (x + 1) ... ), the product as a pair so that the logarithm near 0
/// keeps its digits; below by reflection.
template <class V>
WALD_FUNCTION V lgamma_negative(V x, V at_minus_x) {
  const V r = fraction_about_whole(x);
  const V far = log(pi / (abs(x) * abs(sin(r * pi)))) - at_minus_x;
  const auto is_near = x > -20.0;
  V near(0.0);
  if (any_of(is_near)) {
    V y = x, high(1.0), low(0.0);
    for (int step = 0; step < 21; ++step) {
      const auto under = y < 0.75;
      const Pair<V> next = two_product(high, y);
      low = select(under, fused(low, y, next.low), low);
      high = select(under, next.high, high);
      y = select(under, y + 1.0, y);
    }
    const V size = abs(high);
    near = lgamma_positive(select(is_near, y, V(1.0))) -
           (log(size) + select(size > 0.0, low / high, V(0.0)));
  }
  return select((r == 0.0) & (abs(x) >= 1.0), infinity_of<V>(), select(is_near, near, far));
}

template <class V>
WALD_FUNCTION V lgamma_real(V x) {
  const auto is_negative = x < 0.0;
  const V y = lgamma_positive(abs(x));
  if (!any_of(is_negative)) return y;
  return select(is_negative, lgamma_negative(x, y), y);
}

/// digamma(x) for x in [1, 6) as a quotient (x - x0) P / Q, degrees 9 and 9, error 4.0e-17, its
/// root x0 being subtracted in two parts; below 1 one step of the recurrence.
template <class V>
struct Quotient {
  V over, under;
};
template <class V>
WALD_PART Quotient<V> digamma_near(V x) {
  const auto low = x < 1.0;
  const V y = select(low, x + 1.0, x);
  V p = polynomial(y, 2594134086.7729964, 9149305984.066595, 10201475564.32277, 5079278632.864912,
                   1258401622.4879582, 157585789.02945283, 9477199.988793395, 238512.38906768907,
                   1793.7535037581215, 0.6817483937943845);
  V q = polynomial(y, 1.0, 3791669758.1528344, 8590174521.952564, 7040161887.110518,
                   2731338032.34618, 542005360.5770137, 54932123.26474903, 2665014.65712488,
                   52942.836850162035, 292.31642377839927);
  p = p * ((y - 1.4616321449683622) - 9.549995429965697e-17);
  return {select(low, fused(p, x, -q), p), select(low, q * x, q)};
}

/// digamma(x) for x >= 0: a quotient below 6; above, with z = x - 1/2, log z + z^-2 T(z^-2), degree
/// 6 on [0, 1/5.5^2], absolute error 3.3e-17. Either is left out where no lane needs it, and
/// otherwise they share one division, by which a lane gets the same bits.
template <class V>
WALD_FUNCTION V digamma_positive(V x) {
  const auto near = x < 6.0, far = x >= 6.0, is_huge = x >= 1e290;
  const V z = x - 0.5;
  V p(1.0), q = z, of_log = z;
  if (any_of(near)) {
    const auto [over, under] = digamma_near(x);
    if (!any_of(far)) return over * (1.0 / under);
    p = select(near, over, p);
    q = select(near, under, q);
    of_log = select(near, V(1.0), z);
  }
  const auto [quotient, l] = quotient_and_log(p, q, of_log);
  const V square = quotient * quotient;
  const V series = polynomial(square, 0.04166666666666548, -0.00729166666313477,
                              0.003844244304854911, -0.004133794714595649, 0.007532295664912337,
                              -0.01972303829792419, 0.048902853456149205);
  V y = fused(square, series, l);
  if (any_of(is_huge)) y = select(is_huge, log(x), y);
  return select(near, quotient, y);
}

template <class V>
WALD_FUNCTION V digamma_real(V x) {
  const auto is_negative = x < 0.0;
  if (!any_of(is_negative)) return digamma_positive(x);
  const V y = digamma_positive(select(is_negative, 1.0 - x, x));
  const V r = fraction_about_whole(x), angle = r * pi;
  const V reflected = y - pi * (cos(angle) / sin(angle));
  return select(is_negative, select(r == 0.0, nan_of<V>(), reflected), y);
}

/// trigamma(x) for x >= 0: u P(u) / Q(u) in u = 1 / x on [1/8, 1], degrees 8 and 8, error
/// 1.0e-16; below 1 one step of the recurrence, above 8 the series.
template <class V>
WALD_FUNCTION V trigamma_positive(V x) {
  const auto low = x < 1.0;
  const V u = 1.0 / select(low, x + 1.0, x);
  const V p = polynomial(u, 1.000000000012834, 10.672367026006311, 52.099102196153915,
                         148.58990796283487, 267.5928961292307, 310.45063428950465,
                         228.86557366867652, 101.80423042271381, 22.916267651513433);
  const V q = polynomial(u, 1.0, 10.17236702678269, 46.846251993958774, 123.47138785869824,
                         198.0828218111045, 191.1697863565774, 101.80423910398245,
                         22.916266380585174, 8.966755777838915e-08);
  const V square = u * u;
  const V series =
      with_trigamma_series([&] WALD_FORMULA(auto... c) { return polynomial(square, c...); });
  V y = u * select(u > 0.125, p / q, fused(square, series, fused(u, V(0.5), V(1.0))));
  if (any_of(low)) {
    const V inverse = 1.0 / x;
    y = select(low, fused(inverse, inverse, y), y);
  }
  return y;
}

template <class V>
WALD_FUNCTION V trigamma_real(V x) {
  const auto is_negative = x < 0.0;
  if (!any_of(is_negative)) return trigamma_positive(x);
  const V y = trigamma_positive(select(is_negative, 1.0 - x, x));
  const V ratio = pi / sin(fraction_about_whole(x) * pi);
  return select(is_negative, ratio * ratio - y, y);
}

/// x to the whole power n >= 0, by squaring.
template <class V>
WALD_FUNCTION V whole_power(V x, V n) {
  V y(1.0);
  while (any_of(n >= 1.0)) {
    const V half = nearest_whole(n * 0.5 - 0.25);
    y = select(n - half * 2.0 == 1.0, y * x, y);
    x = x * x;
    n = half;
  }
  return y;
}

/// n! zeta(n + 1, x), the Hurwitz zeta function, for whole n >= 1 and x > 0: by the
/// Euler-Maclaurin formula from n + 10 on. Powers are taken of x over x + k, so that they stay in
/// range.
template <class V>
WALD_FUNCTION V factorial_zeta(V n, V x) {
  const V s = n + 1.0, limit = n + 10.0, inverse = 1.0 / x;
  V w = x, total(0.0);
  for (auto below = w < limit; any_of(below); below = w < limit) {
    total = select(below, total + whole_power(x / w, s), total);
    w = select(below, w + 1.0, w);
  }
  const V ratio = x / w, power = whole_power(ratio, n), step = 1.0 / w;
  V rising = s * step, tail(0.5);
  constexpr double bernoulli[] = {
      // B_2j / (2 j)!
      0.08333333333333333,    -0.001388888888888889,   3.306878306878307e-05,
      -8.267195767195768e-07, 2.08767569878681e-08,    -5.284190138687493e-10,
      1.3382536530684679e-11, -3.3896802963225827e-13, 8.586062056277845e-15,
      -2.174868698558062e-16, 5.5090028283602295e-18,  -1.3954464685812522e-19};
  for (int j = 0; j < 12; ++j) {
    tail = fused(rising, V(bernoulli[j]), tail);
    rising = rising * ((s + (2.0 * j + 1.0)) * step) * ((s + (2.0 * j + 2.0)) * step);
  }
  V y = fused(inverse, fused(power * ratio, tail, total), power / n);
  for (double j = 1; any_of(n >= j); ++j) y = select(n >= j, y * (j * inverse), y);
  return select(x == infinity_of<V>(), V(0.0), y);
}

/// The n-th derivative of digamma, n whole from 0 to 1000; nan for another n, and at the poles of
/// an even n, where the sides differ.
template <class V>
WALD_PART V polygamma_real(V order, V x) {
  const auto has_order = (order >= 0.0) & (order <= 1000.0) & (nearest_whole(order) == order);
  const V n = select(has_order & (order >= 1.0), order, V(1.0));
  const auto reflects = x <= 0.0;
  const V whole = whole_below(x), r = fraction_about_whole(x);
  const auto is_odd = nearest_whole(n * 0.5) * 2.0 != n;
  const V minus = select(is_odd, V(1.0), V(-1.0));  // (-1)^(n + 1)
  V y = factorial_zeta(n, select(reflects, select(r == 0.0, V(1.0), x - whole), x));
  if (any_of(reflects)) {
    // The sum over all whole numbers less that over those beyond x.
    const V other = select(reflects & (r != 0.0), (whole + 1.0) - x, V(1.0));
    const V beyond = select(reflects, 1.0 - x, V(1.0));
    const V after = factorial_zeta(n, beyond);
    const V before = factorial_zeta(n, other), infinite = infinity_of<V>();
    const V gap = select(before == infinite, before, before - after);
    V two_sided = select((y == infinite) & (gap == infinite) & (minus < 0.0),
                         select(r > 0.0, infinite, -infinite), fused(minus, gap, y));
    // For the orders of second derivatives, the sum by the derivatives of pi cot(pi x), since it
    // cancels near half-integers.
    const V c = sin((0.5 - abs(r)) * pi), ratio = pi / sin(r * pi), square = ratio * ratio;
    const V odd_part = square * ratio * c;
    two_sided = select(n == 2.0, after + 2.0 * odd_part, two_sided);
    two_sided =
        select(n == 4.0, after + 8.0 * (odd_part * square) * fused(c, c, V(2.0)), two_sided);
    const V pole = select(is_odd, infinity_of<V>(), nan_of<V>());
    y = select(reflects, select(r == 0.0, pole, two_sided), y);
  }
  y = y * minus;
  if (any_of(order == 0.0)) y = select(order == 0.0, digamma_real(x), y);
  return select(has_order, y, nan_of<V>());
}

}  // namespace
}  // namespace wald::kernels
