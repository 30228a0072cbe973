#include "creation.h"

namespace wald {}  // namespace wald
