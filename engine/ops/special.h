// Special functions: gamma and its kin, the normal distribution, Bessel. Operands broadcast, and
// integers are taken as float64, as in pointwise.h.
#pragma once

#include <wald/engine/tensor.h>

namespace wald {}  // namespace wald
