#include "op_incomplete_reference.h"

#include <array>
#include <cmath>
#include <vector>

namespace wald::testing {
namespace {

using Real = long double;

constexpr Real stirling_from = 30;

Real log1pmx(Real x) {
  if (std::fabs(x) > 0.1L) return std::log1p(x) - x;
  Real total = 0, power = x;
  for (int k = 2; k < 60; ++k) total += (k % 2 ? 1 : -1) * (power *= x) / k;
  return total;
}
Real expm1mx(Real x) {
  if (std::fabs(x) > 0.1L) return std::expm1(x) - x;
  Real total = 0, term = x;
  for (int k = 2; k < 30; ++k) total += term *= x / k;
  return total;
}

constexpr std::array<Real, 10> bernoulli = {1.L / 6,       -1.L / 30,      1.L / 42, -1.L / 30,
                                            5.L / 66,      -691.L / 2730,  7.L / 6,  -3617.L / 510,
                                            43867.L / 798, -174611.L / 330};

/// log Gamma(a + 1), relative to a for small a.
Real lgamma1p(Real a) {
  if (a > 0.01L) return std::lgamma(a + 1);
  constexpr std::array<Real, 9> zeta = {
      1.6449340668482264365L, 1.2020569031595942854L, 1.0823232337111381915L,
      1.0369277551433699263L, 1.0173430619844491397L, 1.0083492773819228268L,
      1.0040773561979443394L, 1.0020083928260822144L, 1.0009945751278180853L};
  Real total = 0;
  for (int k = 10; k >= 2; --k) total = total * -a + zeta[k - 2] / k;
  return a * (a * total - 0.57721566490153286060651209L);
}
/// log Gamma(a + 1) - ((a + 1/2) log a - a + log(2 pi) / 2).
Real stirling(Real a) {
  if (a < stirling_from)
    return std::lgamma(a + 1) - ((a + 0.5L) * std::log(a) - a + 0.918938533204672741780329736L);
  Real total = 0, power = 1 / a;
  for (int k = 1; k <= 10; ++k, power /= a * a)
    total += bernoulli[k - 1] / (2 * k * (2 * k - 1)) * power;
  return total;
}
/// psi(a + 1) - log a.
Real digamma1p_minus_log(Real a) {
  if (a < stirling_from) {
    Real below = 0, z = a;
    for (; z < stirling_from; z += 1) below += 1 / (z + 1);
    return digamma1p_minus_log(z) + std::log(z) - below - std::log(a);
  }
  Real total = 1 / (2 * a), power = 1 / (a * a);
  for (int k = 1; k <= 10; ++k, power /= a * a) total -= bernoulli[k - 1] / (2 * k) * power;
  return total;
}
Real digamma1p(Real a) {
  Real below = 0;
  for (; a < stirling_from; a += 1) below += 1 / (a + 1);
  return digamma1p_minus_log(a) + std::log(a) - below;
}
Real trigamma1p(Real a) {
  Real below = 0;
  for (; a < stirling_from; a += 1) below += 1 / ((a + 1) * (a + 1));
  Real total = 1 / a - 1 / (2 * a * a), power = 1 / (a * a * a);
  for (int k = 1; k <= 10; ++k, power /= a * a) total += bernoulli[k - 1] * power;
  return total + below;
}

struct Node {
  Real at, weight;
};
/// For integrals over (0, inf) of what decays exponentially from a width of about 1.
const std::vector<Node>& nodes() {
  static const std::vector<Node> all = [] {
    std::vector<Node> out;
    constexpr Real step = 1 / 40.L;
    for (int k = -160; k * step < 9; ++k) {
      const Real t = k * step, e = std::exp(-t), r = std::exp(t - e);
      out.push_back({r, step * r * (1 + e)});
    }
    return out;
  }();
  return all;
}

/// One tail: f holds exp(-log_scale) times its value and derivatives, in the order value, first
/// ones, second ones by rows.
template <int variables>
struct Tail {
  static constexpr int size = 1 + variables + variables * (variables + 1) / 2;
  bool is_upper;
  Real log_scale;
  Real f[size], noise[size];

