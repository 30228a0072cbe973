// Which functions give which reference tables: special.
#include <wald/engine/ops/ops.h>

#include "special_table.h"

namespace wald::testing {

std::vector<SpecialTable> special_tables() {
  return {
      unary_table("erf", erf),
      unary_table("erfc", erfc),
      unary_table("erfcx", erfcx),
      unary_table("ndtr", ndtr),
      unary_table("log_ndtr", log_ndtr),
      unary_table("ndtri", ndtri),
      unary_table("lgamma", lgamma),
      unary_table("digamma", digamma),
      unary_table("trigamma", trigamma),
      unary_table("polygamma2", [](const Tensor& x) { return polygamma(2, x); }),
      unary_table("i0e", i0e),
      unary_table("i1e", i1e),
      binary_table("lbeta", lbeta, "a", "b"),
      binary_table("beta", beta, "a", "b"),
  };
}

}  // namespace wald::testing
