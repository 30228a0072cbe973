#include "fit_json.h"

#include <cmath>

namespace wald::cli {

Json coefficients_json(const Fit& fit, double level) {
  const char* statistic = std::isinf(fit.degrees_of_freedom) ? "z" : "t";
  Json rows = Json::array();
  for (const CoefficientRow& row : coefficient_table(fit, level))
    rows.push_back({{"name", row.name},
                    {"estimate", row.estimate},
                    {"std_error", row.std_error},
                    {statistic, row.z},
                    {"p", row.p},
                    {"lower", row.lower},
                    {"upper", row.upper}});
  return rows;
}

Json matrix_json(const std::vector<double>& values, std::size_t k) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < k; ++i)
    rows.push_back(std::vector<double>(values.begin() + static_cast<std::ptrdiff_t>(i * k),
                                       values.begin() + static_cast<std::ptrdiff_t>((i + 1) * k)));
  return rows;
}

}  // namespace wald::cli
