// Random numbers by counter: each is a function of a seed, a position and an attempt, so that any
// device gives the same ones in any order. One number of a CPU loop or of a GPU thread; only
// integer arithmetic, and the four operations and the square root of IEEE 754, which have one right
// answer. So the bits are the same on every device that does not contract a product and a sum into
// one fused operation (-ffp-contract=off, nvcc -fmad=false).
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include <wald/kernels/formulas.h>

namespace wald::kernels {
namespace {

/// Four random words, the value of Philox at one counter.
struct PhiloxBlock {
  std::uint32_t word[4];
};

/// Philox4x32-10 (Salmon, Moraes, Dror, Shaw, Parallel random numbers: as easy as 1, 2, 3, 2011).
WALD_FORMULA inline PhiloxBlock philox(std::uint64_t key, std::uint64_t counter_low,
                                       std::uint64_t counter_high) {
  std::uint32_t k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
  std::uint32_t a = static_cast<std::uint32_t>(counter_low),
                b = static_cast<std::uint32_t>(counter_low >> 32),
                c = static_cast<std::uint32_t>(counter_high),
                d = static_cast<std::uint32_t>(counter_high >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p = std::uint64_t{0xD2511F53U} * a, q = std::uint64_t{0xCD9E8D57U} * c;
    a = static_cast<std::uint32_t>(q >> 32) ^ b ^ k0;
    b = static_cast<std::uint32_t>(q);
    c = static_cast<std::uint32_t>(p >> 32) ^ d ^ k1;
    d = static_cast<std::uint32_t>(p);
    k0 += 0x9E3779B9U;
    k1 += 0xBB67AE85U;
  }
  return {{a, b, c, d}};
}

/// One half of a block as a word of 64 bits.
WALD_FORMULA inline std::uint64_t random_word(const PhiloxBlock& block, int half) {
  return block.word[2 * half] | std::uint64_t{block.word[2 * half + 1]} << 32;
}

/// Odd multiples of 2^-53: inside (0, 1), and symmetric, u and 1 - u being equally likely.
WALD_FORMULA inline double uniform_of(std::uint64_t word) {
  return static_cast<double>(static_cast<std::int64_t>(word >> 11 | 1)) * 0x1p-53;
}
/// Odd multiples of 2^-24, from the same leading bits.
WALD_FORMULA inline float uniform_float_of(std::uint64_t word) {
  return static_cast<float>(static_cast<std::int32_t>(word >> 40 | 1)) * 0x1p-24F;
}

/// The natural logarithm of a positive normal number, within 1 ulp. A platform's own log would make
/// the numbers drawn depend on it.
WALD_FORMULA inline double portable_log(double x) {
  std::uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  // x = 2^exponent m, with m in [::sqrt(1/2), ::sqrt(2)).
  const std::uint64_t shifted = bits + (0x3FF0000000000000U - 0x3FE6A09E667F3BCDU);
  const auto exponent =
      static_cast<double>(static_cast<std::int64_t>(shifted >> 52) - std::int64_t{1023});
  const std::uint64_t mantissa = (shifted & 0x000FFFFFFFFFFFFFU) + 0x3FE6A09E667F3BCDU;
  double m;
  memcpy(&m, &mantissa, sizeof m);
  // log(1 + f) = 2 atanh(s), s = f / (2 + f), arranged so that f and f^2/2 enter unrounded.
  const double f = m - 1, s = f / (2 + f), z = s * s, half = 0.5 * f * f;
  double series = 2.0 / 25;
  series = 2.0 / 23 + z * series;
  series = 2.0 / 21 + z * series;
  series = 2.0 / 19 + z * series;
  series = 2.0 / 17 + z * series;
  series = 2.0 / 15 + z * series;
  series = 2.0 / 13 + z * series;
  series = 2.0 / 11 + z * series;
  series = 2.0 / 9 + z * series;
  series = 2.0 / 7 + z * series;
  series = 2.0 / 5 + z * series;
  series = z * (2.0 / 3 + z * series);
  constexpr double ln2_high = 0x1.62e42feep-1, ln2_low = 0x1.a39ef35793c76p-33;
  return exponent * ln2_high - ((half - (s * (half + series) + exponent * ln2_low)) - f);
}

/// Exponential of rate 1.
WALD_FORMULA inline double exponential_of(std::uint64_t word) {
  return -portable_log(uniform_of(word));
}

/// The ratio of two polynomials, constant terms first.
WALD_FORMULA inline double polynomial_ratio(double r, const double (&top)[8],
                                            const double (&bottom)[8]) {
  double over = top[7], under = bottom[7];
  for (int i = 6; i >= 0; --i) {
    over = over * r + top[i];
    under = under * r + bottom[i];
  }
  return over / under;
}

/// Standard normal, by inversion (Wichura, Algorithm AS 241, 1988).
WALD_FORMULA inline double normal_of(std::uint64_t word) {
  const double u = uniform_of(word), q = u - 0.5;
  if (::fabs(q) <= 0.425) {
    const double top[8] = {3.387132872796366608,  133.14166789178437745, 1971.5909503065514427,
                           13731.693765509461125, 45921.953931549871457, 67265.770927008700853,
                           33430.575583588128105, 2509.0809287301226727};
    const double bottom[8] = {1,
                              42.313330701600911252,
                              687.1870074920579083,
                              5394.1960214247511077,
                              21213.794301586595867,
                              39307.89580009271061,
                              28729.085735721942674,
                              5226.495278852545925};
    return q * polynomial_ratio(0.180625 - q * q, top, bottom);
  }
  const double r = ::sqrt(-portable_log(q < 0 ? u : 1 - u));
  double z;
  if (r <= 5) {
    const double top[8] = {1.42343711074968357734,   4.6303378461565452959,
                           5.7694972214606914055,    3.64784832476320460504,
                           1.27045825245236838258,   0.24178072517745061177,
                           0.0227238449892691845833, 7.7454501427834140764e-4};
    const double bottom[8] = {1,
                              2.05319162663775882187,
                              1.6763848301838038494,
                              0.68976733498510000455,
                              0.14810397642748007459,
                              0.0151986665636164571966,
                              5.475938084995344946e-4,
                              1.05075007164441684324e-9};
    z = polynomial_ratio(r - 1.6, top, bottom);
  } else {
    const double top[8] = {6.6579046435011037772,     5.4637849111641143699,
                           1.7848265399172913358,     0.29656057182850489123,
                           0.026532189526576123093,   0.0012426609473880784386,
                           2.71155556874348757815e-5, 2.01033439929228813265e-7};
    const double bottom[8] = {1,
                              0.59983220655588793769,
                              0.13692988092273580531,
                              0.0148753612908506148525,
                              7.868691311456132591e-4,
                              1.8463183175100546818e-5,
                              1.4215117583164458887e-7,
                              2.04426310338993978564e-15};
    z = polynomial_ratio(r - 5, top, bottom);
  }
  return q < 0 ? -z : z;
}

/// The words of one element that may need several: a stream of its own, at its place.
class ElementStream {
 public:
  WALD_FORMULA ElementStream(std::uint64_t seed, std::uint64_t place)
      : seed_(seed), place_(place) {}
  WALD_FORMULA std::uint64_t next() {
    if (half_ == 0) block_ = philox(seed_, place_, attempt_++);
    const std::uint64_t word = random_word(block_, half_);
    half_ ^= 1;
    return word;
  }

