// Operands of kernels for tests: memory of any type, layouts, and how results are compared.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <wald/kernels/backend.h>

namespace wald::gpu {

/// n elements of a type as bytes.
using Bytes = std::vector<unsigned char>;

template <class T>
Bytes bytes_of(const std::vector<T>& x) {
  Bytes out(x.size() * sizeof(T));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const T value = x[i];
    std::memcpy(&out[i * sizeof(T)], &value, sizeof(T));
  }
  return out;
}

inline Bytes numbers(DType dtype, std::int64_t n, double low, double high, unsigned seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(low, high);
  Bytes out(static_cast<std::size_t>(n) * size_of(dtype));
  visit_dtype(dtype, [&](auto t) {
    for (std::int64_t i = 0; i < n; ++i) {
      double x = uniform(random);
      if (dtype == DType::boolean) x = x > (low + high) / 2;
      t = static_cast<decltype(t)>(x);
      std::memcpy(&out[static_cast<std::size_t>(i) * sizeof t], &t, sizeof t);
    }
  });
  return out;
}

inline double number_at(DType dtype, const Bytes& x, std::size_t i) {
  return visit_dtype(dtype, [&](auto t) {
    std::memcpy(&t, &x[i * sizeof t], sizeof t);
    return static_cast<double>(t);
  });
}

/// Whole numbers to the bit, others to `tolerance`; nan where nan is.
inline void expect_same(DType dtype, const Bytes& found, const Bytes& expected, double tolerance) {
  ASSERT_EQ(found.size(), expected.size());
  const std::size_t n = found.size() / size_of(dtype);
  if (!is_floating(dtype)) {
    EXPECT_EQ(found, expected);
    return;
  }
  for (std::size_t i = 0; i < n; ++i) {
    const double a = number_at(dtype, found, i), b = number_at(dtype, expected, i);
    if (std::isnan(b) || std::isinf(b) || b == 0)
      EXPECT_TRUE((std::isnan(a) && std::isnan(b)) || a == b) << a << " for " << b << " at " << i;
    else
      EXPECT_NEAR(a, b, tolerance * std::abs(b)) << "at " << i;
  }
}

struct Layout {
  const char* name;
  std::vector<std::int64_t> size, stride;
  std::int64_t first = 0, memory = 0;
};

inline const std::vector<Layout>& layouts() {
  static const std::vector<Layout> all = {{"contiguous", {1037}, {1}, 0, 1037},
                                          {"constant", {517}, {0}, 0, 1},
                                          {"scalar", {}, {}, 0, 1},
                                          {"unaligned", {301}, {1}, 1, 302},
                                          {"reversed", {200}, {-1}, 199, 200},
                                          {"transposed", {37, 50}, {1, 37}, 0, 37 * 50},
                                          {"rows of a slice", {9, 20}, {64, 3}, 2, 9 * 64 + 2},
                                          {"empty", {0, 4}, {4, 1}, 0, 1},
                                          {"repeated rows", {30, 41}, {0, 1}, 0, 41},
                                          {"four axes", {3, 5, 7, 2}, {1, 42, 6, 3}, 0, 220}};
  return all;
}

inline std::int64_t count(const Layout& layout) {
  return std::accumulate(layout.size.begin(), layout.size.end(), std::int64_t{1},
                         std::multiplies<>());
}

/// For what goes along an axis: lines of one tile and of several, in every order.
inline const std::vector<Layout>& lined_layouts() {
  static const std::vector<Layout> all = {{"one element", {1}, {1}, 0, 1},
                                          {"a line", {5000}, {1}, 0, 5000},
                                          {"a reversed line", {3000}, {-2}, 5999, 6000},
                                          {"rows", {2, 2100}, {2100, 1}, 0, 4200},
                                          {"columns", {2100, 2}, {2, 1}, 0, 4200},
                                          {"transposed", {70, 6}, {1, 70}, 0, 420},
                                          {"three axes", {2, 3, 70}, {1, 500, 6}, 3, 1500},
                                          {"repeated rows", {3, 200}, {0, 1}, 0, 200},
                                          {"empty lines", {4, 0}, {1, 1}, 0, 1},
                                          {"no lines", {0, 4}, {4, 1}, 0, 1}};
  return all;
}

/// The strides of a contiguous tensor.
inline std::vector<std::int64_t> dense(const std::vector<std::int64_t>& size) {
  std::vector<std::int64_t> stride(size.size());
  std::int64_t n = 1;
  for (std::size_t axis = size.size(); axis-- > 0; n *= size[axis]) stride[axis] = n;
  return stride;
}

inline std::int64_t product_of(const std::vector<std::int64_t>& size) {
  return std::accumulate(size.begin(), size.end(), std::int64_t{1}, std::multiplies<>());
}

inline kernels::Shape shape_of(const std::vector<std::int64_t>& size) {
  return {static_cast<int>(size.size()), size.data()};
}

}  // namespace wald::gpu
