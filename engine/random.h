// Random tensors by a counter-based generator: the same numbers for any number of threads.
#pragma once

#include <wald/engine/tensor.h>

namespace wald {}  // namespace wald
