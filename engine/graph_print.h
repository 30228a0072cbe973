// The computation graph as text for Graphviz.
#pragma once

#include <wald/engine/tensor.h>

namespace wald {}  // namespace wald
