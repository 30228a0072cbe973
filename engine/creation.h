// Tensors made from nothing: ranges and grids.
#pragma once

#include <wald/engine/tensor.h>

namespace wald {}  // namespace wald
