// Kernels of the elementary formulas.
#include <wald/kernels/gpu/scalar_math.h>

#include <wald/kernels/formulas.h>

#include "pointwise_kernels.h"

namespace wald::gpu {

void add_elementary(PointwiseSet& set) {
  Collect visit{set};
  kernels::for_each_elementary_formula(visit);
  kernels::for_each_activation_formula(visit);
  kernels::for_each_slope_formula(visit);
}

}  // namespace wald::gpu
