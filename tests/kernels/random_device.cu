// Compiled, not run: the random numbers as a kernel of a GPU thread. With -fmad=false they have the
// bits of the CPU's.
#include <wald/kernels/random_formulas.h>

namespace k = wald::kernels;

static __global__ void draw(std::uint64_t seed, std::uint64_t place, long n, float* f, double* u,
                            double* z, double* e, double* counts, std::uint64_t* integers) {
  const long i = blockIdx.x * static_cast<long>(blockDim.x) + threadIdx.x;
  if (i >= n) return;
  const k::PhiloxBlock block = k::philox(seed, place + static_cast<std::uint64_t>(i / 2), 0);
  const std::uint64_t word = k::random_word(block, static_cast<int>(i % 2));
  f[i] = k::uniform_float_of(word);
  u[i] = k::uniform_of(word);
  z[i] = k::normal_of(word);
  e[i] = k::exponential_of(word);
  k::ElementStream first(seed, place + static_cast<std::uint64_t>(i));
  counts[i] = k::poisson_of(first, z[i]);
  k::ElementStream second(seed, place + static_cast<std::uint64_t>(i));
  integers[i] = k::integer_below(second, 7);
}

void compile_random() {
  draw<<<1, 32>>>(0, 0, 0L, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
}