  /// Term i, of terms that add up to it.
  void set(int i, std::initializer_list<Real> terms) {
    f[i] = noise[i] = 0;
    for (Real term : terms) f[i] += term, noise[i] += std::fabs(term);
  }
};

/// The place of the derivative by variables i and j (or -1) in such an order.
int place(int i, int j, int variables) {
  if (i < 0) return 0;
  if (j < 0) return 1 + i;
  if (i > j) std::swap(i, j);
  return 1 + variables + i * variables - i * (i - 1) / 2 + (j - i);
}

template <int variables>
Reckoned derivative_of(const Tail<variables>& tail, Part part, int i, int j) {
  const bool is_log = part == Part::log_lower || part == Part::log_upper;
  const bool wants_upper = part == Part::upper || part == Part::log_upper;
  const int at = place(i, j, variables);
  const Real scale = std::exp(tail.log_scale), exponent = 1 + std::fabs(tail.log_scale);
  const Real sign = wants_upper == tail.is_upper ? 1 : -1;
  if (!is_log) {
    const Real base = at == 0 && sign < 0 ? 1 : 0;
    return {base + sign * scale * tail.f[at], at == 0 && sign < 0
                                                  ? 1 + scale * tail.noise[at] * exponent
                                                  : scale * tail.noise[at] * exponent};
  }
  // The logarithm of the tail itself, or of 1 less the tail.
  const bool is_same = sign > 0;
  if (at == 0)
    return is_same ? Reckoned{tail.log_scale + std::log(tail.f[0]),
                              std::fabs(tail.log_scale) + std::fabs(std::log(tail.f[0])) + 1}
                   : Reckoned{std::log1p(-scale * tail.f[0]),
                              scale * tail.noise[0] * exponent / (1 - scale * tail.f[0])};
  const Real whole = is_same ? tail.f[0] : (1 - scale * tail.f[0]) * (scale > 0 ? -1 / scale : 1);
  // Relative to the scale; for 1 less the tail, that divided by -scale.
  const Real weight = is_same ? 1 : scale > 0 ? 1 : 0;
  auto ratio = [&](int k) { return weight * tail.f[k] / whole; };
  auto ratio_noise = [&](int k) {
    return weight * tail.noise[k] / std::fabs(whole) * (is_same ? 1 : exponent) +
           std::fabs(ratio(k)) * (is_same ? tail.noise[0] / tail.f[0] : 1);
  };
  if (j < 0) return {ratio(at), ratio_noise(at)};
  const Real a = ratio(1 + i), b = ratio(1 + j);
  return {ratio(at) - a * b,
          ratio_noise(at) + ratio_noise(1 + i) * std::fabs(b) + ratio_noise(1 + j) * std::fabs(a)};
}

using GammaTail = Tail<2>;

/// For a < 1 and x < 1.5: P = exp(u) (1 + a s).
GammaTail gamma_small(Real a, Real x) {
  const Real u = a * std::log(x) - lgamma1p(a);
  const Real u1 = std::log(x) - digamma1p(a), u2 = -trigamma1p(a);
  Real s = 0, s1 = 0, s2 = 0, power = 1;
  for (int n = 1; n < 60; ++n) {
    power *= -x / n;
    const Real r = 1 / (a + n);
    s += power * r, s1 -= power * r * r, s2 += 2 * power * r * r * r;
  }
  const Real v = 1 + a * s, v1 = s + a * s1, v2 = 2 * s1 + a * s2, density = a * std::exp(-x);
  GammaTail tail{false, u, {}, {}};
  // The density is exp(u) a exp(-x) / x.
  tail.set(0, {v});
  tail.set(1, {u1 * v, v1});
  tail.set(2, {density / x});
  tail.set(3, {u1 * u1 * v, u2 * v, 2 * u1 * v1, v2});
  tail.set(4, {std::exp(-x) / x, density * u1 / x});
  tail.set(5, {density * (a - 1) / x / x, -density / x});
  if (u > -0.7L) {
    for (int i = 1; i < GammaTail::size; ++i)
      tail.f[i] *= -std::exp(u), tail.noise[i] *= std::exp(u);
    tail.is_upper = true;
    tail.log_scale = 0;
    tail.set(0, {-std::expm1(u), -std::exp(u) * a * s});
  }
  return tail;
}

GammaTail gamma_tail(Real a, Real x) {
  if (a < 1 && x < 1.5L) return gamma_small(a, x);
  const bool is_upper = x >= a;
  const Real mu = (x - a) / a;
  const Real log_ratio = std::fabs(mu) < 0.5L ? std::log1p(mu) : std::log(x) - std::log(a);
  const Real log_scale = a < stirling_from
                             ? a * std::log(x) - x - std::lgamma(1 + a)
                             : (std::fabs(mu) < 0.5L ? a * log1pmx(mu) : a * (log_ratio - mu)) -
                                   stirling(a) - 0.918938533204672741780329736L - std::log(a) / 2;
  const Real slope =
      a < stirling_from ? std::log(x) - digamma1p(a) : log_ratio - digamma1p_minus_log(a);
  const Real width = 1 / (std::fabs(x - a) + std::sqrt(x));
  Real m0 = 0, m1 = 0, m2 = 0;
  for (const Node& node : nodes()) {
    const Real r = width * node.at, step = is_upper ? r : -r;  // of log t
    const Real density = std::exp((a - x) * step - x * expm1mx(step)) * width * node.weight;
    if (density < 1e-40L * m0 && node.at > 1) break;
    const Real weight = step + slope;
    m0 += density, m1 += density * weight, m2 += density * weight * weight;
  }
  const Real sign = is_upper ? -1 : 1;
  GammaTail tail{is_upper, log_scale, {}, {}};
  tail.set(0, {a * m0});
  tail.set(1, {m0, a * m1});
  tail.set(2, {sign * a / x});
  tail.set(3, {2 * m1, a * m2, -a * trigamma1p(a) * m0});
  tail.set(4, {sign / x, sign * a * slope / x});
  tail.set(5, {sign * a * ((a - 1) - x) / x / x});
  return tail;
}

using BetaTail = Tail<3>;

/// log Gamma(b + 1 + a) - log Gamma(b + 1) and derivatives by b, relative to a.
struct Ratio {
  Real value, by_b, by_bb;
};
Ratio gamma_ratio(Real b, Real a) {
  Ratio out{0, 0, 0};
  for (; b < stirling_from; b += 1) {
    const Real r = 1 / (b + 1), q = 1 / (b + 1 + a);
    out.value -= std::log1p(a * r), out.by_b += a * r * q, out.by_bb -= a * r * q * (r + q);
  }
  const Real u = std::log1p(a / b);
  auto change = [&](int power) { return std::expm1(-power * u) / std::pow(b, Real(power)); };
  out.value += a * std::log(b + a) + b * log1pmx(a / b) + u / 2;
  out.by_b += u + change(1) / 2;
  out.by_bb += change(1) - change(2) / 2;
  for (int k = 1; k <= 10; ++k) {
    const Real c = bernoulli[k - 1] / (2 * k * (2 * k - 1));
    out.value += c * change(2 * k - 1);
    out.by_b -= c * (2 * k - 1) * change(2 * k);
    out.by_bb += c * (2 * k - 1) * (2 * k) * change(2 * k + 1);
  }
  return out;
}

/// For a < 1 and small x, b x: I = exp(u) (1 + a s).
BetaTail beta_small(Real a, Real b, Real x) {
  const Real sum = a + b, y = 1 - x;
  const Ratio ratio = gamma_ratio(b, a);
  const Real u = a * std::log(x) + ratio.value - lgamma1p(a) - std::log1p(a / b);
  const Real ua = std::log(x) + digamma1p(sum) - digamma1p(a) - 1 / sum;
  const Real ub = ratio.by_b + a / b / sum;
  const Real t = trigamma1p(sum) + 1 / sum / sum;
  const Real uaa = trigamma1p(sum) - trigamma1p(a) + 1 / sum / sum, uab = t;
  const Real ubb = ratio.by_bb - a / b / sum * (1 / b + 1 / sum);
  // s = the sum of p_n / (a + n), p_n = (1 - b)_n x^n / n!, with derivatives of p_n by b.
  Real s = 0, sa = 0, saa = 0, sb = 0, sab = 0, sbb = 0, p = 1, p1 = 0, p2 = 0;
  for (int n = 1; n < 200; ++n) {
    const Real factor = (n - b) * x / n, slope = -x / n, r = 1 / (a + n);
    p2 = p2 * factor + 2 * p1 * slope;
    p1 = p1 * factor + p * slope;
    p = p * factor;
    s += p * r, sa -= p * r * r, saa += 2 * p * r * r * r;
    sb += p1 * r, sab -= p1 * r * r, sbb += p2 * r;
  }
  const Real v = 1 + a * s, va = s + a * sa, vaa = 2 * sa + a * saa, vb = a * sb;
  const Real vab = sb + a * sab, vbb = a * sbb;
  const Real h = a * std::exp((b - 1) * std::log1p(-x)) / x;  // the density is exp(u) h
  BetaTail tail{false, u, {}, {}};
  tail.set(0, {v});
  tail.set(1, {ua * v, va});
  tail.set(2, {ub * v, vb});
  tail.set(3, {h});
  tail.set(4, {ua * ua * v, uaa * v, 2 * ua * va, vaa});
  tail.set(5, {ua * ub * v, uab * v, ua * vb, ub * va, vab});
  tail.set(6, {h / a, h * ua});
  tail.set(7, {ub * ub * v, ubb * v, 2 * ub * vb, vbb});
  tail.set(8, {h * ub, h * std::log1p(-x)});
  tail.set(9, {h * (a - 1) / x, -h * (b - 1) / y});
  if (u > -0.7L) {
    for (int i = 1; i < BetaTail::size; ++i)
      tail.f[i] *= -std::exp(u), tail.noise[i] *= std::exp(u);
    tail.is_upper = true;
    tail.log_scale = 0;
    tail.set(0, {-std::expm1(u), -std::exp(u) * a * s});
  }
  return tail;
}

/// log of x^a y^b Gamma(a + b + 1) / (Gamma(a + 1) Gamma(b + 1)).
Real beta_log_scale(Real a, Real b, Real x, Real y, Real offset) {
  const Real sum = a + b;
  if (sum < 60)
    return a * std::log(x) + b * std::log(y) + std::lgamma(sum + 1) - std::lgamma(a + 1) -
           std::lgamma(b + 1);
  auto part = [](Real shape, Real deviation, Real direct) {
    return deviation > -0.5L ? shape * log1pmx(deviation) : shape * (direct - deviation);
  };
  return part(a, offset / a, std::log(x) + std::log1p(b / a)) +
         part(b, -offset / b, std::log(y) + std::log1p(a / b)) + stirling(sum) - stirling(a) -
         stirling(b) + std::log(1 / a + 1 / b) / 2 - 0.918938533204672741780329736L;
}

/// The lower tail, x at most about a / (a + b).
BetaTail beta_lower(Real a, Real b, Real x, Real y, Real offset) {
  const Real sum = a + b, m = a / sum * b, u = a / sum, v = b / sum;
  const Real of_sum = digamma1p_minus_log(sum), t = trigamma1p(sum);
  auto log_of = [](Real z, Real rest) { return z < 0.5L ? std::log(z) : std::log1p(-rest); };
  auto relative = [&](Real deviation, Real direct) {  // the logarithm of x or y by its mean
    return std::fabs(deviation) < 0.5L ? std::log1p(deviation) : direct;
  };
  Real la =
      relative(offset / a, log_of(x, y) + std::log1p(b / a)) + of_sum - digamma1p_minus_log(a);
  Real lb =
      relative(-offset / b, log_of(y, x) + std::log1p(a / b)) + of_sum - digamma1p_minus_log(b);
  Real laa = t - trigamma1p(a), lbb = t - trigamma1p(b);
  if (a < b)
    lbb = gamma_ratio(b, a).by_bb;
  else
    laa = gamma_ratio(a, b).by_bb;
  if (a < b && a < 10) lb = std::log1p(-x) + gamma_ratio(b, a).by_b;
  if (b <= a && b < 10) la = log_of(x, y) + gamma_ratio(a, b).by_b;
  Real m00 = 0, m10 = 0, m01 = 0, m20 = 0, m11 = 0, m02 = 0;
  const Real width = a < 1 ? 1 / a : 1 / (-offset + std::sqrt(m));
  for (const Node& node : nodes()) {
    const Real r = width * node.at;
    Real exponent, of_t, of_rest;  // log(t / x), log((1 - t) / y), by the smaller of x and y
    if (x <= 0.5L) {
      const Real e = -std::expm1(-r);
      of_rest = -std::log1p(-x * e);
      of_t = of_rest - r;
      exponent = r * offset - sum * (x * expm1mx(-r) + log1pmx(-x * e));
    } else {
      const Real e = std::expm1(r);
      of_t = -std::log1p(y * e);
      of_rest = r + of_t;
      exponent = y * e > 1 ? b * r - sum * std::log1p(y * e)
                           : r * offset - sum * (y * expm1mx(r) + log1pmx(y * e));
    }
    const Real density = std::exp(exponent) * width * node.weight;
    if (!(density >= 1e-40L * m00) && node.at > 1) break;
    const Real wa = la + of_t, wb = lb + of_rest;
    m00 += density, m10 += density * wa, m01 += density * wb;
    m20 += density * wa * wa, m11 += density * wa * wb, m02 += density * wb * wb;
  }
  const Real h = m / x / y;
  BetaTail tail{false, beta_log_scale(a, b, x, y, offset), {}, {}};
  tail.set(0, {m * m00});
  tail.set(1, {v * v * m00, m * m10});
  tail.set(2, {u * u * m00, m * m01});
  tail.set(3, {h});
  tail.set(4, {-2 * v * v / sum * m00, 2 * v * v * m10, m * m20, m * laa * m00});
  tail.set(5, {2 * u * v / sum * m00, v * v * m01, u * u * m10, m * m11, m * t * m00});
  tail.set(6, {v * v / x / y, h * la});
  tail.set(7, {-2 * u * u / sum * m00, 2 * u * u * m01, m * m02, m * lbb * m00});
  tail.set(8, {u * u / x / y, h * lb});
  tail.set(9, {h * (a - 1) / x, -h * (b - 1) / y});
  return tail;
}

BetaTail exchanged(const BetaTail& tail) {
  BetaTail out = tail;
  out.is_upper = !tail.is_upper;
  constexpr int from[] = {0, 2, 1, 3, 7, 5, 8, 4, 6, 9};
  for (int i = 0; i < BetaTail::size; ++i) {
    const Real sign = i == 3 || i == 6 || i == 8 ? -1 : 1;
    out.f[i] = sign * tail.f[from[i]];
    out.noise[i] = tail.noise[from[i]];
  }
  return out;
}

BetaTail beta_tail(Real a, Real b, Real x) {
  const Real y = 1 - x, y_low = (1 - y) - x, ay = a * y;
  const Real offset = std::fma(b, x, -ay) - std::fma(a, y, -ay) - a * y_low;
  if (a < 1 && a < b && x < 0.5L && b * x < 1.5L) return beta_small(a, b, x);
  if (b < 1 && b < a && y < 0.5L && a * y < 1.5L) return exchanged(beta_small(b, a, y));
  if (offset <= 0) return beta_lower(a, b, x, y, offset);
  return exchanged(beta_lower(b, a, y, x, -offset));
}

}  // namespace

Reckoned gamma_reference(Part part, int by_a, int by_x, Real a, Real x) {
  int order[2] = {-1, -1}, n = 0;
  for (int k = 0; k < by_a; ++k) order[n++] = 0;
  for (int k = 0; k < by_x; ++k) order[n++] = 1;
  return derivative_of(gamma_tail(a, x), part, order[0], order[1]);
}

Reckoned beta_reference(Part part, int by_a, int by_b, int by_x, Real a, Real b, Real x) {
  int order[2] = {-1, -1}, n = 0;
  for (int k = 0; k < by_a; ++k) order[n++] = 0;
  for (int k = 0; k < by_b; ++k) order[n++] = 1;
  for (int k = 0; k < by_x; ++k) order[n++] = 2;
  return derivative_of(beta_tail(a, b, x), part, order[0], order[1]);
}

}  // namespace wald::testing
