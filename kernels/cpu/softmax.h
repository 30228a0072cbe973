// Sums of exponentials on the CPU: see Backend for the contract.
#pragma once

#include <wald/kernels/backend.h>

namespace wald::kernels {

void softmax(Softmax, DType, Shape, View in, int axis, void* out);

}  // namespace wald::kernels
