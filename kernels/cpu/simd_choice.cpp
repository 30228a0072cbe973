// Chooses the instruction set once, by what the processor says.
#include <cstdlib>
#include <string_view>

#include "simd.h"

namespace wald::kernels {

// Each adds to a set what its translation unit has.
#define WALD_SIMD_SET(set)                 \
  extern "C" {                             \
  void wald_dense_##set(Simd&);            \
  void wald_fold_##set(Simd&);             \
  void wald_softmax_##set(Simd&);          \
  void wald_elementary_##set(Simd&);       \
  void wald_special_##set(Simd&);          \
  void wald_incomplete_##set(Simd&);       \
  }                                        \
  const Simd& simd_##set() {               \
    static const auto* const made = [] {   \
      auto* simd = new Simd{.name = #set}; \
      wald_dense_##set(*simd);             \
      wald_fold_##set(*simd);              \
      wald_softmax_##set(*simd);           \
      wald_elementary_##set(*simd);        \
      wald_special_##set(*simd);           \
      wald_incomplete_##set(*simd);        \
      return simd;                         \
    }();                                   \
    return *made;                          \
  }
WALD_SIMD_SET(baseline)
WALD_SIMD_SET(avx2)
WALD_SIMD_SET(avx512)
#undef WALD_SIMD_SET

namespace {

const Simd& choose() {
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl");
  const char* variable = std::getenv("WALD_SIMD");
  const std::string_view asked = variable ? variable : "";
  if (asked == "baseline") return simd_baseline();
  if (avx512 && asked != "avx2") return simd_avx512();
  if (avx2) return simd_avx2();
  return simd_baseline();
}

}  // namespace

const Simd& simd() {
  static const Simd& chosen = choose();
  return chosen;
}

}  // namespace wald::kernels
