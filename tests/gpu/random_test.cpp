// Random numbers and the memory of a GPU, run by the emulator.
#include <wald/kernels/gpu/elements.h>
#include <wald/kernels/gpu/memory.h>

#include "operands.h"

namespace wald::gpu {
namespace {

using kernels::cpu_backend;

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

TEST(GpuMemory, IsKeptForTheNextUseAndGivenBackWhenShort) {
  trim(0);
  void *a = nullptr, *b = nullptr;
  ASSERT_EQ(take(0, &a, 1000), success);
  EXPECT_EQ(memory_use(0).in_use, 1024u);
  give(0, a, 1000);
  EXPECT_EQ(memory_use(0).in_use, 0u);
  EXPECT_EQ(memory_use(0).kept, 1024u);
  ASSERT_EQ(take(0, &b, 1010), success);
  EXPECT_EQ(a, b);
  give(0, b, 1010);
  emulator::set_memory_limit(1 << 20);
  void* large = nullptr;
  EXPECT_EQ(take(0, &large, 1 << 20), success) << "what was kept is in the way";
  EXPECT_EQ(memory_use(0).kept, 0u);
  EXPECT_EQ(take(0, &a, 1), out_of_memory);
  give(0, large, 1 << 20);
  trim(0);
  emulator::set_memory_limit(0);
  set_memory_limit(0, 4096);
  EXPECT_EQ(take(0, &a, 8192), out_of_memory);
  EXPECT_EQ(take(0, &a, 4096), success);
  give(0, a, 4096);
  set_memory_limit(0, 0);
  trim(0);
  EXPECT_EQ(memory_use(0).kept, 0u);
}

}  // namespace
}  // namespace wald::gpu
