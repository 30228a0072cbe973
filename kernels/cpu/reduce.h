// Reductions on the CPU: see Backend for the contract.
#pragma once

#include <wald/kernels/backend.h>

namespace wald::kernels {

void reduce(Reduction, DType, Shape, View in, std::uint64_t axes, void* out);
void arg_reduce(Reduction kind, DType, Shape, View in, int axis, std::int64_t* out);

/// The sum of n values, added in pairs, pairs of pairs ... in place; the result is in x[0].
/// With `width` > 1 each value is a row of so many.
void tree_sum(double* x, std::int64_t n, std::int64_t width = 1);

}  // namespace wald::kernels
