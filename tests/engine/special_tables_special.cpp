// Which functions give which reference tables: special.
#include <wald/engine/ops/ops.h>

#include "special_table.h"

namespace wald::testing {

namespace {

/// B(a, b) near its poles is (a + b) / (a b) and a remainder. The mixed derivative is that of the
/// remainder alone, of order a b less than what cancels; and where B itself overflows, so do the
/// products that its derivatives are.
bool beta_cancels(const std::string& column, const std::vector<double>& x) {
  return (column == "fab" && x[0] < 0.01) || x[0] == 5e-324;
}

}  // namespace

std::vector<SpecialTable> special_tables() {
  SpecialTable beta_table = binary_table("beta", beta, "a", "b");
  beta_table.exempts = beta_cancels;
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
      beta_table,
  };
}

}  // namespace wald::testing
