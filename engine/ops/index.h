// Operations that pick, place and order elements by index. Indices are int64 tensors.
#pragma once

#include <wald/engine/tensor.h>

namespace wald {}  // namespace wald
