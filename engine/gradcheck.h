// Checks of derivatives against differences, for operations and functions of the user's own.
#pragma once

#include <wald/engine/tensor.h>

namespace wald {}  // namespace wald
