#include "fit_json.h"

#include <cmath>

#include <wald/models/distributions.h>

namespace wald::cli {

Json coefficients_json(const Fit& fit, const SummaryHead& head, double level) {
  const char* statistic = std::isinf(fit.degrees_of_freedom) ? "z" : "t";
  Json list = Json::array();
  const std::vector<CoefficientRow> rows = coefficient_table(fit, level);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const CoefficientRow& row = rows[i];
    Json one = {{"name", row.name},
                {"estimate", row.estimate},
                {"std_error", row.std_error},
                {statistic, row.z},
                {"p", row.p},
                {"lower", row.lower},
                {"upper", row.upper}};
    if (head.has_ratio(fit, i)) {
      one["ratio"] = std::exp(row.estimate);
      one["ratio_lower"] = std::exp(row.lower);
      one["ratio_upper"] = std::exp(row.upper);
    }
    list.push_back(std::move(one));
  }
  return list;
}

Json matrix_json(const std::vector<double>& values, std::size_t k) {
  if (values.empty()) return nullptr;
  Json rows = Json::array();
  for (std::size_t i = 0; i < k; ++i)
    rows.push_back(std::vector<double>(values.begin() + static_cast<std::ptrdiff_t>(i * k),
                                       values.begin() + static_cast<std::ptrdiff_t>((i + 1) * k)));
  return rows;
}

Json chi_squared_json(double statistic, int df) {
  return {{"statistic", statistic}, {"df", df}, {"p", chi_squared_sf(statistic, df)}};
}

}  // namespace wald::cli
