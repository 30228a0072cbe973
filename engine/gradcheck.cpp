#include "gradcheck.h"

namespace wald {}  // namespace wald
