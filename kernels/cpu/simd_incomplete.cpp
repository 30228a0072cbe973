// The pointwise kernels of kernels/incomplete_formulas.h for one instruction set; see
// simd_dense.cpp.
#include <wald/kernels/incomplete_formulas.h>

#include "simd_rows.h"

namespace wald::kernels {

extern "C" void WALD_SIMD_ENTRY(wald_incomplete)(Simd& set) {
  Collect collect{set};
  for_each_incomplete_formula(collect);
}

}  // namespace wald::kernels
