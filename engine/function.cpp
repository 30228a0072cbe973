#include "function.h"

namespace wald {}  // namespace wald
