// Conversion between element types, defined for every value.
#pragma once

#include <cstdint>
#include <type_traits>

#include <wald/kernels/device.h>

namespace wald::kernels {

/// What C++ leaves undefined is settled here: from floating to int64, nan becomes 0 and what lies
/// beyond the range its nearest end; fractions are cut off. nan is true.
template <class To, class From>
WALD_ANYWHERE inline To convert(From x) {
  if constexpr (std::is_same_v<To, std::int64_t> && std::is_floating_point_v<From>) {
    constexpr From end = static_cast<From>(9223372036854775808.0);  // 2^63, exact in float too
    if (x != x) return 0;
    if (x >= end) return INT64_MAX;
    if (x < -end) return INT64_MIN;
  }
  return static_cast<To>(x);
}

}  // namespace wald::kernels
