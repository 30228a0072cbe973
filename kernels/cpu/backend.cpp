// The CPU's table of functions.
#include <wald/kernels/backend.h>

#include "copy.h"
#include "index.h"
#include "matmul.h"
#include "memory.h"
#include "pointwise.h"
#include "reduce.h"
#include "sort.h"

namespace wald::kernels {

const Backend& cpu_backend() {
  static const Backend table{
      "cpu",  allocate, release, find_pointwise, pointwise,      copy,    fill,        sum,
      matmul, gather,   scatter, index_bounds,   places_of_true, argsort, searchsorted};
  return table;
}

}  // namespace wald::kernels
