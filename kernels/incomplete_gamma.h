// The regularized incomplete gamma functions and their derivatives by a and x up to second order.
//
// The smaller of P and Q (within a factor) is computed as scale exp(slope) multiplier factor: scale
// holds the exponentially small part, slope (0 in value) its derivatives in closed form, multiplier
// what vanishes with a shape parameter. The factor is
// - near x = a for a >= 50 Temme's expansion (incomplete_gamma_temme.h);
// - below x = a the series 1 + x/(a+1) + x^2/((a+1)(a+2)) + ..., whose terms are positive and whose
//   derivatives by a have terms of one sign;
// - above it Legendre's continued fraction;
// - for small a and x, where P is near 1, 1 - P by expm1 and the alternating series.
// The same code runs on numbers and on jets, so shape derivatives are those of the expansions.
#pragma once

#include <wald/kernels/gamma_parts.h>
#include <wald/kernels/incomplete_gamma_temme.h>

namespace wald::kernels {
namespace {
namespace incomplete {

/// One tail: its value is scale exp(slope) multiplier factor. An underflown scale has its logarithm
/// still; log_multiplier, whose value is not set, has derivatives in which nothing cancels.
struct Scale {
  double value, log;
};
template <class T>
struct Tail {
  bool is_upper;
  Scale scale;
  T slope, multiplier, log_multiplier, factor;
};
template <class T>
WALD_DEVICE inline T unscaled(const Tail<T>& tail) {
  if constexpr (variables_of<T> == 0)
    return tail.multiplier * tail.factor;
  else
    return exp_of(tail.slope) * (tail.multiplier * tail.factor);
}
/// The derivatives of the tail's logarithm.
template <class T>
WALD_DEVICE inline T log_unscaled(const Tail<T>& tail) {
  return tail.slope + tail.log_multiplier + log_of(tail.factor);
}

/// The logarithm of the tail.
WALD_DEVICE inline double log_of_tail(const Tail<double>& tail) {
  const double f = unscaled(tail);  // whose factors' logarithms may cancel
  return tail.scale.log + (f > 1e-300 ? ::log(f) : ::log(tail.multiplier) + ::log(tail.factor));
}

/// The scale times a factor, which may lift it out of the subnormal numbers.
WALD_DEVICE inline double scaled(const Scale& scale, double factor) {
  if (scale.value > 1e-307) return scale.value * factor;
  return ::exp(scale.log + 230.25850929940457) * factor * 1e-100;
}
/// The scale times f / x, which may make much of an underflown scale.
WALD_DEVICE inline double scaled_over(const Scale& scale, double f, double x) {
  if (scale.value > 1e-200) return scale.value * f / x;
  return ::copysign(::exp(scale.log + ::log(::fabs(f)) - ::log(x)), f);
}
/// The scale times (f / x) (g / x).
WALD_DEVICE inline double scaled_over(const Scale& scale, double f, double g, double x) {
  if (scale.value > 1e-200) return scale.value * f / x * g / x;
  const double log = ::log(::fabs(f)) + ::log(::fabs(g));
  return ::copysign(::exp(scale.log + log - 2 * ::log(x)), f * g);
}
WALD_DEVICE inline double log_ratio(double x, double a, double mu) {
  if (::fabs(mu) < 0.7) return ::log1p(mu);
  const double ratio = x / a;
  return ratio > 1e-300 && ratio < 1e300 ? ::log(ratio) : ::log(x) - ::log(a);
}
/// The scale as a product, which has more digits than the sum of logarithms; a <= 50.
WALD_DEVICE inline double power_scale(double a, double x) {
  const double half = ::exp(-0.5 * x);
  return ::pow(x, a) * half / ::tgamma(1 + a) * half;
}
/// x^a exp(-x) / Gamma(a + 1).
WALD_DEVICE inline Scale gamma_scale(double a, double x) {
  if (a >= stirling_from) {
    const double mu = (x - a) / a;
    const double exponent = ::fabs(mu) < 0.7 ? a * log1pmx(mu)
                            : mu < 1e100     ? a * (log_ratio(x, a, mu) - mu)
                                             : a * log_ratio(x, a, mu) - (x - a);
    const double remainder = stirling_remainder(a);
    const bool is_far = a < 50 && ::fabs(mu) > 0.3 && a * ::fabs(::log(x)) < 600 && x < 700;
    return {is_far ? power_scale(a, x) : ::exp(exponent - remainder) / (sqrt_two_pi * ::sqrt(a)),
            exponent - remainder - half_log_two_pi - 0.5 * ::log(a)};
  }
  const double log = a * ::log(x) - x - lgamma1p(a);
  return {x < 1400 ? power_scale(a, x) : ::exp(log), log};
}

/// log x - psi(a + 1).
WALD_DEVICE inline double gamma_slope(double a, double x) {
  if (a < stirling_from) return ::log(x) - digamma1p(a);
  return log_ratio(x, a, (x - a) / a) - digamma1p_minus_log(a);
}

/// The jet of log(x^a exp(-x) / Gamma(a + 1)), less its value.
template <class T>
WALD_DEVICE inline T gamma_slope_jet(double a, double x) {
  T g(0.0);
  constexpr int n = variables_of<T>;
  if constexpr (n > 0) {
    g.d[1] = gamma_slope(a, x);
    g.d[T::second(1 - 1, 1 - 1)] = -trigamma1p(a);
  }
  if constexpr (n > 1) {
    g.d[2] = (a - x) / x;
    g.d[T::second(0, 1)] = 1 / x;
    g.d[T::second(1, 1)] = -(a / x) / x;
  }
  return g;
}

/// 1 + x/(a+1) + x^2/((a+1)(a+2)) + ...
template <class T>
WALD_DEVICE T lower_series(const T& a, const T& x) {
  T term(1.0), total(1.0);
  for (int n = 1; n < 100000; ++n) {
    term = term * (x * reciprocal(a + n));
    total = total + term;
    if (!(value_of(term) > 1e-17 * (value_of(total) - 1))) break;
  }
  return total;
}

/// How many terms of the upper fraction give all digits, its derivatives' too. At a half-integer
/// instead of a: at an integer the fraction ends, but its derivatives do not.
WALD_DEVICE inline int upper_fraction_length(double a, double x) {
  a = ::floor(a) + 0.5;
  double b = x + 1 - a, c = infinity, d = 1 / b;
  for (int n = 1; n < 20000; ++n) {
    const double numerator = n * (a - n);
    b += 2;
    d = 1 / (b + numerator * d);
    c = b + numerator / c;
    if (::fabs(c * d - 1) < 1e-17 + 1.2e-16) return n + n / 4 + 3;
  }
  return 20000;
}
/// 1 / (x + 1 - a + 1 (a - 1) / (x + 3 - a + 2 (a - 2) / (x + 5 - a + ...))), x >= a.
template <class T>
WALD_DEVICE T upper_fraction(const T& a, const T& x) {
  const int length = upper_fraction_length(value_of(a), value_of(x));
  const T b = x - a;
  T f = b + (2. * length + 1);
  for (int n = length; n >= 1; --n)
    f = b + (2. * n - 1) + (a + -static_cast<double>(n)) * static_cast<double>(n) * reciprocal(f);
  return reciprocal(f);
}

/// (1 - P) / a for small a and x: with P = exp(a u) (1 + a s) it is -u (exp(a u) - 1) / (a u) -
/// exp(a u) s.
template <class T>
WALD_DEVICE T upper_by_expm1(const T& a, const T& x) {
  const Derivatives l = lgamma1p_over(value_of(a));
  const T u = log_slope_of_variable<T>(value_of(x), 1) + ::log(value_of(x)) -
              chain(a, l.f, l.f1, l.f2),
          au = a * u;
  T total(0.0), power(1.0);
  for (int n = 1; n < 40; ++n) {
    power = power * x * (-1. / n);
    total = total + power * reciprocal(a + n);
    if (::fabs(value_of(power)) < 1e-18) break;
  }
  const Derivatives e = expm1_over(value_of(au));
  return (u * chain(au, e.f, e.f1, e.f2) + exp_of(au) * total) * -1.;
}

/// The derivatives of log a.
template <class T>
WALD_DEVICE inline T log_slope(double a) {
  T g(0.0);
  if constexpr (variables_of < T >> 0) {
    g.d[1] = 1 / a;
    g.d[T::second(0, 0)] = -1 / a / a;
  }
  return g;
}

/// -2 (log(1 + m) - m) / m^2 of a jet: (eta / mu)^2.
template <class T>
WALD_DEVICE T eta_ratio_squared(const T& mu) {
  const double m = value_of(mu);
  if (::fabs(m) <= 0.25) {
    double h = 0, h1 = 0, h2 = 0;
    for (int k = 30; k >= 0; --k) {  // the sum of 2 (-m)^k / (k + 2)
      const double c = (k % 2 ? -2. : 2.) / (k + 2);
      h2 = h2 * m + 2 * h1;
      h1 = h1 * m + h;
      h = h * m + c;
    }
    return chain(mu, h, h1, h2);
  }
  const double h = -2 * log1pmx(m) / (m * m), r = 1 / (1 + m);
  const double h1 = (2 * r - 2 * h) / m;
  return chain(mu, h, h1, (-2 * r * r - 3 * h1) / m);
}

/// sqrt(pi) z exp(z^2) erfc(z) for z >= 8, as a function of t = 1 / (2 z^2).
template <class T>
WALD_DEVICE T erfcx_asymptotic(const T& t) {
  T y(1.0);
  for (int k = 24; k >= 1; --k) y = t * y * (1. - 2 * k) + 1;
  return y;
}

/// The tail by Temme's expansion, with derivatives by a alone from the series of their own.
template <class T>
WALD_DEVICE Tail<T> temme_tail(double a, double x) {
  const double mu = (x - a) / a, half_square = -log1pmx(mu), z = ::sqrt(a) * ::sqrt(half_square);
  const double eta = ::copysign(::sqrt(2 * half_square), mu), sign = mu < 0 ? 1 : -1;
  const double exponent = -a * half_square;
  Tail<T> tail{
      mu >= 0,
      {::exp(exponent) / (sqrt_two_pi * ::sqrt(a)), exponent - half_log_two_pi - 0.5 * ::log(a)},
      T(0.0),
      T(1.0),
      T(0.0),
      T(0.0)};
  if constexpr (variables_of<T> < 2) {
    const double inverse = 1 / a;
    const double root = ::sqrt(a) * 1.2533141373155003;  // sqrt(pi a / 2)
    T f(root * erfcx_positive(z) - sign * temme_s(eta, inverse));
    if constexpr (variables_of<T> == 1) {
      f.d[1] = sign * temme_d1(eta, inverse);
      f.d[2] = sign * temme_d2(eta, inverse);
    }
    tail.factor = f;
  } else {
    const T at = variable<T>(a, 0), xt = variable<T>(x, 1), inverse = reciprocal(at);
    const T mu_t = (xt - at) * inverse;
    const T eta_t = mu_t * sqrt_of(eta_ratio_squared(mu_t));
    const T absolute = eta_t * -sign;
    if (z < 8) {
      const T zt = absolute * sqrt_of(at * 0.5);
      const double e = erfcx_positive(z), e1 = 2 * z * e - 1.1283791670955126;
      tail.factor = sqrt_of(at * 1.5707963267948966) * chain(zt, e, e1, 2 * e + 2 * z * e1);
    } else {
      tail.factor =
          erfcx_asymptotic(inverse * reciprocal(absolute * absolute)) * reciprocal(absolute);
    }
    tail.factor = tail.factor - temme_s(eta_t, inverse) * sign;
    T g(0.0);  // of -a eta^2 / 2 - log(a) / 2
    g.d[1] = ::log1p(mu) - 0.5 / a;
    g.d[2] = (a - x) / x;
    g.d[T::second(0, 0)] = -1 / a + 0.5 / a / a;
    g.d[T::second(0, 1)] = 1 / x;
    g.d[T::second(1, 1)] = -(a / x) / x;
    tail.slope = g;
  }
  return tail;
}

/// Whether sums of the two overflow. Functions are taken at 1e-200 of both then, which leaves steps
/// what they are and divides logarithms of small values by 1e200.
WALD_DEVICE inline bool are_enormous(double a, double b) { return a > 1e290 && b > 1e290; }

/// The tail of a > 0 (or 0) at x > 0, both finite.
template <class T>
WALD_DEVICE Tail<T> gamma_tail(double a, double x) {
  a = ::fabs(a);             // of -0
  if (are_enormous(a, x)) {  // still a step at x = a
    a *= 1e-200;
    x *= 1e-200;
  }
  const double mu = (x - a) / a;
  if (a >= 50 && mu > -0.4 && mu < 0.55) return temme_tail<T>(a, x);
  const T at = variable<T>(a, 0), xt = variable<T>(x, 1);
  if (a < 1 && x < 1.5 && a * ::log(x) - lgamma1p(a) > -0.7)
    return {true, {1, 0}, T(0.0), at, log_slope<T>(a), upper_by_expm1(at, xt)};
  const Scale scale = gamma_scale(a, x);
  if (x < a || x < 1.5)
    return {false, scale, gamma_slope_jet<T>(a, x), T(1.0), T(0.0), lower_series(at, xt)};
  return {true, scale, gamma_slope_jet<T>(a, x), at, log_slope<T>(a), upper_fraction(at, xt)};
}

/// What needs no computation: the limits at the ends of the domain.
enum class Place { inside, outside, all_lower, none_lower };
WALD_DEVICE inline Place gamma_place(double a, double x) {
  if (!(a >= 0 && x >= 0)) return Place::outside;
  if (a == 0 ? x == 0 : a == infinity && x == infinity) return Place::outside;
  if (x == infinity) return Place::all_lower;
  if (x == 0 || a == infinity) return Place::none_lower;
  return Place::inside;
}

template <bool upper>
WALD_DEVICE double gamma_value(double a, double x) {
  const Place place = gamma_place(a, x);
  if (place == Place::outside) return not_a_number;
  if (place != Place::inside) return (place == Place::none_lower) == upper ? 1 : 0;
  const Tail<double> tail = gamma_tail<double>(a, x);
  const double value = scaled(tail.scale, unscaled(tail));
  return tail.is_upper == upper ? value : 1 - value;
}

template <bool upper>
WALD_DEVICE double log_gamma_value(double a, double x) {
  const Place place = gamma_place(a, x);
  if (place == Place::outside) return not_a_number;
  if (place != Place::inside) return (place == Place::none_lower) == upper ? 0 : -infinity;
  if (a == 0) return upper ? -infinity : 0;
  const Tail<double> tail = gamma_tail<double>(a, x);
  const double value = scaled(tail.scale, unscaled(tail));
  if (tail.is_upper != upper) return ::log1p(-value);
  // The logarithm of the value has more digits than the sum, unless the value is small.
  return value > 1e-3 ? ::log(value) : log_of_tail(tail) * (are_enormous(a, x) ? 1e200 : 1);
}

/// The derivative of P at x = 0, a > 0: by x at least once.
WALD_DEVICE inline double gamma_derivative_at_0(int by_a, int by_x, double a) {
  if (by_x == 2) return a > 2 ? 0 : a == 2 ? 1 : a > 1 ? infinity : a == 1 ? -1 : -infinity;
  if (by_a == 1) return a > 1 ? 0 : -infinity;
  return a > 1 ? 0 : a == 1 ? 1 : infinity;
}

/// The derivative of P, by_a times by a and by_x times by x; together at most 2.
WALD_DEVICE inline double gamma_derivative(int by_a, int by_x, double a, double x) {
  const Place place = gamma_place(a, x);
  if (place == Place::outside) return not_a_number;
  if (place != Place::inside)
    return by_x == 0 || place == Place::all_lower || a == infinity
               ? 0
               : gamma_derivative_at_0(by_a, by_x, a);
  if (by_x > 0) {
    const Scale scale = gamma_scale(a, x);  // a / x times it is the density
    if (by_a == 1) return scaled_over(scale, 1 + a * gamma_slope(a, x), x);
    return by_x == 1 ? scaled_over(scale, a, x) : scaled_over(scale, a, (a - 1) - x, x);
  }
  const Tail<Jet<1>> tail = gamma_tail<Jet<1>>(a, x);
  const Jet<1> value = unscaled(tail);
  return scaled(tail.scale, tail.is_upper ? -value.d[by_a] : value.d[by_a]);
}

/// The limits of the derivatives of log P for tiny x, and of log Q for enormous x: those of a log x
/// - log Gamma(a + 1), and of (a - 1) log x - x - log Gamma(a).
WALD_DEVICE inline double log_gamma_derivative_near_0(int by_a, int by_x, double a, double x) {
  return by_a == 1 ? 1 / x : by_x == 1 ? a / x : -a / x / x;
}
WALD_DEVICE inline double log_gamma_derivative_far_out(int by_a, int by_x, double a, double x) {
  if (by_a == 2) return -trigamma1p(a) - 1 / a / a;
  if (by_a == 1) return by_x == 1 ? 1 / x : ::log(x) - digamma1p(a) + 1 / a;
  return by_x == 1 ? (a - 1) / x - 1 : (1 - a) / x / x;
}
/// The derivatives of log Q by x for small x. The density p is x to the power a - 1, so that what
/// is large is x p and its relatives.
WALD_DEVICE inline double log_upper_gamma_derivative_near_0(int by_a, int by_x, double a,
                                                            double x) {
  const Tail<double> tail = gamma_tail<double>(a, x);
  const double value = scaled(tail.scale, unscaled(tail)), q = tail.is_upper ? value : 1 - value;
  const double h = scaled_over(gamma_scale(a, x), a, 1) / q;  // x p / Q
  if (by_x == 2) return -scaled_over(gamma_scale(a, x), a / q, (a - 1) - x + h, x);
  if (by_a == 0) return -scaled_over(gamma_scale(a, x), a / q, x);
  const double slope = 1 + a * gamma_slope(a, x) + a * gamma_derivative(1, 0, a, x) / q;
  return -scaled_over(gamma_scale(a, x), slope / q, x);
}

/// The same of log P, or log Q.
template <bool upper>
WALD_DEVICE double log_gamma_derivative(int by_a, int by_x, double a, double x) {
  const Place place = gamma_place(a, x);
  if (place == Place::outside) return not_a_number;
  if (place != Place::inside && (place == Place::none_lower) == upper)
    return !upper || x > 0 || (by_x == 2 && a == 1) ? 0 : -gamma_derivative(by_a, by_x, a, x);
  if (place == Place::all_lower) {  // log Q at x = inf
    return by_a == 0 && by_x == 1 ? -1 : by_a == 1 && by_x == 0 ? infinity : 0;
  }
  if (place == Place::none_lower) {  // log P at x = 0, or a = inf
    if (a == infinity) return by_x == 0 ? (by_a == 1 ? -infinity : 0) : not_a_number;
    if (by_x == 0) return by_a == 1 ? -infinity : -trigamma1p(a);
    return by_x == 2 ? -infinity : infinity;
  }
  if (!upper && by_x > 0 && x < 1e-150) return log_gamma_derivative_near_0(by_a, by_x, a, x);
  if (upper && by_x > 0 && x < (by_x == 2 || a >= 1 ? 1e-3 : 1e-150))
    return log_upper_gamma_derivative_near_0(by_a, by_x, a, x);
  if (upper && x > 1e100 && a < 1e-20 * x) return log_gamma_derivative_far_out(by_a, by_x, a, x);
  using T = Jet<2>;
  const Tail<T> tail = gamma_tail<T>(a, x);
  const int at = by_a + by_x == 1 ? (by_a ? 1 : 2) : T::second(by_a ? 0 : 1, by_x ? 1 : 0);
  if (tail.is_upper == upper) return log_unscaled(tail).d[at];
  if (tail.scale.value < 1e-200) return scaled(tail.scale, -unscaled(tail).d[at]);
  return log1p_of(unscaled(tail) * -tail.scale.value).d[at];
}

}  // namespace incomplete
}  // namespace
}  // namespace wald::kernels
