// The standard normal distribution on top of erfc and the rational approximations of AS 241.
#include <wald/models/distributions.h>

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include <wald/engine/ops/ops.h>

namespace wald {
namespace {

using Coefficients = std::array<double, 8>;

// AS 241: numerator and denominator, constant term first, of the centre (|p - 1/2| <= 0.425), of
// the shoulders (sqrt(-log p) <= 5) and of the far tails.
constexpr Coefficients kCentreTop = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                                     1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                     4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                     3.3430575583588128105e+4, 2.5090809287301226727e+3};
constexpr Coefficients kCentreBottom = {1.0,
                                        4.2313330701600911252e+1,
                                        6.8718700749205790830e+2,
                                        5.3941960214247511077e+3,
                                        2.1213794301586595867e+4,
                                        3.9307895800092710610e+4,
                                        2.8729085735721942674e+4,
                                        5.2264952788528545610e+3};
constexpr Coefficients kShoulderTop = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                       5.76949722146069140550e0,  3.64784832476320460504e0,
                                       1.27045825245236838258e0,  2.41780725177450611770e-1,
                                       2.27238449892691845833e-2, 7.74545014278341407640e-4};
constexpr Coefficients kShoulderBottom = {1.0,
                                          2.05319162663775882187e0,
                                          1.67638483018380384940e0,
                                          6.89767334985100004550e-1,
                                          1.48103976427480074590e-1,
                                          1.51986665636164571966e-2,
                                          5.47593808499534494600e-4,
                                          1.05075007164441684324e-9};
constexpr Coefficients kTailTop = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                   1.78482653991729133580e0,  2.96560571828504891230e-1,
                                   2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                   2.71155556874348757815e-5, 2.01033439929228813265e-7};
constexpr Coefficients kTailBottom = {1.0,
                                      5.99832206555887937690e-1,
                                      1.36929880922735805310e-1,
                                      1.48753612908506148525e-2,
                                      7.86869131145613259100e-4,
                                      1.84631831751005468180e-5,
                                      1.42151175831644588870e-7,
                                      2.04426310338993978564e-15};

double polynomial(const Coefficients& c, double x) {
  double value = c[7];
  for (int i = 6; i >= 0; --i) value = value * x + c[i];
  return value;
}

double tail_quantile(double p) {
  const double r = std::sqrt(-std::log(p));
  if (r <= 5) return polynomial(kShoulderTop, r - 1.6) / polynomial(kShoulderBottom, r - 1.6);
  return polynomial(kTailTop, r - 5) / polynomial(kTailBottom, r - 5);
}

// erfc(z / sqrt(2)). The tail of erfc is so steep that the rounding of z / sqrt(2) alone costs
// z^2 / 2 units in the last place, so what it lost is put back with the derivative.
double scaled_erfc(double z) {
  constexpr double kHigh = std::numbers::sqrt2 / 2;
  constexpr double kLow = -4.8336466567264567e-17;  // sqrt(1/2) - kHigh
  const double x = z * kHigh;
  if (std::abs(x) > 30 || std::isnan(x)) return std::erfc(x);
  const double lost = std::fma(z, kHigh, -x) + z * kLow;
  return std::erfc(x) - lost * 2 * std::numbers::inv_sqrtpi * std::exp(-x * x);
}

}  // namespace

double normal_cdf(double z) { return 0.5 * scaled_erfc(-z); }

double normal_sf(double z) { return 0.5 * scaled_erfc(z); }

double normal_quantile(double p) {
  if (!(p >= 0 && p <= 1)) return std::numeric_limits<double>::quiet_NaN();
  if (p == 0 || p == 1) return std::copysign(std::numeric_limits<double>::infinity(), p - 0.5);
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * polynomial(kCentreTop, r) / polynomial(kCentreBottom, r);
  }
  return q < 0 ? -tail_quantile(p) : tail_quantile(0.5 - p + 0.5);
}

double two_sided_p_value(double z) { return scaled_erfc(std::abs(z)); }

double two_sided_quantile(double level) { return normal_quantile(1 - (1 - level) / 2); }

namespace {

/// P(B > x / (x + y)) for B beta-distributed, by the smaller of the ratios, which has all digits.
double beta_sf(double a, double b, double x, double y) {
  if (x <= y) return betaincc(tensor(a), tensor(b), tensor(x / (x + y))).item<double>();
  return betainc(tensor(b), tensor(a), tensor(y / (x + y))).item<double>();
}

}  // namespace

double f_sf(double x, double df1, double df2) {
  if (std::isinf(x)) return x > 0 ? 0 : 1;
  return x > 0 ? beta_sf(df1 / 2, df2 / 2, df1 * x, df2) : (x <= 0 ? 1 : x);
}

double two_sided_p_value(double t, double df) {
  if (std::isinf(df)) return two_sided_p_value(t);
  return f_sf(t * t, 1, df);
}

double two_sided_quantile(double level, double df) {
  if (std::isinf(df)) return two_sided_quantile(level);
  if (!(level > 0 && level < 1)) return std::numeric_limits<double>::quiet_NaN();
  const double log_tail = std::log1p(-level);
  double low = 0, high = 1;
  for (; std::log(two_sided_p_value(high, df)) > log_tail; high *= 2) low = high;
  // Newton's method for the logarithm of the tail, by halves where it leaves the bracket.
  const double log_constant =
      std::lgamma((df + 1) / 2) - std::lgamma(df / 2) - std::log(df * std::numbers::pi) / 2;
  double t = (low + high) / 2;
  constexpr int most = 200;
  for (int i = 0; i < most; ++i) {
    const double tail = two_sided_p_value(t, df), excess = std::log(tail) - log_tail;
    (excess > 0 ? low : high) = t;
    const double density = std::exp(log_constant - (df + 1) / 2 * std::log1p(t * t / df));
    double next = t + excess * tail / (2 * density);
    if (!(next > low && next < high)) next = (low + high) / 2;
    const bool is_done = std::abs(next - t) <= 4e-16 * t;
    t = next;
    if (is_done) break;
  }
  return t;
}

double chi_squared_sf(double x, int df) {
  if (!(x > 0)) return 1;
  const double half = x / 2;
  double tail, term;
  int i;
  if (df % 2 == 0) {
    tail = term = std::exp(-half);
    i = 2;
  } else {
    tail = two_sided_p_value(std::sqrt(x));
    term = std::sqrt(half) * std::exp(-half) / std::tgamma(1.5);
    if (df == 1) return tail;
    tail += term;
    i = 3;
  }
  for (; i + 2 <= df; i += 2) {
    term *= x / i;
    tail += term;
  }
  return tail;
}

}  // namespace wald
