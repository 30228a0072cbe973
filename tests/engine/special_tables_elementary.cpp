// Which functions give which reference tables: elementary.
#include <wald/engine/ops/ops.h>

#include "special_table.h"

namespace wald::testing {

std::vector<SpecialTable> elementary_tables() {
  return {
      unary_table("exp", exp),           unary_table("expm1", expm1),
      unary_table("log", log),           unary_table("log1p", log1p),
      unary_table("sqrt", sqrt),         unary_table("sin", sin),
      unary_table("cos", cos),           unary_table("sigmoid", sigmoid),
      unary_table("softplus", softplus),
  };
}

}  // namespace wald::testing
