// The incomplete gamma and beta functions, with derivatives by every argument.
#pragma once

#include <wald/engine/tensor.h>

namespace wald {}  // namespace wald
