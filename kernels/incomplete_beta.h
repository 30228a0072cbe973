// The regularized incomplete beta function and its derivatives by a, b and x up to second order.
//
// Like the gamma functions (incomplete_gamma.h) it is computed by its smaller tail: the lower one,
// or that of 1 - x with a and b exchanged. With K = x^a y^b Gamma(a+b+1) / (Gamma(a+1) Gamma(b+1)),
// y = 1 - x, a tail is K times
// - for a >= 8: ab/(a+b) times the integral of the density over log(t/(1-t)) from the tail's end,
//   relative to its value there, by 40 Gauss-Legendre nodes. Written so that nothing cancels, it
//   costs the same for any a and b, and derivatives are weighted sums over the same nodes;
// - else b/(a+b) times the continued fraction DLMF 8.17.22, on jets.
// Where a is small and the lower tail near 1, the upper one is 1 - I by expm1 and a power series.
#pragma once

#include <wald/kernels/incomplete_gamma.h>

namespace wald::kernels {
namespace {
namespace incomplete {

/// Arguments as the tail sees them: x + x_low + y + y_low = 1, with logarithms good near 0 and 1.
struct BetaPoint {
  double a, b, x, y, x_low, y_low, log_x, log_y;
};
WALD_DEVICE inline BetaPoint beta_point(double a, double b, double x) {
  const double y = 1 - x, y_low = (1 - y) - x;
  return {a, b, x, y, 0, y_low, x < 0.5 ? ::log(x) : ::log1p(-y), x < 0.5 ? ::log1p(-x) : ::log(y)};
}
WALD_DEVICE inline BetaPoint exchanged(const BetaPoint& p) {
  return {p.b, p.a, p.y, p.x, p.y_low, p.x_low, p.log_y, p.log_x};
}

/// (y + y_low)^n.
WALD_DEVICE inline double power_of(double y, double y_low, double n) {
  return ::pow(y, n) * ::exp(n * y_low / y);
}

/// b x - a y, to which x's distance from the mean a / (a + b) is proportional.
WALD_DEVICE inline double beta_offset(const BetaPoint& p) {
  const double ay = p.a * p.y;
  return ::fma(p.b, p.x, -ay) - ::fma(p.a, p.y, -ay) + (p.b * p.x_low - p.a * p.y_low);
}

/// K where a is below stirling_from and b is not.
WALD_DEVICE inline Scale beta_scale_one_large(const BetaPoint& p) {
  const double s = p.a / p.b;
  const double rest =
      p.b * log1pmx(s) + 0.5 * ::log1p(s) + stirling_remainder(p.b + p.a) - stirling_remainder(p.b);
  const double base = p.x * (p.b + p.a), log_small = p.a * (p.log_x + ::log(p.b + p.a));
  const double log_large = p.b * p.log_y, log = log_small + log_large + rest - lgamma1p(p.a);
  const bool is_exact = p.x > 1e-290;  // and not subnormal
  if (!(is_exact && ::fabs(log_small) < 600 && log_large > -600)) return {::exp(log), log};
  return {power_of(base, p.x_low * (p.b + p.a), p.a) * power_of(p.y, p.y_low, p.b) * ::exp(rest) /
              ::tgamma(1 + p.a),
          log};
}

/// K.
WALD_DEVICE inline Scale beta_scale(const BetaPoint& p) {
  if (p.a >= stirling_from && p.b >= stirling_from) {
    const double offset = beta_offset(p), u = offset / p.a, v = -offset / p.b, s = p.a / p.b;
    const double exponent = (u > -0.9 ? p.a * log1pmx(u) : p.a * (p.log_x + ::log1p(1 / s) - u)) +
                            (v > -0.9 ? p.b * log1pmx(v) : p.b * (p.log_y + ::log1p(s) - v));
    const double rest =
        stirling_remainder(p.a + p.b) - stirling_remainder(p.a) - stirling_remainder(p.b);
    const double spread = (1 / p.a + 1 / p.b) / (sqrt_two_pi * sqrt_two_pi);
    return {::exp(exponent + rest) * ::sqrt(spread), exponent + rest + 0.5 * ::log(spread)};
  }
  if (p.a >= stirling_from) return beta_scale_one_large(exchanged(p));
  if (p.b >= stirling_from) return beta_scale_one_large(p);
  const double log = p.a * p.log_x + p.b * p.log_y;
  const double ratio = ::tgamma(p.a + p.b + 1) / ::tgamma(p.a + 1) / ::tgamma(p.b + 1);
  const double powers = power_of(p.x, p.x_low, p.a) * power_of(p.y, p.y_low, p.b);
  return {powers * ratio, log + ::log(ratio)};
}

/// The derivatives of log K by a and b.
struct BetaSlope {
  double a, b, aa, ab, bb;
};
WALD_DEVICE inline BetaSlope beta_slope(const BetaPoint& p) {
  const double ab = trigamma1p(p.a + p.b);
  BetaSlope s{0, 0, ab - trigamma1p(p.a), ab, ab - trigamma1p(p.b)};
  const double sum = p.a + p.b, offset = beta_offset(p), u = offset / p.a, v = -offset / p.b;
  const double of_sum = sum >= stirling_from ? digamma1p_minus_log(sum) : digamma1p(sum);
  const double log_sum = sum >= stirling_from ? ::log(sum) : 0;
  if (p.a >= stirling_from)
    s.a = (::fabs(u) < 0.9 ? ::log1p(u) : p.log_x + ::log1p(p.b / p.a)) + of_sum -
          digamma1p_minus_log(p.a);
  else
    s.a = p.log_x + log_sum + of_sum - digamma1p(p.a);
  if (p.b >= stirling_from)
    s.b = (::fabs(v) < 0.9 ? ::log1p(v) : p.log_y + ::log1p(p.a / p.b)) + of_sum -
          digamma1p_minus_log(p.b);
  else
    s.b = p.log_y + log_sum + of_sum - digamma1p(p.b);
  // Beside a small parameter, the other's derivatives are small like it.
  if (p.a < 0.5 * p.b) {
    const GammaRatio ratio = log_gamma_ratio(p.b, p.a);
    if (p.a < 10) s.b = p.log_y + ratio.by_b;
    s.bb = ratio.by_bb;
  } else if (p.b < 0.5 * p.a) {
    const GammaRatio ratio = log_gamma_ratio(p.a, p.b);
    if (p.b < 10) s.a = p.log_x + ratio.by_b;
    s.aa = ratio.by_bb;
  }
  return s;
}

/// The jet of log K, less its value. Variables: a, b, x.
template <class T>
WALD_DEVICE T beta_slope_jet(const BetaPoint& p) {
  T g(0.0);
  constexpr int n = variables_of<T>;
  if constexpr (n > 1) {
    const BetaSlope s = beta_slope(p);
    g.d[1] = s.a;
    g.d[2] = s.b;
    g.d[T::second(0, 0)] = s.aa;
    g.d[T::second(0, 1)] = s.ab;
    g.d[T::second(1, 1)] = s.bb;
  }
  if constexpr (n > 2) {
    g.d[3] = -beta_offset(p) / p.x / p.y;
    g.d[T::second(0, 2)] = 1 / p.x;
    g.d[T::second(1, 2)] = -1 / p.y;
    g.d[T::second(2, 2)] = -(p.a / p.x) / p.x - (p.b / p.y) / p.y;
  }
  return g;
}

/// The numerators of the fraction: d_1 / (a + 1) is the first of DLMF 8.17.22, and so on.
template <class T>
WALD_DEVICE inline T beta_numerator(int n, const T& a, const T& b, const T& x) {
  const double m = n / 2;
  if (n % 2 == 0) return (b * -1. + m) * x * -m;
  return (a + m) * (a + b + m) * x * -1.;
}
/// How many terms give all digits. At half an integer instead of b: at an integer the fraction
/// ends, but its derivatives do not.
WALD_DEVICE inline int beta_fraction_length(const BetaPoint& p) {
  const double b = p.b < 0.75 ? p.b : ::floor(p.b) + 0.5;
  double denominator = p.a + 1 - (p.a + b) * p.x, c = infinity, d = 1 / denominator;
  for (int n = 2; n < 20000; ++n) {
    const double numerator = beta_numerator(n, p.a, b, p.x);
    denominator = p.a + n;
    d = 1 / (denominator + numerator * d);
    c = denominator + numerator / c;
    if (n > 3 && ::fabs(c * d - 1) < 1.3e-16) return n + n / 4 + 4;
  }
  return 20000;
}
/// The continued fraction.
template <class T>
WALD_DEVICE T beta_fraction(const BetaPoint& p, const T& a, const T& b, const T& x) {
  const int length = beta_fraction_length(p);
  T f = a + static_cast<double>(length);
  for (int n = length; n >= 2; --n) f = a + (n - 1.) + beta_numerator(n, a, b, x) * reciprocal(f);
  return reciprocal((a + b) * x * reciprocal(f) * -1. + 1.);
}

/// A jet of a and b alone.
template <class T>
WALD_DEVICE inline T shape_jet(double f, double a, double b, double aa, double ab, double bb) {
  T g(f);
  if constexpr (variables_of < T >> 1) {
    g.d[1] = a;
    g.d[2] = b;
    g.d[T::second(0, 0)] = aa;
    g.d[T::second(0, 1)] = ab;
    g.d[T::second(1, 1)] = bb;
  }
  return g;
}
/// b / (a + b), and the derivatives of its logarithm.
template <class T>
WALD_DEVICE inline T fraction_multiplier(double a, double b) {
  const double s = a + b, u = a / s, v = b / s;
  return shape_jet<T>(v, -v / s, u / s, 2 * v / s / s, (v - u) / s / s, -2 * u / s / s);
}
template <class T>
WALD_DEVICE inline T fraction_log_multiplier(double a, double b) {
  const double s = a + b, u = a / s;
  return shape_jet<T>(0, -1 / s, u / b, 1 / s / s, 1 / s / s, -u / b * (1 / b + 1 / s));
}
/// ab / (a + b), and the derivatives of its logarithm.
template <class T>
WALD_DEVICE inline T integral_multiplier(double a, double b) {
  const double s = a + b, u = a / s, v = b / s;
  return shape_jet<T>(u * b, v * v, u * u, -2 * v * v / s, 2 * u * v / s, -2 * u * u / s);
}
template <class T>
WALD_DEVICE inline T integral_log_multiplier(double a, double b) {
  const double s = a + b, u = a / s, v = b / s;
  return shape_jet<T>(0, v / a, u / b, -v / a * (1 / a + 1 / s), 1 / s / s,
                      -u / b * (1 / b + 1 / s));
}

constexpr int beta_nodes = 20;

/// The exponent of the density at log(t/(1-t)) = log(x/y) - r relative to that at x, and its
/// derivatives by a, b and x.
struct BetaExponent {
  double value, a, b, w, by_r;
};
WALD_DEVICE inline BetaExponent beta_exponent(const BetaPoint& p, double offset, double r) {
  const double sum = p.a + p.b;
  if (p.x <= 0.5) {
    const double curve = expm1mx(-r), e = r - curve, q = p.x * e;  // e = 1 - exp(-r)
    const double low = log1pmx(-q), rest = 1 - q;
    return {r * offset - sum * (p.x * curve + low), q - low - r, q - low, e / rest,
            offset - sum * q * p.y / rest};
  }
  const double curve = expm1mx(r), e = curve + r, q = p.y * e;
  const double low = log1pmx(q), rest = 1 + q;
  return {r * offset - sum * (p.y * curve + low), -low - q, r - low - q, e / rest,
          offset - sum * q * p.x / rest};
}
/// The integral of the density, relative to that at x, over log(t/(1-t)).
template <class T>
WALD_DEVICE T beta_integral(const BetaPoint& p) {
  constexpr double node[beta_nodes] = {
      0.0008811451447203998, 0.004636880650271497, 0.011370025008112869, 0.021041590393104173,
      0.03359359586066173,   0.04895059651556285,  0.06702024839387025,  0.08769388458334416,
      0.1108471742867403,    0.13634087240503645,  0.16402165769291022,  0.19372305516600988,
      0.2252664374524359,    0.25846209915691065,  0.2931103978141975,   0.32900295458712076,
      0.36592390749637316,   0.40365120964931445,  0.4419579646623724,   0.48061379124697456};
  constexpr double weight[beta_nodes] = {
      0.0022606385492665955, 0.005249142265576406, 0.008210529190953945, 0.01112292459708348,
      0.0139685034900117,    0.016730097641273922, 0.019391083987236008, 0.021935454092836634,
      0.024347903817536116,  0.02661392349196841,  0.028719884549695776, 0.03065312124646447,
      0.03240200672830052,   0.03395602290761695,  0.03530582369564339,  0.03644329119790203,
      0.03736158452898413,   0.03805518095031312,  0.038519909082123986, 0.0387529739892124};
  const double offset = beta_offset(p), slope = -offset, harmonic = p.a / (p.a + p.b) * p.b;
  // Where the exponent, which is concave, has fallen to -38: by its parabola, then by tangents.
  double range = 76 / (slope + ::hypot(slope, ::sqrt(76 * harmonic)));
  for (int i = 0; i < 60; ++i) {
    const BetaExponent end = beta_exponent(p, offset, range);
    if (end.value <= -38 && end.value > -42) break;
    range -= (38.5 + end.value) / end.by_r;
  }
  T total(0.0);
  for (int i = 0; i < 2 * beta_nodes; ++i) {
    const double at = i < beta_nodes ? node[i] : 1 - node[2 * beta_nodes - 1 - i];
    const BetaExponent e = beta_exponent(p, offset, range * at);
    T phi(e.value);
    constexpr int n = variables_of<T>;
    if constexpr (n > 1) {
      phi.d[1] = e.a;
      phi.d[2] = e.b;
    }
    if constexpr (n > 2) {
      phi.d[3] = (p.a + p.b) * e.w;
      phi.d[T::second(0, 2)] = phi.d[T::second(1, 2)] = e.w;
      phi.d[T::second(2, 2)] = (p.a + p.b) * e.w * e.w;
    }
    total = total + exp_of(phi) * (range * weight[i < beta_nodes ? i : 2 * beta_nodes - 1 - i]);
  }
  return total;
}

/// log x + (log Gamma(a + b) - log Gamma(b)) / a, this as the mean of psi over [b, b + a], for a <
/// b: its derivatives keep their digits for small a. For large b the two logarithms cancel.
template <class T>
WALD_DEVICE T log_gamma_quotient(double a, double b, double x) {
  const bool is_large = b >= stirling_from;
  constexpr double node[] = {0.013046735741414142, 0.9869532642585859,  0.06746831665550773,
                             0.9325316833444923,   0.16029521585048778, 0.8397047841495122,
                             0.2833023029353764,   0.7166976970646236,  0.4255628305091844,
                             0.5744371694908156};
  constexpr double weight[] = {0.03333567215434407, 0.07472567457529028, 0.10954318125799103,
                               0.13463335965499817, 0.14776211235737646};
  double f = 0, fa = 0, fb = 0, faa = 0, fab = 0, fbb = 0;
  for (int i = 0; i < 10; ++i) {
    const double s = node[i], w = weight[i / 2], z = b + a * s;
    f += w * ((is_large ? digamma1p_minus_log(z) + ::log1p(a * s / b) : digamma1p(z)) - 1 / z);
    if constexpr (variables_of < T >> 0) {
      const double g1 = trigamma1p(z) + 1 / z / z, g2 = tetragamma1p(z) - 2 / z / z / z;
      fa += w * s * g1, fb += w * g1;
      faa += w * s * s * g2, fab += w * s * g2, fbb += w * g2;
    }
  }
  const double log_x = !is_large ? ::log(x) : x > 1e-290 ? ::log(x * b) : ::log(x) + ::log(b);
  return shape_jet<T>(log_x + f, fa, fb, faa, fab, fbb) + log_slope_of_variable<T>(x, 2);
}
/// (1 - I) / a for small a where I is near 1: with I = exp(a u) (1 + a s) it is
/// -u (exp(a u) - 1) / (a u) - exp(a u) s, s the sum over n >= 1 of (1 - b)_n x^n / ((a + n) n!)
/// and exp(a u) = x^a Gamma(a + b) / (Gamma(a + 1) Gamma(b)).
template <class T>
WALD_DEVICE T beta_by_expm1(const BetaPoint& p, const T& a, const T& b, const T& x) {
  const Derivatives l = lgamma1p_over(p.a);
  const T u = log_gamma_quotient<T>(p.a, p.b, p.x) - chain(a, l.f, l.f1, l.f2), au = a * u;
  T power(1.0), total(0.0);
  double bound = 1;  // of the derivatives too: for an integer b the powers end, but those do not
  for (int k = 1; k < 200 && bound > 1e-18; ++k) {
    power = power * (b * -1. + static_cast<double>(k)) * x * (1. / k);
    total = total + power * reciprocal(a + k);
    bound *= p.x * (::fabs(k - p.b) + 1) / k;
  }
  const Derivatives e = expm1_over(value_of(au));
  return (u * chain(au, e.f, e.f1, e.f2) + exp_of(au) * total) * -1.;
}
/// Whether it is small enough to be called so.
WALD_DEVICE inline bool is_lower_near_1(const BetaPoint& p) {
  if (!(p.a < 1 && p.a < p.b && p.x < 0.5 && p.b * p.x < 1.5)) return false;
  const double ratio = log_gamma_ratio(p.b, p.a).value - lgamma1p(p.a) - ::log1p(p.a / p.b);
  return p.a * p.log_x + ratio > -0.5;
}

/// The lower tail where x is at most near the mean.
template <class T>
WALD_DEVICE Tail<T> beta_lower_tail(const BetaPoint& p) {
  const T a = variable<T>(p.a, 0), b = variable<T>(p.b, 1);
  const T x = variable<T>(p.x, 2);
  const Scale scale = beta_scale(p);
  const T slope = beta_slope_jet<T>(p);
  if (p.a >= 8)
    return {false,
            scale,
            slope,
            integral_multiplier<T>(p.a, p.b),
            integral_log_multiplier<T>(p.a, p.b),
            beta_integral<T>(p)};
  return {false,
          scale,
          slope,
          fraction_multiplier<T>(p.a, p.b),
          fraction_log_multiplier<T>(p.a, p.b),
          beta_fraction(p, a, b, x)};
}

/// A tail of I_x(a, b). If is_exchanged, its jets are by (b, a, 1 - x).
template <class T>
struct BetaTail {
  Tail<T> tail;
  bool is_exchanged;
};
template <class T>
WALD_DEVICE BetaTail<T> beta_tail(double a, double b, double x) {
  a = ::fabs(a);  // of -0
  b = ::fabs(b);
  if (are_enormous(a, b)) {  // the width is below the last place of x, also at 1e90
    a *= 1e-200;
    b *= 1e-200;
  }
  const BetaPoint p = beta_point(a, b, x), q = exchanged(p);
  const bool is_p_near_1 = is_lower_near_1(p);
  if (is_p_near_1 || is_lower_near_1(q)) {
    const BetaPoint& r = is_p_near_1 ? p : q;
    const T ra = variable<T>(r.a, 0), rb = variable<T>(r.b, 1), rx = variable<T>(r.x, 2);
    return {{is_p_near_1, {1, 0}, T(0.0), ra, log_slope<T>(r.a), beta_by_expm1(r, ra, rb, rx)},
            !is_p_near_1};
  }
  if (beta_offset(p) <= 0) return {beta_lower_tail<T>(p), false};
  BetaTail<T> out{beta_lower_tail<T>(q), true};
  out.tail.is_upper = true;
  return out;
}

WALD_DEVICE inline Place beta_place(double a, double b, double x) {
  if (!(a >= 0 && b >= 0 && x >= 0 && x <= 1)) return Place::outside;
  if ((a == 0 && (b == 0 || x == 0)) || (b == 0 && x == 1)) return Place::outside;
  if (a == infinity && b == infinity) return Place::outside;
  if (x == 0) return b == infinity ? Place::outside : Place::none_lower;
  if (x == 1) return a == infinity ? Place::outside : Place::all_lower;
  if (b == infinity) return Place::all_lower;
  return a == infinity ? Place::none_lower : Place::inside;
}

template <bool upper>
WALD_DEVICE double beta_value(double a, double b, double x) {
  const Place place = beta_place(a, b, x);
  if (place == Place::outside) return not_a_number;
  if (place != Place::inside) return (place == Place::none_lower) == upper ? 1 : 0;
  const Tail<double> tail = beta_tail<double>(a, b, x).tail;
  const double value = scaled(tail.scale, unscaled(tail));
  return tail.is_upper == upper ? value : 1 - value;
}

template <bool upper>
WALD_DEVICE double log_beta_value(double a, double b, double x) {
  const Place place = beta_place(a, b, x);
  if (place == Place::outside) return not_a_number;
  if (place != Place::inside) return (place == Place::none_lower) == upper ? 0 : -infinity;
  if (a == 0 || b == 0) return (a == 0) == upper ? -infinity : 0;
  const Tail<double> tail = beta_tail<double>(a, b, x).tail;
  const double value = scaled(tail.scale, unscaled(tail));
  if (tail.is_upper != upper) return ::log1p(-value);
  return value > 1e-3 ? ::log(value) : log_of_tail(tail) * (are_enormous(a, b) ? 1e200 : 1);
}

/// The place in a jet of three variables of the derivative by the two, or one, whose orders are
/// given.
WALD_DEVICE inline int place_in_jet(const int (&order)[3], int variables) {
  int first = -1, second = -1;
  for (int i = 0; i < 3; ++i)
    for (int n = 0; n < order[i]; ++n) (first < 0 ? first : second) = i;
  if (second < 0) return 1 + first;
  return 1 + variables + first * variables - first * (first - 1) / 2 + (second - first);
}

/// The derivative of I at x = 0, by x at least once.
WALD_DEVICE inline double beta_derivative_at_0(int by_a, int by_b, int by_x, double a, double b) {
  if (by_x == 1 && by_b == 1) return a > 1 ? 0 : a == 1 ? 1 : infinity;
  if (by_x == 1 && by_a == 1) return a > 1 ? 0 : -infinity;
  if (by_x == 1) return a > 1 ? 0 : a == 1 ? b : infinity;
  if (a == 1) return b * (1 - b);
  return a > 2 ? 0 : a == 2 ? b * (b + 1) : a > 1 ? infinity : -infinity;
}

/// The derivative of I at x = 0 or 1, or for infinite a or b.
WALD_DEVICE inline double beta_derivative_at_end(int by_a, int by_b, int by_x, double a, double b,
                                                 double x) {
  if (by_x == 0 || a == infinity || b == infinity) return 0;
  if (x == 0) return beta_derivative_at_0(by_a, by_b, by_x, a, b);
  const double other = beta_derivative_at_0(by_b, by_a, by_x, b, a);
  return by_x == 2 ? -other : other;
}

/// The derivative of I of total order 1 or 2.
WALD_DEVICE inline double beta_derivative(int by_a, int by_b, int by_x, double a, double b,
                                          double x) {
  const Place place = beta_place(a, b, x);
  if (place == Place::outside) return not_a_number;
  if (place != Place::inside) return beta_derivative_at_end(by_a, by_b, by_x, a, b, x);
  if (by_x > 0) {
    const BetaPoint p = beta_point(a, b, x);
    const Scale scale = beta_scale(p);
    const double c = a / (a + b) * b;  // c / (x y) times the scale is the density
    if (by_x == 2 && a == 1) return scaled_over(scale, -c / p.y * (b - 1) / p.y, x);
    if (by_x == 2) return scaled_over(scale, c / p.y, (a - 1) - (b - 1) * x / p.y, x);
    if (by_a + by_b == 0) return scaled_over(scale, c / p.y, x);
    const BetaSlope s = beta_slope(p);
    const double ra = b / (a + b), rb = a / (a + b);
    const double factor = by_a ? c * s.a + ra * ra : c * s.b + rb * rb;
    return scaled_over(scale, factor / p.y, x);
  }
  const BetaTail<Jet<2>> found = beta_tail<Jet<2>>(a, b, x);
  const Jet<2> value = unscaled(found.tail);
  const int order[3] = {found.is_exchanged ? by_b : by_a, found.is_exchanged ? by_a : by_b, 0};
  const double d = value.d[place_in_jet(order, 2)];
  return scaled(found.tail.scale, found.tail.is_upper ? -d : d);
}

/// The derivative of log I at x = 0, where it is -inf: of a log x - log(a B(a, b)) + a (1 - b) x /
/// (a + 1).
WALD_DEVICE inline double log_beta_derivative_at_0(int by_a, int by_b, int by_x, double a,
                                                   double b) {
  if (a == infinity || b == infinity || b == 0) return not_a_number;
  if (by_x == 2) return -infinity;
  if (by_x == 1) return by_b == 1 ? -a / (a + 1) : infinity;
  if (by_a == 2) return trigamma1p(a + b) + 1 / (a + b) / (a + b) - trigamma1p(a);
  if (by_a == 1 && by_b == 0) return -infinity;
  const GammaRatio ratio = log_gamma_ratio(b, a);
  if (by_a == 1) return trigamma1p(a + b) + 1 / (a + b) / (a + b);
  if (by_b == 1) return ratio.by_b + a / b / (a + b);
  return ratio.by_bb - a / b / (a + b) * (1 / b + 1 / (a + b));
}

/// The derivatives of log(1 - I) by x for small x, like those of log Q.
WALD_DEVICE inline double log_upper_beta_derivative_near_0(int by_a, int by_b, int by_x, double a,
                                                           double b, double x) {
  const BetaPoint p = beta_point(a, b, x);
  const Scale scale = beta_scale(p);
  const double value = beta_value<true>(a, b, x), c = a / (a + b) * b;
  if (by_x == 2) {
    const double h = scaled_over(scale, c / p.y, 1) / value;
    return -scaled_over(scale, c / p.y / value, (a - 1) - (b - 1) * x / p.y + h, x);
  }
  if (by_a + by_b == 0) return -scaled_over(scale, c / p.y / value, x);
  const BetaSlope s = beta_slope(p);
  const double of_value = beta_derivative(by_a, by_b, 0, a, b, x) / value;
  const double share = (by_a ? b : a) / (a + b);
  const double factor = c * ((by_a ? s.a : s.b) + of_value) + share * share;
  return -scaled_over(scale, factor / p.y / value, x);
}

/// The derivatives of log I by x for tiny x.
WALD_DEVICE inline double log_beta_derivative_near_0(int by_a, int by_b, int by_x, double a,
                                                     double x) {
  if (by_b == 1) return -a / (a + 1);
  return by_a == 1 ? 1 / x : by_x == 1 ? a / x : -a / x / x;
}

/// The same of log I, or log(1 - I).
template <bool upper>
WALD_DEVICE double log_beta_derivative(int by_a, int by_b, int by_x, double a, double b, double x) {
  const Place place = beta_place(a, b, x);
  if (place == Place::outside) return not_a_number;
  if (place != Place::inside) {
    if ((place == Place::none_lower) == upper) {  // the logarithm is 0
      const double edge = upper ? a : b, other = upper ? b : a;
      if (by_x == 2 && edge == 1 && other < infinity) return -other;
      const double d = beta_derivative_at_end(by_a, by_b, by_x, a, b, x);
      return upper ? -d : d;
    }
    if (!upper) return log_beta_derivative_at_0(by_a, by_b, by_x, a, b);
    const double d = log_beta_derivative_at_0(by_b, by_a, by_x, b, a);
    return by_x == 1 ? -d : d;
  }
  if (!upper && by_x > 0 && x < 1e-150 && b * x < 1e-20)
    return log_beta_derivative_near_0(by_a, by_b, by_x, a, x);
  if (upper && by_x > 0 && b * x < 0.1 && x < (a >= 1 ? 1e-3 : by_x == 2 ? 1e-10 : 1e-150))
    return log_upper_beta_derivative_near_0(by_a, by_b, by_x, a, b, x);
  using T = Jet<3>;
  const BetaTail<T> found = beta_tail<T>(a, b, x);
  const Tail<T>& tail = found.tail;
  const int order[3] = {found.is_exchanged ? by_b : by_a, found.is_exchanged ? by_a : by_b, by_x};
  const int at = place_in_jet(order, 3);
  const double sign = found.is_exchanged && by_x == 1 ? -1 : 1;
  if (tail.is_upper == upper) return sign * log_unscaled(tail).d[at];
  if (tail.scale.value < 1e-200) return scaled(tail.scale, -sign * unscaled(tail).d[at]);
  return sign * log1p_of(unscaled(tail) * -tail.scale.value).d[at];
}

}  // namespace incomplete
}  // namespace
}  // namespace wald::kernels
