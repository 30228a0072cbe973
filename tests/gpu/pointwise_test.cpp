// Every pointwise kernel of a GPU, run by the emulator, against the CPU's: all layouts and types.
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
