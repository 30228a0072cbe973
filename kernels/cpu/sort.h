// Ordering, and searching in what is ordered: see Backend for the contract.
#pragma once

#include <wald/kernels/backend.h>

namespace wald::kernels {

void argsort(DType, Shape, View in, bool descending, std::int64_t keep, std::int64_t* out);
void searchsorted(DType, Shape, View sequence, std::int64_t n, std::int64_t step, View values,
                  bool right, std::int64_t* out);

}  // namespace wald::kernels
