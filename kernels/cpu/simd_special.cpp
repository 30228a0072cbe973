// The pointwise kernels of kernels/special_formulas.h for one instruction set; see simd_dense.cpp.
#include <wald/kernels/special_formulas.h>

#include "simd_rows.h"

namespace wald::kernels {

extern "C" void WALD_SIMD_ENTRY(wald_special)(Simd& set) {
  Collect collect{set};
  for_each_special_formula(collect);
}

}  // namespace wald::kernels
