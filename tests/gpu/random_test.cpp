// Random numbers of a GPU, run by the emulator.
#include <wald/kernels/gpu/elements.h>

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

}  // namespace
}  // namespace wald::gpu
