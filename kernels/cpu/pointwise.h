// Pointwise operations on the CPU: see Backend for the contract.
#pragma once

#include <wald/kernels/backend.h>

namespace wald::kernels {

const PointwiseKernel* find_pointwise(const char* name);
void pointwise(const PointwiseKernel&, DType dtype, Shape, const View* in, void* out);

}  // namespace wald::kernels
