// Kernels of the special formulas.
#include <wald/kernels/gpu/scalar_math.h>

#include <wald/kernels/special_formulas.h>

#include "pointwise_kernels.h"

namespace wald::gpu {

void add_special(PointwiseSet& set) {
  Collect visit{set};
  kernels::for_each_special_formula(visit);
}

}  // namespace wald::gpu
