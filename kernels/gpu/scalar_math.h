// The functions that kernels/formulas.h calls, for one number of a GPU thread (and of the
// emulator's plain C++). Include it before formulas.h: the formulas find these by ordinary lookup.
#pragma once

#include <cmath>
#include <cstdint>

#if defined(__CUDACC__) || defined(__HIPCC__)
#define WALD_DEVICE __device__
#else
#define WALD_DEVICE
#endif

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
WALD_SCALAR_1(log)
WALD_SCALAR_1(log1p)
WALD_SCALAR_1(sqrt)
WALD_SCALAR_1(sin)
WALD_SCALAR_1(cos)
#undef WALD_SCALAR_1

WALD_DEVICE inline double pow(double x, double y) { return ::pow(x, y); }
WALD_DEVICE inline float pow(float x, float y) { return ::powf(x, y); }

}  // namespace
}  // namespace wald::kernels
