// Kernels of the incomplete formulas.
#include <wald/kernels/gpu/scalar_math.h>

#include <wald/kernels/incomplete_formulas.h>

#include "pointwise_kernels.h"

namespace wald::gpu {

void add_incomplete(PointwiseSet& set) {
  Collect visit{set};
  kernels::for_each_incomplete_formula(visit);
}

}  // namespace wald::gpu
