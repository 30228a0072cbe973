#include "openblas.h"

#include <cblas.h>

namespace wald::kernels {

std::string openblas_description() {
  static const char* const threading[] = {"no threads", "its own threads", "OpenMP"};
  const int kind = openblas_get_parallel();
  std::string text = openblas_get_config();
  return text + ", " + openblas_get_corename() + ", " +
         (kind >= 0 && kind <= 2 ? threading[kind] : "unknown threading");
}

bool openblas_uses_openmp() { return openblas_get_parallel() == 2; }

}  // namespace wald::kernels
