// Which functions give which reference tables: elementary.
#include <wald/engine/ops/ops.h>

#include "special_table.h"

namespace wald::testing {

std::vector<SpecialTable> elementary_tables() {
  // The derivatives of x^y are x^(y - 1) and x^y with factors.
  SpecialTable powers = binary_table("pow", pow);
  powers.goes_through_value = true;
  return {
      unary_table("exp", exp),
      unary_table("expm1", expm1),
      unary_table("exp2", exp2),
      unary_table("log", log),
      unary_table("log2", log2),
      unary_table("log10", log10),
      unary_table("log1p", log1p),
      unary_table("sqrt", sqrt),
      unary_table("cbrt", cbrt),
      unary_table("sin", sin),
      unary_table("cos", cos),
      unary_table("tan", tan),
      unary_table("asin", asin),
      unary_table("acos", acos),
      unary_table("atan", atan),
      unary_table("sinh", sinh),
      unary_table("cosh", cosh),
      unary_table("tanh", tanh),
      unary_table("asinh", asinh),
      unary_table("acosh", acosh),
      unary_table("atanh", atanh),
      unary_table("sigmoid", sigmoid),
      unary_table("softplus", softplus),
      unary_table("log_sigmoid", log_sigmoid),
      unary_table("logit", logit),
      unary_table("log1mexp", log1mexp),
      powers,
      binary_table("xlogy", xlogy),
      binary_table("atan2", atan2, "y", "x"),
      binary_table("hypot", hypot),
      binary_table("logaddexp", logaddexp),
  };
}

}  // namespace wald::testing
