// Elementary functions of Vec, by SLEEF to 1 ulp. Its `finz` and `cinz` forms give a value the same
// bits whatever stands beside it, and `finz` the same with AVX2 and with AVX-512; the baseline,
// without fused multiply-add, differs in the last place.
#pragma once

#include <sleef.h>

#include "vec.h"

#define WALD_PASTE3(a, b, c) a##b##c
#define WALD_NAME3(a, b, c) WALD_PASTE3(a, b, c)
#if defined(__AVX512F__)
#define WALD_SLEEF_F64(name, ulp) WALD_NAME3(Sleef_finz_##name##d8_, ulp, avx512f)
#define WALD_SLEEF_F32(name, ulp) WALD_NAME3(Sleef_finz_##name##f16_, ulp, avx512f)
#elif defined(__AVX2__)
#define WALD_SLEEF_F64(name, ulp) WALD_NAME3(Sleef_finz_##name##d4_, ulp, avx2)
#define WALD_SLEEF_F32(name, ulp) WALD_NAME3(Sleef_finz_##name##f8_, ulp, avx2)
#else
#define WALD_SLEEF_F64(name, ulp) WALD_NAME3(Sleef_cinz_##name##d2_, ulp, sse2)
#define WALD_SLEEF_F32(name, ulp) WALD_NAME3(Sleef_cinz_##name##f4_, ulp, sse2)
#endif

