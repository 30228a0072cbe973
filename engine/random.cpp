#include "random.h"

namespace wald {}  // namespace wald
