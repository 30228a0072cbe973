#include "graph_print.h"

namespace wald {}  // namespace wald