 private:
  std::uint64_t seed_, place_, attempt_ = 0;
  PhiloxBlock block_{};
  int half_ = 0;
};

/// The upper and, in `low`, the lower word of a product of 64-bit words.
WALD_FORMULA inline std::uint64_t multiply_wide(std::uint64_t x, std::uint64_t y,
                                                std::uint64_t& low) {
  const std::uint64_t x0 = x & 0xFFFFFFFFU, x1 = x >> 32, y0 = y & 0xFFFFFFFFU, y1 = y >> 32;
  const std::uint64_t p00 = x0 * y0, p01 = x0 * y1, p10 = x1 * y0;
  const std::uint64_t middle = (p00 >> 32) + (p01 & 0xFFFFFFFFU) + (p10 & 0xFFFFFFFFU);
  low = x * y;
  return x1 * y1 + (p01 >> 32) + (p10 >> 32) + (middle >> 32);
}

/// Uniform on 0 ... range - 1 without bias: a product's upper word, drawn again in the few cases
/// that would favour some (Lemire, Fast random integer generation in an interval, 2019).
WALD_FORMULA inline std::uint64_t integer_below(ElementStream& stream, std::uint64_t range) {
  std::uint64_t low, high = multiply_wide(stream.next(), range, low);
  if (low < range) {
    const std::uint64_t unfair = (0 - range) % range;
    while (low < unfair) high = multiply_wide(stream.next(), range, low);
  }
  return high;
}

/// x log(x / mean) + mean - x, also where x is near the mean (Loader, Fast and accurate computation
/// of binomial probabilities, 2000).
WALD_FORMULA inline double deviance_term(double x, double mean) {
  const double difference = x - mean, v = difference / (x + mean);
  if (::fabs(v) >= 0.1) return x * portable_log(x / mean) + mean - x;
  double total = difference * v, power = 2 * x * v;
  for (int j = 1; j < 100; ++j) {
    power *= v * v;
    const double next = total + power / (2 * j + 1);
    if (next == total) break;
    total = next;
  }
  return total;
}

/// The log-probability of k under a Poisson law of this mean.
WALD_FORMULA inline double log_poisson(double k, double mean) {
  if (k < 16) {
    double factorial = 1;
    for (double i = 2; i <= k; i += 1) factorial *= i;
    return k * portable_log(mean) - mean - portable_log(factorial);
  }
  const double r = 1 / k, r2 = r * r;
  const double stirling =
      r * (1.0 / 12 - r2 * (1.0 / 360 - r2 * (1.0 / 1260 - r2 * (1.0 / 1680 - r2 / 1188))));
  return -deviance_term(k, mean) - stirling - 0.5 * portable_log(6.283185307179586477 * k);
}

/// Poisson. Small means count the arrivals of exponential gaps; from 10 on, transformed rejection
/// with squeeze (Hörmann, The transformed rejection method for generating Poisson random variables,
/// 1993, PTRS). Both are exact. NaN for a mean that is negative, infinite or nan.
WALD_FORMULA inline double poisson_of(ElementStream& stream, double mean) {
  if (!(mean >= 0) || mean > 1e300) return NAN;
  if (mean < 10) {
    double k = 0;
    for (double time = exponential_of(stream.next()); time < mean;
         time += exponential_of(stream.next()))
      k += 1;
    return k;
  }
  const double b = 0.931 + 2.53 * ::sqrt(mean), a = -0.059 + 0.02483 * b;
  const double log_inverse_alpha = portable_log(1.1239 + 1.1328 / (b - 3.4));
  const double squeeze = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const double u = uniform_of(stream.next()) - 0.5, v = uniform_of(stream.next());
    const double us = 0.5 - ::fabs(u), k = ::floor((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= squeeze) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (portable_log(v) + log_inverse_alpha - portable_log(a / (us * us) + b) <=
        log_poisson(k, mean))
      return k;
  }
}

}  // namespace
}  // namespace wald::kernels
