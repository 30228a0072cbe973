// Matrix products on the CPU: see Backend for the contract.
#pragma once

#include <wald/kernels/backend.h>

namespace wald::kernels {

void matmul(const Matmul&);

}  // namespace wald::kernels
