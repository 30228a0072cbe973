// Operations of the user's own, with the derivative that the user states.
#pragma once

#include <wald/engine/tensor.h>

namespace wald {}  // namespace wald
