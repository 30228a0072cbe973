// Reductions, scans and sums of exponentials on a GPU, run by the emulator, against the CPU's.
#include <wald/kernels/gpu/elements.h>

#include "operands.h"

namespace wald::gpu {
namespace {

using kernels::cpu_backend;
using kernels::Reduction;
using kernels::View;

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

constexpr DType real_types[] = {DType::float64, DType::float32};

/// Calls test(layout, axis) for every axis of every layout, of one with warps of 64 threads too.
template <class Test>
void for_each_axis(const Test& test) {
  for (const Layout& layout : lined_layouts())
    for (int axis = 0; axis < static_cast<int>(layout.size.size()); ++axis) {
      SCOPED_TRACE(::testing::Message() << layout.name << ", axis " << axis);
      test(layout, axis);
    }
  emulator::set_warp_size(64);
  test({"a line", {2100}, {1}, 0, 2100}, 0);
  emulator::set_warp_size(32);
}

View view_of(const Bytes& memory, DType dtype, const Layout& layout) {
  return {memory.data() + layout.first * size_of(dtype), layout.stride.data()};
}

void compare_arg(Reduction kind, DType dtype, const Layout& layout, int axis, const Bytes& memory) {
  const std::int64_t n = layout.size[axis];
  if (n == 0) return;
  std::vector<std::int64_t> found(count(layout) / n), expected(found.size());
  const View in = view_of(memory, dtype, layout);
  const kernels::Shape shape = shape_of(layout.size);
  ASSERT_EQ(arg_reduce(0, kind, dtype, shape, in, axis, found.data(), {}), success);
  cpu_backend().arg_reduce(kind, dtype, shape, in, axis, expected.data());
  EXPECT_EQ(found, expected);
}

TEST(GpuArgReduce, FindsTheFirstExtremeAlongAnyAxis) {
  for_each_axis([](const Layout& layout, int axis) {
    for (const Reduction kind : {Reduction::max, Reduction::min})
      for (const DType dtype : {DType::float64, DType::float32, DType::int64})
        compare_arg(kind, dtype, layout, axis, numbers(dtype, layout.memory, -40, 40, 13));
  });
}

TEST(GpuArgReduce, TakesNanForTheExtremeAndTheFirstOfTies) {
  const double inf = INFINITY, nan = NAN;
  std::vector<double> with_nan(3000, 1.0);
  with_nan[2500] = with_nan[777] = nan;
  const std::vector<std::vector<double>> cases = {
      {2, 2, 2}, {-inf, -inf}, {inf, inf}, {inf, nan, nan}, {-0.0, 0.0}, {0.0, -0.0}, with_nan};
  for (const auto& x : cases)
    for (const Reduction kind : {Reduction::max, Reduction::min})
      compare_arg(kind, DType::float64, {"", {static_cast<std::int64_t>(x.size())}, {1}}, 0,
                  bytes_of(x));
}

using kernels::Scan;

void compare_scan(Scan kind, DType dtype, const Layout& layout, int axis, bool is_reverse,
                  const Bytes& x, const Bytes& factors) {
  const kernels::Shape shape = shape_of(layout.size);
  const View in = view_of(x, dtype, layout), factor = view_of(factors, dtype, layout);
  Bytes found(count(layout) * size_of(dtype)), expected(found.size());
  ASSERT_EQ(scan(0, kind, dtype, shape, in, factor, axis, is_reverse, found.data(), {}), success);
  cpu_backend().scan(kind, dtype, shape, in, factor, axis, is_reverse, expected.data());
  expect_same(dtype, found, expected, dtype == DType::float32 ? 1e-6 : 1e-12);
}

TEST(GpuScan, EqualsTheCpuAlongAnyAxis) {
  const auto compare = [](const Layout& layout, int axis) {
    for (const bool is_reverse : {false, true}) {
      for (const DType dtype : real_types) {
        const Bytes near_one = numbers(dtype, layout.memory, 0.999, 1.001, 3);
        const Bytes x = numbers(dtype, layout.memory, 0.5, 2, 4);
        const Bytes factors = numbers(dtype, layout.memory, 0.2, 0.95, 5);
        compare_scan(Scan::sum, dtype, layout, axis, is_reverse, x, x);
        compare_scan(Scan::prod, dtype, layout, axis, is_reverse, near_one, x);
        compare_scan(Scan::logsumexp, dtype, layout, axis, is_reverse, x, x);
        compare_scan(Scan::recurrence, dtype, layout, axis, is_reverse, x, factors);
      }
      const Bytes whole = numbers(DType::int64, layout.memory, -9, 9, 6);
      compare_scan(Scan::sum, DType::int64, layout, axis, is_reverse, whole, whole);
      compare_scan(Scan::prod, DType::int64, layout, axis, is_reverse, whole, whole);
    }
  };
  for_each_axis(compare);
  compare({"many rows", {4200, 66}, {66, 1}, 0, 4200 * 66}, 1);  // a thread goes through each
}

TEST(GpuScan, KeepsNanInfinityAndStrongZeros) {
  const double inf = INFINITY, nan = NAN;
  const std::vector<std::vector<double>> starts = {
      {1, nan, 3},     {inf, 1, -inf, 2}, {-inf, -inf, 1, 2}, {-inf, inf, 1}, {0, inf, 1, 0},
      {-0.0, -0.0, 1}, {0, 0, 2, 0, nan}, {-800, -800, -700}, {3, 1e-17, inf}};
  const std::vector<std::vector<double>> factors = {
      {inf, inf, 1, 2, 0}, {nan, 0, nan, 1, 1}, {1, 1, 0, inf, 0.5}};
  for (const std::int64_t n : {5, 2100})  // by a thread; by tiles
    for (const std::int64_t place : {std::int64_t{0}, n / 2})
      for (const auto& start : starts)
        for (const auto& factor : factors)
          for (const bool is_reverse : {false, true}) {
            std::vector<double> x(n, 0.0), f(n, 1.0);
            for (std::size_t i = 0; i < start.size() && place + i < x.size(); ++i)
              x[place + i] = start[i];
            for (std::size_t i = 0; i < factor.size() && place + i < f.size(); ++i)
              f[place + i] = factor[i];
            const Layout line{"", {n}, {1}};
            const Bytes in = bytes_of(x), by = bytes_of(f);
            compare_scan(Scan::recurrence, DType::float64, line, 0, is_reverse, in, by);
            if (&factor != &factors[0]) continue;  // read by recurrences alone
            for (const Scan kind : {Scan::sum, Scan::prod, Scan::logsumexp})
              compare_scan(kind, DType::float64, line, 0, is_reverse, in, by);
          }
}

using kernels::Softmax;
constexpr Softmax all_softmax[] = {Softmax::logsumexp, Softmax::softmax, Softmax::log_softmax,
                                   Softmax::logsumexp_gradient};

void compare_softmax(Softmax kind, DType dtype, const Layout& layout, int axis,
                     const Bytes& memory) {
  const std::int64_t n = layout.size[axis];
  std::int64_t results = count(layout);
  if (kind == Softmax::logsumexp) {
    std::vector<std::int64_t> kept = layout.size;
    kept[axis] = 1;
    results = product_of(kept);
    if (n == 0 && results == 0) return;
  }
  const kernels::Shape shape = shape_of(layout.size);
  const View in = view_of(memory, dtype, layout);
  Bytes found(results * size_of(dtype)), expected(found.size());
  ASSERT_EQ(softmax(0, kind, dtype, shape, in, axis, found.data(), {}), success);
  cpu_backend().softmax(kind, dtype, shape, in, axis, expected.data());
  expect_same(dtype, found, expected, dtype == DType::float32 ? 1e-6 : 1e-12);
}

TEST(GpuSoftmax, EqualsTheCpuAlongAnyAxis) {
  for_each_axis([](const Layout& layout, int axis) {
    for (const DType dtype : real_types)
      for (const Softmax kind : all_softmax)
        compare_softmax(kind, dtype, layout, axis, numbers(dtype, layout.memory, 1, 9, 8));
  });
}

TEST(GpuSoftmax, KeepsLimitsAndSmallTerms) {
  const double inf = INFINITY, nan = NAN;
  const std::vector<std::vector<double>> cases = {
      {-inf, -inf}, {inf, 1, inf}, {nan, 1}, {-inf, 0}, {0, -40},  {800, 801, -800},
      {3},          {inf, nan},    {-inf},   {0, 0},    {1e-20, 0}};
  for (const auto& x : cases)
    for (const Softmax kind : all_softmax)
      compare_softmax(kind, DType::float64, {"", {static_cast<std::int64_t>(x.size())}, {1}}, 0,
                      bytes_of(x));
}

}  // namespace
}  // namespace wald::gpu
