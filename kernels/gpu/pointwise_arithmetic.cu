// Kernels of the arithmetic formulas.
#include <wald/kernels/gpu/scalar_math.h>

#include <wald/kernels/formulas.h>

#include "pointwise_kernels.h"

namespace wald::gpu {

void add_arithmetic(PointwiseSet& set) {
  Collect visit{set};
  kernels::for_each_arithmetic_formula(visit);
}

}  // namespace wald::gpu
