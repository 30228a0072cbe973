// The CPU's table of functions.
#include <wald/kernels/backend.h>

#include "copy.h"
#include "decompositions.h"
#include "matmul.h"
#include "memory.h"
#include "pointwise.h"
#include "reduce.h"

namespace wald::kernels {

const Backend& cpu_backend() {
  static const Backend table{
      "cpu",    allocate,         release, find_pointwise, pointwise, copy, fill, sum, matmul,
      cholesky, triangular_solve, lu,      permute_rows,   qr,        eigh, svd};
  return table;
}

}  // namespace wald::kernels
