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

#define WALD_SLEEF_1(name)                                                                         \
  WALD_INLINE Vec<double> name(Vec<double> x) {                                                    \
    for (int i = 0; i < Vec<double>::parts; ++i) x.part[i] = WALD_SLEEF_F64(name, u10)(x.part[i]); \
    return x;                                                                                      \
  }                                                                                                \
  WALD_INLINE Vec<float> name(Vec<float> x) {                                                      \
    for (int i = 0; i < Vec<float>::parts; ++i) x.part[i] = WALD_SLEEF_F32(name, u10)(x.part[i]);  \
    return x;                                                                                      \
  }
WALD_SLEEF_1(exp)
WALD_SLEEF_1(expm1)
WALD_SLEEF_1(log)
WALD_SLEEF_1(sin)
WALD_SLEEF_1(cos)
#undef WALD_SLEEF_1

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

WALD_INLINE Vec<double> pow_by_sleef(Vec<double> x, Vec<double> y) {
  for (int i = 0; i < Vec<double>::parts; ++i)
    x.part[i] = WALD_SLEEF_F64(pow, u10)(x.part[i], y.part[i]);
  return x;
}
WALD_INLINE Vec<float> pow_by_sleef(Vec<float> x, Vec<float> y) {
  for (int i = 0; i < Vec<float>::parts; ++i)
    x.part[i] = WALD_SLEEF_F32(pow, u10)(x.part[i], y.part[i]);
  return x;
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

// SLEEF's log1p overflows to infinity from 3e307 on; there log is the same number.
WALD_INLINE Vec<double> log1p(Vec<double> x) {
  Vec<double> y;
  for (int i = 0; i < Vec<double>::parts; ++i) y.part[i] = WALD_SLEEF_F64(log1p, u10)(x.part[i]);
  const Mask<double> is_huge = x > 1e300;
  return any(is_huge) ? select(is_huge, log(x), y) : y;
}
WALD_INLINE Vec<float> log1p(Vec<float> x) {
  Vec<float> y;
  for (int i = 0; i < Vec<float>::parts; ++i) y.part[i] = WALD_SLEEF_F32(log1p, u10)(x.part[i]);
  const Mask<float> is_huge = x > 1e30;
  return any(is_huge) ? select(is_huge, log(x), y) : y;
}

WALD_INLINE Vec<double> sqrt(Vec<double> x) {
  alignas(64) double lane[8];
  x.store(lane);
  for (double& v : lane) v = __builtin_sqrt(v);
  return Vec<double>::load(lane);
}
WALD_INLINE Vec<float> sqrt(Vec<float> x) {
  alignas(64) float lane[16];
  x.store(lane);
  for (float& v : lane) v = __builtin_sqrtf(v);
  return Vec<float>::load(lane);
}

}  // namespace
}  // namespace wald::kernels
