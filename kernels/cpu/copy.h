// Strided copies (tile by tile where the two sides walk in opposite order), conversions between
// element types (convert.h says what becomes of nan), and filling: see Backend for the contract.
#pragma once

#include <wald/kernels/backend.h>

namespace wald::kernels {

void copy(DType from, DType to, Shape, View in, View out);
void fill(DType, void* out, std::int64_t n, double value);

}  // namespace wald::kernels
