// The mean of an exponential over an interval, as an operation of the engine.
#pragma once

#include <wald/engine/tensor.h>

namespace wald {

/// (exp(x) - 1) / x, the mean of exp(u x) for u from 0 to 1, which is 1 at x = 0, for x <= 0 in any
/// shape (float64). It and its derivatives, the means of u^k exp(u x), have all digits at 0, near
/// it, and far from it.
Tensor mean_exp(const Tensor& x);

}  // namespace wald
