// Pointwise operations on the CPU: see Backend for the contract.
#pragma once

#include <wald/kernels/backend.h>

namespace wald::kernels {

const PointwiseKernel* find_pointwise(const char* name);
void pointwise(const PointwiseKernel&, DType dtype, Shape, const View* in, void* out);
/// A formula of one operand for each of n numbers in place, on the calling thread.
void apply_in_place(const char* formula, double* x, std::int64_t n);

}  // namespace wald::kernels
