// The order in which elements are sorted and searched for: nan is the largest, -0 equals 0.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include <wald/kernels/device.h>

namespace wald::kernels {

/// The bits that differ in keys of elements.
template <class T>
constexpr int key_bits = std::is_same_v<T, bool> ? 1 : 8 * sizeof(T);

/// Whole numbers in the order of the elements.
template <class T>
WALD_ANYWHERE inline std::uint64_t key_of(T x) {
  if constexpr (std::is_floating_point_v<T>) {
    using Bits = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
    constexpr Bits sign = Bits{1} << (8 * sizeof(T) - 1);
    if (x != x) return static_cast<Bits>(~Bits{0});
    const Bits bits = std::bit_cast<Bits>(x + T{0});  // -0 + 0 is 0
    return static_cast<Bits>(bits & sign ? ~bits : bits | sign);
  } else if constexpr (std::is_same_v<T, bool>) {
    return x;
  } else {
    return static_cast<std::uint64_t>(x) ^ std::uint64_t{1} << 63;
  }
}

template <class T>
WALD_ANYWHERE inline bool is_before(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) return (a < b) | ((b != b) & (a == a));
  return a < b;
}

/// The first place in a sorted sequence that a value may take: before its equals, or after them.
template <class T>
WALD_ANYWHERE inline std::int64_t place_in(const T* sequence, std::int64_t n, std::int64_t step,
                                           T value, bool right) {
  // Halved without a branch, which would be missed every other time.
  std::int64_t low = 0;
  for (std::int64_t left = n; left > 0;) {
    const std::int64_t half = (left + 1) / 2;
    const T x = sequence[(low + half - 1) * step];
    const bool lies_before = right ? !is_before(value, x) : is_before(x, value);
    low += lies_before ? half : 0;
    left = lies_before ? left - half : half - 1;
  }
  return low;
}

}  // namespace wald::kernels
