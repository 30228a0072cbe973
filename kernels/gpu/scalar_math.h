// The functions that kernels/formulas.h calls, for one number of a GPU thread (and of the
// emulator's plain C++). Include it before formulas.h: the formulas find these by ordinary lookup.
#pragma once

#include <cmath>
#include <cstdint>

#include <wald/kernels/device.h>

namespace wald::kernels {
namespace {

template <class T>
WALD_DEVICE inline T select(bool condition, T a, T b) {
  return condition ? a : b;
}

WALD_DEVICE inline double abs(double x) { return ::fabs(x); }
WALD_DEVICE inline float abs(float x) { return ::fabsf(x); }
WALD_DEVICE inline std::int64_t abs(std::int64_t x) {
  // Unsigned, so that the least number wraps around to itself as it does in a vector.
  return x < 0 ? static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(x)) : x;
}

// Both overloads of each stand before any template uses them: a float would bind to double's.
#define WALD_SCALAR_1(name)                                      \
  WALD_DEVICE inline double name(double x) { return ::name(x); } \
  WALD_DEVICE inline float name(float x) { return ::name##f(x); }
WALD_SCALAR_1(exp)
WALD_SCALAR_1(expm1)
WALD_SCALAR_1(exp2)
WALD_SCALAR_1(log)
WALD_SCALAR_1(log1p)
WALD_SCALAR_1(log2)
WALD_SCALAR_1(log10)
WALD_SCALAR_1(sqrt)
WALD_SCALAR_1(cbrt)
WALD_SCALAR_1(sin)
WALD_SCALAR_1(cos)
WALD_SCALAR_1(tan)
WALD_SCALAR_1(asin)
WALD_SCALAR_1(acos)
WALD_SCALAR_1(atan)
WALD_SCALAR_1(sinh)
WALD_SCALAR_1(cosh)
WALD_SCALAR_1(tanh)
WALD_SCALAR_1(asinh)
WALD_SCALAR_1(acosh)
WALD_SCALAR_1(atanh)
WALD_SCALAR_1(floor)
WALD_SCALAR_1(ceil)
WALD_SCALAR_1(trunc)
#undef WALD_SCALAR_1
#define WALD_SCALAR_2(name)                                                   \
  WALD_DEVICE inline double name(double x, double y) { return ::name(x, y); } \
  WALD_DEVICE inline float name(float x, float y) { return ::name##f(x, y); }
WALD_SCALAR_2(pow)
WALD_SCALAR_2(atan2)
WALD_SCALAR_2(hypot)
WALD_SCALAR_2(fmod)
#undef WALD_SCALAR_2

WALD_DEVICE inline double erfc_by_platform(double x) { return ::erfc(x); }
WALD_DEVICE inline float erfc_by_platform(float x) { return ::erfcf(x); }

WALD_DEVICE inline double round_half_even(double x) { return ::rint(x); }
WALD_DEVICE inline float round_half_even(float x) { return ::rintf(x); }
WALD_DEVICE inline std::int64_t round_half_even(std::int64_t x) { return x; }
WALD_DEVICE inline std::int64_t floor(std::int64_t x) { return x; }
WALD_DEVICE inline std::int64_t ceil(std::int64_t x) { return x; }
WALD_DEVICE inline std::int64_t trunc(std::int64_t x) { return x; }

}  // namespace
}  // namespace wald::kernels
