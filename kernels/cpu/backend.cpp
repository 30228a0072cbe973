// The CPU's table of functions.
#include <wald/kernels/backend.h>

#include "copy.h"
#include "matmul.h"
#include "memory.h"
#include "pointwise.h"
#include "reduce.h"
#include "scan.h"
#include "softmax.h"

namespace wald::kernels {

const Backend& cpu_backend() {
  static const Backend table{"cpu", allocate, release, find_pointwise, pointwise, copy,
                             fill,  reduce,   matmul,  arg_reduce,     scan,      softmax};
  return table;
}

}  // namespace wald::kernels
