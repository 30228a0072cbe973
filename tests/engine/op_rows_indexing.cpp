// Rows of gathering, scattering and sorting.
#include <wald/engine/ops/ops.h>

#include "op_table.h"

namespace wald::testing {

std::vector<OpRow> indexing_rows() { return {}; }

}  // namespace wald::testing
