// Tensors made from nothing, from other tensors' shapes, and from values in the containers of C++.
// zeros, ones, full, eye, empty, and tensor({{1, 2}, {3, 4}}) are in tensor.h.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <functional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

#include <wald/engine/tensor.h>

namespace wald {

/// start, start + step ... before stop, [ceil((stop - start) / step)], none if the step leads away
/// from stop. Each is computed from its index, so that errors do not add up. Throws IndexError for
/// a step of 0 and for bounds that are not finite.
Tensor float_range(double start, double stop, double step, DType dtype = DType::float64);
/// The same in int64.
Tensor int_range(std::int64_t start, std::int64_t stop, std::int64_t step);

/// As in NumPy: arange(stop) from 0, arange(start, stop), arange(start, stop, step). int64 if all
/// numbers are integers, else float64.
template <class Start, class Stop, class Step = int>
requires(std::is_arithmetic_v<Start>&& std::is_arithmetic_v<Stop>&& std::is_arithmetic_v<Step>)
    Tensor arange(Start start, Stop stop, Step step = 1) {
  if constexpr (std::integral<Start> && std::integral<Stop> && std::integral<Step>)
    return int_range(static_cast<std::int64_t>(start), static_cast<std::int64_t>(stop),
                     static_cast<std::int64_t>(step));
  else
    return float_range(static_cast<double>(start), static_cast<double>(stop),
                       static_cast<double>(step));
}
template <class Stop>
requires std::is_arithmetic_v<Stop> Tensor arange(Stop stop) { return arange(Stop{0}, stop); }

/// n numbers at equal distances from start to stop, both of which are met exactly; start alone if n
/// is 1. Throws ShapeError for n below 0.
Tensor linspace(double start, double stop, std::int64_t n, DType dtype = DType::float64);
/// base to the powers of linspace(start, stop, n).
Tensor logspace(double start, double stop, std::int64_t n, double base = 10,
                DType dtype = DType::float64);

/// Of x's shape, element type and device, apart from x's graph.
Tensor zeros_like(const Tensor& x);
Tensor ones_like(const Tensor& x);
Tensor full_like(const Tensor& x, double value);
Tensor empty_like(const Tensor& x);

/// tensor({{1, 2}, {3, 4}}, DType::float32).
Tensor tensor(const Literal& values, DType dtype);

/// A tensor on the processor over memory of the caller's with strides of its own (in elements, 0
/// and negative ones too), without a copy; `data` is the element of index 0 on every axis. See
/// from_memory in tensor.h.
template <class T>
Tensor from_memory(const T* data, const Dims& shape, const Dims& strides,
                   std::function<void()> release = {});

namespace detail {

/// The element type of nested containers.
template <class V>
struct ElementOf {
  using type = V;
};
template <std::ranges::range V>
struct ElementOf<V> : ElementOf<std::ranges::range_value_t<V>> {};
// An array in an array has no value type of a range.
template <class V, std::size_t N>
struct ElementOf<V[N]> : ElementOf<std::remove_cv_t<V>> {};

/// What a number of C++ becomes: bool, int64, float32 (of float) or float64.
template <class V>
using StoredAs = std::conditional_t<
    std::same_as<V, bool>, bool,
    std::conditional_t<std::integral<V>, std::int64_t,
                       std::conditional_t<std::same_as<V, float>, float, double>>>;

[[noreturn]] void refuse_ragged(std::int64_t expected, std::int64_t found);
[[noreturn]] void refuse_large(std::uint64_t value);

template <class V, class T>
void gather_values(const V& values, std::size_t depth, Dims& shape, std::vector<T>& out) {
  if constexpr (std::ranges::range<V>) {
    const auto n = static_cast<std::int64_t>(std::ranges::distance(values));
    if (depth == shape.size())
      shape.push_back(n);
    else if (shape[depth] != n)
      refuse_ragged(shape[depth], n);
    for (auto&& part : values) {
      if constexpr (std::ranges::range<std::remove_cvref_t<decltype(part)>>)
        gather_values(part, depth + 1, shape, out);
      else
        gather_values(static_cast<std::ranges::range_value_t<V>>(part), depth + 1, shape, out);
    }
  } else {
    if constexpr (std::unsigned_integral<V> && sizeof(V) == 8)
      if (values > static_cast<std::uint64_t>(INT64_MAX)) refuse_large(values);
    out.push_back(static_cast<T>(values));
  }
}

template <class V>
constexpr std::size_t depth_of() {
  if constexpr (std::ranges::range<V>)
    return 1 + depth_of<std::remove_cvref_t<std::ranges::range_reference_t<const V>>>();
  else
    return 0;
}

Tensor from_bools(const std::vector<unsigned char>& values, const Dims& shape);

}  // namespace detail

/// A copy of the values of a container, or of nested ones with an axis for each level: std::vector,
/// std::array, std::span, a C array, any range. Integers of any size become int64, bool boolean,
/// float float32, double float64. Throws ShapeError if inner containers differ in length.
template <std::ranges::range Values>
Tensor tensor_of(const Values& values) {
  using Element = typename detail::ElementOf<std::remove_cvref_t<Values>>::type;
  static_assert(std::is_arithmetic_v<Element>, "tensor_of takes containers of numbers");
  using Stored = detail::StoredAs<Element>;
  Dims shape;
  if constexpr (std::same_as<Stored, bool>) {
    std::vector<unsigned char> flat;  // std::vector<bool> packs bits
    detail::gather_values(values, 0, shape, flat);
    while (shape.size() < detail::depth_of<Values>()) shape.push_back(0);
    return detail::from_bools(flat, shape);
  } else {
    std::vector<Stored> flat;
    detail::gather_values(values, 0, shape, flat);
    while (shape.size() < detail::depth_of<Values>()) shape.push_back(0);
    return from_vector(flat, shape);
  }
}

}  // namespace wald
