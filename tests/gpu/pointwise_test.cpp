// Every pointwise kernel of a GPU, run by the emulator, against the CPU's: all layouts and types.
#include <algorithm>

#include <wald/kernels/gpu/elements.h>
#include <wald/kernels/gpu/pointwise.h>

#include "operands.h"

namespace wald::gpu {
namespace {

using kernels::cpu_backend;
using kernels::PointwiseKind;
using kernels::View;

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

TEST(GpuPlaces, AreDividedExactly) {
  constexpr std::int64_t largest = INT32_MAX;
  for (const std::int64_t n : {1L, 2L, 3L, 5L, 7L, 20L, 641L, 4096L, 65537L, 1L << 30, largest}) {
    const Divisor by(n);
    for (const std::int64_t near : {0L, n, 2 * n, largest / n * n, largest})
      for (std::int64_t i = std::max(near - 1, 0L); i <= std::min(near + 1, largest); ++i)
        EXPECT_EQ(by.quotient(static_cast<std::uint32_t>(i)), i / n) << i << " / " << n;
  }
}

TEST(GpuPlaces, AreFoundInTensorsOfAnySize) {
  // An axis of each nest is walked backwards, so that none are merged; the last has more than 2^31
  // elements, and one axis with more than 2^32.
  const std::int64_t sizes[][3] = {{3, 5, 7}, {1000, 1000, 2000}, {2, 3, 5000000000}};
  for (const auto& size : sizes) {
    const std::int64_t stride[] = {11 * size[1] * size[2], -size[2], 1};
    const kernels::View view{nullptr, stride};
    const Nest nest({3, size}, &view, 1);
    const std::int64_t end = size[0] * size[1] * size[2];
    for (const std::int64_t i : {std::int64_t{0}, size[2] - 1, size[2], end / 2, end - 1}) {
      const std::int64_t last = i % size[2], middle = i / size[2] % size[1];
      EXPECT_EQ(offset_of(nest, i), i / size[2] / size[1] * stride[0] + middle * stride[1] + last);
    }
  }
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

}  // namespace
}  // namespace wald::gpu
