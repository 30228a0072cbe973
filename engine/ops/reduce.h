// Reductions. Sums go through a fixed tree: the same bits for any number of threads; float32 is
// accumulated in float64.
#pragma once

#include <wald/engine/tensor.h>

namespace wald {

/// The sum of all elements, a scalar; 0 of none. Booleans are counted, in int64.
Tensor sum(const Tensor& x);
/// The sum over some axes, which go away, or stay with size 1 if `keepdim`.
Tensor sum(const Tensor& x, const Dims& axes, bool keepdim = false);

/// Means, of float64 and float32; nan of no elements.
Tensor mean(const Tensor& x);
Tensor mean(const Tensor& x, const Dims& axes, bool keepdim = false);

}  // namespace wald
