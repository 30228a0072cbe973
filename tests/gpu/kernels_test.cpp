// Every kernel of a GPU, run by the emulator, against the CPU's: all layouts and types.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>
#include <random>
#include <vector>

#include <wald/kernels/gpu/elements.h>
#include <wald/kernels/gpu/pointwise.h>

namespace wald::gpu {
namespace {

using kernels::cpu_backend;
using kernels::PointwiseKind;
using kernels::Reduction;
using kernels::View;

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

Bytes numbers(DType dtype, std::int64_t n, double low, double high, unsigned seed) {
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

double number_at(DType dtype, const Bytes& x, std::size_t i) {
  return visit_dtype(dtype, [&](auto t) {
    std::memcpy(&t, &x[i * sizeof t], sizeof t);
    return static_cast<double>(t);
  });
}

/// Whole numbers to the bit, others to `tolerance`; nan where nan is.
void expect_same(DType dtype, const Bytes& found, const Bytes& expected, double tolerance) {
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

const std::vector<Layout>& layouts() {
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

std::int64_t count(const Layout& layout) {
  return std::accumulate(layout.size.begin(), layout.size.end(), std::int64_t{1},
                         std::multiplies<>());
}

/// Values at which all formulas are defined: most have what is interesting in (0, 1).
void compare_pointwise(const Pointwise& kernel, DType dtype, const Layout& layout) {
  const kernels::PointwiseKernel* cpu = cpu_backend().find_pointwise(kernel.name);
  ASSERT_NE(cpu, nullptr);
  ASSERT_EQ(cpu->arity, kernel.arity);
  ASSERT_EQ(cpu->has_int64, kernel.has_int64);
  std::vector<Bytes> memory;
  std::vector<View> in;
  for (int i = 0; i < kernel.arity; ++i) {
    const DType of = kernel.kind == PointwiseKind::choose && i == 0 ? DType::boolean : dtype;
    const bool is_whole = dtype == DType::int64;
    memory.push_back(numbers(of, layout.memory, is_whole ? -9 : 0.05, is_whole ? 9 : 0.95, 7u + i));
    in.push_back({memory.back().data() + layout.first * size_of(of), layout.stride.data()});
  }
  const DType result = kernel.kind == PointwiseKind::compare ? DType::boolean : dtype;
  const kernels::Shape shape{static_cast<int>(layout.size.size()), layout.size.data()};
  Bytes found(count(layout) * size_of(result)), expected(found.size());
  ASSERT_EQ(pointwise(kernel, dtype, shape, in.data(), found.data(), {}), success);
  cpu_backend().pointwise(*cpu, dtype, shape, in.data(), expected.data());
  // Two mathematical libraries, 1 ulp each, and what the formulas make of that.
  expect_same(result, found, expected, dtype == DType::float32 ? 1e-6 : 2e-13);
}

TEST(GpuPointwise, EqualsTheCpuInEveryLayout) {
  const PointwiseSet& set = pointwise_kernels();
  EXPECT_GT(set.count, 100);
  for (int i = 0; i < set.count; ++i)
    for (const DType dtype : {DType::float64, DType::float32, DType::int64})
      for (const Layout& layout : layouts()) {
        if (!set.kernels[i].has(dtype)) continue;
        SCOPED_TRACE(std::string(set.kernels[i].name) + ", " + layout.name + ", type " +
                     std::to_string(static_cast<int>(dtype)));
        compare_pointwise(set.kernels[i], dtype, layout);
      }
}

TEST(GpuCopy, ConvertsEveryLayoutAndType) {
  for (const DType from : {DType::float64, DType::float32, DType::int64, DType::boolean})
    for (const DType to : {DType::float64, DType::float32, DType::int64, DType::boolean})
      for (const Layout& layout : layouts()) {
        SCOPED_TRACE(layout.name);
        const Bytes memory = numbers(from, layout.memory, -5, 5, 3);
        const View in{memory.data() + layout.first * size_of(from), layout.stride.data()};
        std::vector<std::int64_t> dense(layout.size.size());
        std::int64_t stride = 1;
        for (std::size_t axis = dense.size(); axis-- > 0; stride *= layout.size[axis])
          dense[axis] = stride;
        const kernels::Shape shape{static_cast<int>(layout.size.size()), layout.size.data()};
        Bytes found(count(layout) * size_of(to)), expected(found.size());
        ASSERT_EQ(copy_elements(from, to, shape, in, {found.data(), dense.data()}, {}), success);
        cpu_backend().copy(from, to, shape, in, {expected.data(), dense.data()});
        EXPECT_EQ(found, expected);
      }
}

TEST(GpuFill, WritesAllAndNoMore) {
  for (const DType dtype : {DType::float64, DType::float32, DType::int64, DType::boolean}) {
    Bytes found(100 * size_of(dtype), 7), expected(found);
    ASSERT_EQ(fill(dtype, found.data(), 99, 3.5, {}), success);
    cpu_backend().fill(dtype, expected.data(), 99, 3.5);
    EXPECT_EQ(found, expected);
  }
}

void compare_reduction(Reduction kind, DType dtype, const std::vector<std::int64_t>& size,
                       const std::vector<std::int64_t>& stride, std::uint64_t axes,
                       const Bytes& memory) {
  const kernels::Shape shape{static_cast<int>(size.size()), size.data()};
  std::int64_t kept = 1;
  for (std::size_t axis = 0; axis < size.size(); ++axis)
    if (!(axes >> axis & 1)) kept *= size[axis];
  const bool counts = dtype == DType::boolean && kind == Reduction::sum;
  const DType result = counts ? DType::int64 : dtype;
  Bytes found(kept * size_of(result)), expected(found.size());
  const View in{memory.data(), stride.data()};
  ASSERT_EQ(reduce(0, kind, dtype, shape, in, axes, found.data(), {}), success);
  cpu_backend().reduce(kind, dtype, shape, in, axes, expected.data());
  // The terms are positive: no digits cancel.
  expect_same(result, found, expected, dtype == DType::float32 ? 1e-6 : 1e-13);
}

TEST(GpuReduce, EqualsTheCpuOverAnyAxes) {
  const std::vector<std::vector<std::int64_t>> sizes = {
      {1},       {20001},   {8192},    {0},          {3, 0},
      {7, 1500}, {1500, 7}, {600, 40}, {2, 3, 4, 5}, {40, 1, 33}};
  for (const Reduction kind :
       {Reduction::sum, Reduction::prod, Reduction::max, Reduction::min, Reduction::norm})
    for (const DType dtype : {DType::float64, DType::float32, DType::int64, DType::boolean})
      for (const auto& size : sizes) {
        const bool is_real = is_floating(dtype);
        if (kind == Reduction::norm && !is_real) continue;
        if (kind == Reduction::prod && dtype == DType::boolean) continue;
        std::vector<std::int64_t> stride(size.size());
        std::int64_t n = 1;
        for (std::size_t axis = size.size(); axis-- > 0; n *= size[axis]) stride[axis] = n;
        const bool is_prod = kind == Reduction::prod;
        const Bytes memory = numbers(dtype, n,
                                     is_prod   ? 0.999
                                     : is_real ? 0.5
                                               : -3,
                                     is_prod   ? 1.001
                                     : is_real ? 2
                                               : 5,
                                     11);
        for (std::uint64_t axes = 1; axes < 1u << size.size(); ++axes) {
          SCOPED_TRACE(::testing::Message()
                       << "kind " << static_cast<int>(kind) << " type " << static_cast<int>(dtype)
                       << " n " << n << " axes " << axes);
          compare_reduction(kind, dtype, size, stride, axes, memory);
        }
      }
}

TEST(GpuReduce, KeepsNanInfinityAndRange) {
  const double inf = INFINITY, nan = NAN;
  const std::vector<std::vector<double>> cases = {{1, nan, 3}, {inf, 1},       {-inf, inf},
                                                  {nan, inf},  {3e200, 4e200}, {3e-200, 4e-200},
                                                  {0, 0},      {-0.0}};
  for (const auto& x : cases)
    for (const Reduction kind : {Reduction::sum, Reduction::max, Reduction::min, Reduction::norm})
      compare_reduction(kind, DType::float64, {static_cast<std::int64_t>(x.size())}, {1}, 1,
                        bytes_of(x));
}

TEST(GpuGather, EqualsTheCpuAlongAnyAxis) {
  const std::vector<std::int64_t> size = {6, 5, 4}, in_stride = {1, 24, 6},
                                  index_stride = {20, 4, 1};
  std::vector<std::int64_t> index(120);
  for (std::size_t i = 0; i < index.size(); ++i) index[i] = static_cast<std::int64_t>(i * 7 % 4);
  for (const DType dtype : {DType::float64, DType::float32, DType::int64, DType::boolean})
    for (int axis = 0; axis < 3; ++axis) {
      const Bytes memory = numbers(dtype, 120, -9, 9, 5);
      const kernels::Shape shape{3, size.data()};
      const View in{memory.data(), in_stride.data()}, places{index.data(), index_stride.data()};
      Bytes found(120 * size_of(dtype)), expected(found.size());
      ASSERT_EQ(gather(dtype, shape, in, axis, places, found.data(), {}), success);
      cpu_backend().gather(dtype, shape, in, axis, places, expected.data());
      EXPECT_EQ(found, expected);
    }
}

TEST(GpuRandom, DrawsTheNumbersOfTheCpu) {
  using kernels::RandomLaw;
  const kernels::RandomPlace place{20, 31};
  constexpr std::int64_t n = 5001;
  for (const DType dtype : {DType::float64, DType::float32})
    for (const RandomLaw law : {RandomLaw::uniform, RandomLaw::normal, RandomLaw::exponential}) {
      Bytes found(n * size_of(dtype)), expected(found.size());
      ASSERT_EQ(random_real(law, dtype, place, n, found.data(), {}), success);
      cpu_backend().random_real(law, dtype, place, n, expected.data());
      EXPECT_EQ(found, expected);
    }
  std::vector<std::int64_t> found(n), expected(n);
  ASSERT_EQ(random_integers(place, -3, 7, n, found.data(), {}), success);
  cpu_backend().random_integers(place, -3, 7, n, expected.data());
  EXPECT_EQ(found, expected);
  std::vector<double> mean(n), counts(n), counts_of_cpu(n);
  for (std::int64_t i = 0; i < n; ++i) mean[i] = 0.01 * static_cast<double>(i);
  ASSERT_EQ(random_poisson(place, mean.data(), n, counts.data(), {}), success);
  cpu_backend().random_poisson(place, mean.data(), n, counts_of_cpu.data());
  EXPECT_EQ(counts, counts_of_cpu);
}

}  // namespace
}  // namespace wald::gpu
