// The CPU's table of functions.
#include <wald/kernels/backend.h>

#include "copy.h"
#include "matmul.h"
#include "memory.h"
#include "pointwise.h"
#include "random.h"
#include "reduce.h"

namespace wald::kernels {

const Backend& cpu_backend() {
  static const Backend table{
      "cpu", allocate, release, find_pointwise, pointwise,       copy,
      fill,  sum,      matmul,  random_real,    random_integers, random_poisson};
  return table;
}

}  // namespace wald::kernels
