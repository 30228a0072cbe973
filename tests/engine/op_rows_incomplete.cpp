// Rows of the incomplete gamma and beta functions.
#include <wald/engine/ops/ops.h>

#include "op_table.h"

namespace wald::testing {

std::vector<OpRow> incomplete_rows() { return {}; }

}  // namespace wald::testing
