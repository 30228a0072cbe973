// Rows of decompositions and products of matrices.
#include <wald/engine/ops/ops.h>

#include "op_table.h"

namespace wald::testing {

std::vector<OpRow> linalg_rows() { return {}; }

}  // namespace wald::testing
