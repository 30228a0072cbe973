// The pointwise kernels of kernels/formulas.h for one instruction set; see simd_dense.cpp.
#include <wald/kernels/formulas.h>

#include "simd_rows.h"

namespace wald::kernels {

extern "C" void WALD_SIMD_ENTRY(wald_elementary)(Simd& set) {
  Collect collect{set};
  for_each_formula(collect);
}

}  // namespace wald::kernels
