// Kernels of the incomplete formulas.
#include <wald/kernels/gamma_parts.h>
#include <wald/kernels/gpu/scalar_math.h>

// The functions that these are made of are long and have many callers. Inlined, they are compiled
// once for each, which takes hours; a call costs little beside what they do.
#if defined(__CUDACC__) || defined(__HIPCC__)
#undef WALD_DEVICE
#define WALD_DEVICE __device__ __noinline__
#endif

#include <wald/kernels/incomplete_formulas.h>

#if defined(__CUDACC__) || defined(__HIPCC__)
#undef WALD_DEVICE
#define WALD_DEVICE __device__
#endif

#include "pointwise_kernels.h"

namespace wald::gpu {

void add_incomplete(PointwiseSet& set) {
  Collect visit{set};
  kernels::for_each_incomplete_formula(visit);
}

}  // namespace wald::gpu
