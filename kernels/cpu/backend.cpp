// The table of the CPU.
#include <wald/kernels/backend.h>

#include "copy.h"
#include "decompositions.h"
#include "index.h"
#include "matmul.h"
#include "memory.h"
#include "pointwise.h"
#include "random.h"
#include "reduce.h"
#include "scan.h"
#include "softmax.h"
#include "sort.h"

namespace wald::kernels {

const Backend& cpu_backend() {
  static const Backend table{
      .name = "cpu",
      .allocate = allocate,
      .release = release,
      .find_pointwise = find_pointwise,
      .pointwise = pointwise,
      .copy = copy,
      .fill = fill,
      .reduce = reduce,
      .matmul = matmul,
      .cholesky = cholesky,
      .triangular_solve = triangular_solve,
      .lu = lu,
      .permute_rows = permute_rows,
      .qr = qr,
      .eigh = eigh,
      .svd = svd,
      .gather = gather,
      .scatter = scatter,
      .index_bounds = index_bounds,
      .places_of_true = places_of_true,
      .argsort = argsort,
      .searchsorted = searchsorted,
      .arg_reduce = arg_reduce,
      .scan = scan,
      .softmax = softmax,
      .random_real = random_real,
      .random_integers = random_integers,
      .random_poisson = random_poisson,
  };
  return table;
}

}  // namespace wald::kernels
