// Running sums, products and recurrences on the CPU: see Backend for the contract.
#pragma once

#include <wald/kernels/backend.h>

namespace wald::kernels {

void scan(Scan, DType, Shape, View in, View factor, int axis, bool is_reverse, void* out);

}  // namespace wald::kernels