namespace wald::kernels {
namespace {

#define WALD_SLEEF_1_AS(our, name, ulp)                               \
  WALD_INLINE Vec<double> our(Vec<double> x) {                        \
    for (auto& part : x.part) part = WALD_SLEEF_F64(name, ulp)(part); \
    return x;                                                         \
  }                                                                   \
  WALD_INLINE Vec<float> our(Vec<float> x) {                          \
    for (auto& part : x.part) part = WALD_SLEEF_F32(name, ulp)(part); \
    return x;                                                         \
  }
#define WALD_SLEEF_1(name) WALD_SLEEF_1_AS(name, name, u10)
#define WALD_SLEEF_2_AS(our, name, ulp)                            \
  WALD_INLINE Vec<double> our(Vec<double> x, Vec<double> y) {      \
    for (int i = 0; i < Vec<double>::parts; ++i)                   \
      x.part[i] = WALD_SLEEF_F64(name, ulp)(x.part[i], y.part[i]); \
    return x;                                                      \
  }                                                                \
  WALD_INLINE Vec<float> our(Vec<float> x, Vec<float> y) {         \
    for (int i = 0; i < Vec<float>::parts; ++i)                    \
      x.part[i] = WALD_SLEEF_F32(name, ulp)(x.part[i], y.part[i]); \
    return x;                                                      \
  }
WALD_SLEEF_1_AS(exp_by_sleef, exp, u10)
WALD_SLEEF_1(expm1)
WALD_SLEEF_1(exp2)
WALD_SLEEF_1(log)
WALD_SLEEF_1_AS(log1p_by_sleef, log1p, u10)
WALD_SLEEF_1(log2)
WALD_SLEEF_1(log10)
WALD_SLEEF_1(cbrt)
WALD_SLEEF_1(sin)
WALD_SLEEF_1(cos)
WALD_SLEEF_1(tan)
WALD_SLEEF_1(asin)
WALD_SLEEF_1(acos)
WALD_SLEEF_1(atan)
WALD_SLEEF_1_AS(sinh_by_sleef, sinh, u10)
WALD_SLEEF_1_AS(cosh_by_sleef, cosh, u10)
WALD_SLEEF_1(tanh)
WALD_SLEEF_1_AS(asinh_by_sleef, asinh, u10)
WALD_SLEEF_1_AS(acosh_by_sleef, acosh, u10)
WALD_SLEEF_1(atanh)
WALD_SLEEF_1_AS(erfc_by_platform, erfc, u15)
WALD_SLEEF_2_AS(pow_by_sleef, pow, u10)
WALD_SLEEF_2_AS(atan2, atan2, u10)
WALD_SLEEF_2_AS(hypot, hypot, u05)
#undef WALD_SLEEF_1
#undef WALD_SLEEF_1_AS
#undef WALD_SLEEF_2_AS

WALD_INLINE Vec<double> abs(Vec<double> x) {
  for (auto& part : x.part)
    part = (typename Vec<double>::Part)((Mask<double>::Part)part & INT64_MAX);
  return x;
}
WALD_INLINE Vec<float> abs(Vec<float> x) {
  for (auto& part : x.part) part = (typename Vec<float>::Part)((Mask<float>::Part)part & INT32_MAX);
  return x;
}
WALD_INLINE Vec<std::int64_t> abs(Vec<std::int64_t> x) { return select(x < 0.0, -x, x); }

/// The size of x with the sign of `sign`.
template <class T>
WALD_INLINE Vec<T> with_sign(Vec<T> x, Vec<T> sign) {
  typedef typename Mask<T>::Part Bits;
  constexpr auto sign_bit =
      static_cast<typename Mask<T>::Int>(sizeof(T) == 8 ? INT64_MIN : INT32_MIN);
  for (int i = 0; i < Vec<T>::parts; ++i)
    x.part[i] =
        (typename Vec<T>::Part)(((Bits)x.part[i] & ~sign_bit) | ((Bits)sign.part[i] & sign_bit));
  return x;
}

/// x = 2^exponent fraction with a fraction in [sqrt(1/2), sqrt(2)), for positive normal x.
struct Binary {
  Vec<double> exponent, fraction;
};
WALD_INLINE Binary split_binary(Vec<double> x) {
  typedef typename Mask<double>::Part Bits;
  constexpr std::int64_t least_bits = 0x3fe6a09e667f3bcd;
  // Of sqrt(1/2), and of 3 2^51: a small whole number added to its bits is one added to the number.
  constexpr std::int64_t shift_bits = 0x4338000000000000;
  Binary parts;
  for (int i = 0; i < Vec<double>::parts; ++i) {
    const Bits e = ((Bits)x.part[i] - least_bits) >> 52;
    parts.fraction.part[i] = (typename Vec<double>::Part)((Bits)x.part[i] - (e << 52));
    parts.exponent.part[i] = (typename Vec<double>::Part)(e + shift_bits) - 0x1.8p52;
  }
  return parts;
}

/// exp(x) / 2, also where exp(x) overflows: 2 exp(x - 2 log 2). What the difference drops is made
/// up for.
template <class T>
WALD_INLINE Vec<T> half_exp(Vec<T> x) {
  constexpr double log_4 = 1.3862943611198906;
  const Vec<T> c(log_4), c_rest(log_4 - static_cast<T>(log_4));
  const Vec<T> reduced = x - c, dropped = (x - reduced) - c - c_rest;
  const Vec<T> e = exp_by_sleef(reduced);
  return select(e == Vec<T>(__builtin_inf()), e, (e + e * dropped) * 2.0);
}

// SLEEF's exp overflows one number early.
WALD_INLINE Vec<double> exp(Vec<double> x) {
  const Vec<double> y = exp_by_sleef(x);
  const Mask<double> is_last = x == 709.782712893384;
  return any(is_last) ? select(is_last, half_exp(x) * 2.0, y) : y;
}
WALD_INLINE Vec<float> exp(Vec<float> x) { return exp_by_sleef(x); }

// SLEEF's sinh and cosh overflow with exp(|x|), its inverses with x^2.
template <class T>
constexpr double exp_is_huge = sizeof(T) == 8 ? 709 : 88;
template <class T>
constexpr double square_is_huge = sizeof(T) == 8 ? 1e150 : 1e15;

template <class T>
WALD_INLINE Vec<T> sinh(Vec<T> x) {
  const Vec<T> y = sinh_by_sleef(x);
  const Mask<T> is_huge = abs(x) > exp_is_huge<T>;
  return any(is_huge) ? select(is_huge, with_sign(half_exp(abs(x)), x), y) : y;
}
template <class T>
WALD_INLINE Vec<T> cosh(Vec<T> x) {
  const Vec<T> y = cosh_by_sleef(x);
  const Mask<T> is_huge = abs(x) > exp_is_huge<T>;
  return any(is_huge) ? select(is_huge, half_exp(abs(x)), y) : y;
}
template <class T>
WALD_INLINE Vec<T> asinh(Vec<T> x) {
  const Vec<T> y = asinh_by_sleef(x);
  const Mask<T> is_huge = abs(x) > square_is_huge<T>;
  return any(is_huge) ? select(is_huge, with_sign(log(abs(x)) + 0.6931471805599453, x), y) : y;
}
template <class T>
WALD_INLINE Vec<T> acosh(Vec<T> x) {
  const Vec<T> y = acosh_by_sleef(x);
  const Mask<T> is_huge = x > square_is_huge<T>;
  return any(is_huge) ? select(is_huge, log(x) + 0.6931471805599453, y) : y;
}

// SLEEF's log1p overflows to infinity from 3e307 on, where log is the same number, and drops the
// least subnormal ones.
template <class T>
WALD_INLINE Vec<T> log1p(Vec<T> x) {
  const Vec<T> y = select(abs(x) < 1e-30, x, log1p_by_sleef(x));
  const Mask<T> is_huge = x > (sizeof(T) == 8 ? 1e300 : 1e30);
  return any(is_huge) ? select(is_huge, log(x), y) : y;
}

// SLEEF's pow overflows a millionth below the largest number; there the square of a root is taken.
template <class T>
WALD_INLINE Vec<T> pow(Vec<T> x, Vec<T> y) {
  const Vec<T> z = select(y == 1.0, x, pow_by_sleef(x, y)), infinity(__builtin_inf());
  const Mask<T> overflows = (abs(z) == infinity) & (abs(x) < infinity) & (x != 0.0);
  if (!any(overflows)) return z;
  const Vec<T> root = pow_by_sleef(abs(x), y * 0.5);
  return select(overflows, select(z < 0.0, -(root * root), root * root), z);
}

#if defined(__AVX512F__)
// With a mask of all ones: GCC 12 warns of the plain form's undefined pass-through.
#define WALD_SQRT_F64(x) _mm512_maskz_sqrt_pd(0xff, x)
#define WALD_SQRT_F32(x) _mm512_maskz_sqrt_ps(0xffff, x)
#define WALD_FMOD_F64 Sleef_finz_fmodd8_avx512f
#define WALD_FMOD_F32 Sleef_finz_fmodf16_avx512f
#elif defined(__AVX2__)
#define WALD_SQRT_F64(x) _mm256_sqrt_pd(x)
#define WALD_SQRT_F32(x) _mm256_sqrt_ps(x)
#define WALD_FMOD_F64 Sleef_finz_fmodd4_avx2
#define WALD_FMOD_F32 Sleef_finz_fmodf8_avx2
#else
#define WALD_SQRT_F64(x) _mm_sqrt_pd(x)
#define WALD_SQRT_F32(x) _mm_sqrt_ps(x)
#define WALD_FMOD_F64 Sleef_cinz_fmodd2_sse2
#define WALD_FMOD_F32 Sleef_cinz_fmodf4_sse2
#endif

WALD_INLINE Vec<double> sqrt(Vec<double> x) {
  for (auto& part : x.part) part = WALD_SQRT_F64(part);
  return x;
}
WALD_INLINE Vec<float> sqrt(Vec<float> x) {
  for (auto& part : x.part) part = WALD_SQRT_F32(part);
  return x;
}

WALD_INLINE Vec<double> fmod_by_sleef(Vec<double> x, Vec<double> y) {
  for (int i = 0; i < Vec<double>::parts; ++i) x.part[i] = WALD_FMOD_F64(x.part[i], y.part[i]);
  return x;
}
WALD_INLINE Vec<float> fmod_by_sleef(Vec<float> x, Vec<float> y) {
  for (int i = 0; i < Vec<float>::parts; ++i) x.part[i] = WALD_FMOD_F32(x.part[i], y.part[i]);
  return x;
}

// SLEEF's fmod is exact for quotients that it can estimate; others go to C's, one at a time.
template <class T>
WALD_INLINE Vec<T> fmod(Vec<T> x, Vec<T> y) {
  const Vec<T> z = fmod_by_sleef(x, y), size = abs(y);
  const Mask<T> is_plain = (abs(x) < size * 1e15) & (size > 1e-30) & (size < 1e15);
  if (all(is_plain)) return z;
  alignas(64) T dividend[Vec<T>::lanes], divisor[Vec<T>::lanes];
  x.store(dividend);
  y.store(divisor);
  for (int i = 0; i < Vec<T>::lanes; ++i)
    dividend[i] = static_cast<T>(__builtin_fmod(dividend[i], divisor[i]));
  return select(is_plain, z, Vec<T>::load(dividend));
}

/// To the nearest whole number, halves to the even one. From 2^52 on there are no others.
template <class T>
WALD_INLINE Vec<T> round_half_even(Vec<T> x) {
  const Vec<T> size = abs(x), first_whole(sizeof(T) == 8 ? 0x1p52 : 0x1p23);
  const Vec<T> rounded = (size + first_whole) - first_whole;
  return with_sign(select(size < first_whole, rounded, size), x);
}
template <class T>
WALD_INLINE Vec<T> floor(Vec<T> x) {
  const Vec<T> near = round_half_even(x);
  return select(near > x, near - 1.0, near);
}
template <class T>
WALD_INLINE Vec<T> ceil(Vec<T> x) {
  const Vec<T> near = round_half_even(x);
  return with_sign(select(near < x, near + 1.0, near), x);
}
template <class T>
WALD_INLINE Vec<T> trunc(Vec<T> x) {
  return with_sign(floor(abs(x)), x);
}
WALD_INLINE Vec<std::int64_t> round_half_even(Vec<std::int64_t> x) { return x; }
WALD_INLINE Vec<std::int64_t> floor(Vec<std::int64_t> x) { return x; }
WALD_INLINE Vec<std::int64_t> ceil(Vec<std::int64_t> x) { return x; }
WALD_INLINE Vec<std::int64_t> trunc(Vec<std::int64_t> x) { return x; }

}  // namespace
}  // namespace wald::kernels
