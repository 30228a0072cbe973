#include "special.h"

#include <wald/engine/op.h>
#include <wald/engine/tensor_impl.h>

namespace wald {}  // namespace wald
