// Element types. The order is that of promotion: an operation on two types computes in the later.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wald {

enum class DType : std::uint8_t { boolean, int64, float32, float64 };

constexpr std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::boolean:
      return 1;
    case DType::float32:
      return 4;
    case DType::int64:
    case DType::float64:
      break;
  }
  return 8;
}

constexpr bool is_floating(DType dtype) { return dtype >= DType::float32; }

/// The DType of a C++ type: double, float, std::int64_t or bool.
template <class T>
struct dtype_of;
template <>
struct dtype_of<double> {
  static constexpr DType value = DType::float64;
};
template <>
struct dtype_of<float> {
  static constexpr DType value = DType::float32;
};
template <>
struct dtype_of<std::int64_t> {
  static constexpr DType value = DType::int64;
};
template <>
struct dtype_of<bool> {
  static constexpr DType value = DType::boolean;
};

/// Calls visit with a value of the C++ type that dtype names.
template <class Visit>
decltype(auto) visit_dtype(DType dtype, Visit&& visit) {
  switch (dtype) {
    case DType::boolean:
      return visit(bool{});
    case DType::int64:
      return visit(std::int64_t{});
    case DType::float32:
      return visit(float{});
    case DType::float64:
      break;
  }
  return visit(double{});
}

}  // namespace wald
