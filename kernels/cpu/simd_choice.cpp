// Chooses the instruction set once, by what the processor says.
#include <cstdlib>
#include <string_view>

#include "simd.h"

namespace wald::kernels {
namespace {

const Simd& choose() {
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl");
  const char* variable = std::getenv("WALD_SIMD");
  const std::string_view asked = variable ? variable : "";
  if (asked == "baseline") return *wald_simd_baseline();
  if (avx512 && asked != "avx2") return *wald_simd_avx512();
  if (avx2) return *wald_simd_avx2();
  return *wald_simd_baseline();
}

}  // namespace

const Simd& simd() {
  static const Simd& chosen = choose();
  return chosen;
}

}  // namespace wald::kernels
