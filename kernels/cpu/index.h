// Moving elements by index, and finding places: see Backend for the contract.
#pragma once

#include <wald/kernels/backend.h>

namespace wald::kernels {

void gather(DType, Shape, View in, int axis, View index, void* out);
void scatter(DType, bool add, Shape, View source, View index, int axis, Shape out_shape, void* out);
void index_bounds(Shape, View index, std::int64_t* low, std::int64_t* high);
std::int64_t places_of_true(Shape, View mask, std::int64_t* out);

}  // namespace wald::kernels
