// Reference fits and made data of models of categories. Knows the layout of the reference files.
#pragma once

#include <wald/engine/io/csv.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/categorical.h>
#include <wald/models/column_values.h>
#include <wald/models/design.h>
#include <wald/models/inference.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "../oracles.h"

namespace wald::testing {

/// The data of a fit of shared/oracles/glm; an `Intercept` column is read as any other.
inline CategoricalData read_choices(const std::string& item, const std::string& fit,
                                    const nlohmann::json& about,
                                    std::vector<std::string> classes = {}) {
  const Table table = read_csv(oracle_path("glm/" + item + "." + fit + ".design.csv"));
  std::string covariates;
  for (const auto& name : about["columns"])
    covariates += (covariates.empty() ? "" : ",") + name.get<std::string>();
  const Design design = make_design(table, covariates, {.intercept = false});
  CategoricalData data;
  data.x = design.x;
  data.names = design.names;
  data.levels = classes.empty() ? about["classes"].get<std::vector<std::string>>() : classes;
  data.y = to(from_vector(number_column(table, "y", design.rows)), DType::int64);
  if (std::ranges::count(table.names(), "weight") > 0)
    data.weights = from_vector(number_column(table, "weight", design.rows));
  return data;
}

inline double exact_number(const nlohmann::json& text) {
  return std::strtod(text.get<std::string>().c_str(), nullptr);
}

/// Coefficients in standard errors, covariances in products of them, log-likelihood relative.
inline void expect_fit(const Fit& fit, const nlohmann::json& exact, double coefficients,
                       double covariances, double loglik) {
  const std::size_t k = fit.names.size();
  ASSERT_EQ(exact["coef"].size(), k);
  double worst_estimate = 0, worst_vcov = 0;
  for (std::size_t i = 0; i < k; ++i) {
    const double se = exact_number(exact["se"][i]);
    worst_estimate =
        std::max(worst_estimate, std::abs(fit.estimate[i] - exact_number(exact["coef"][i])) / se);
    for (std::size_t j = 0; j < k; ++j)
      worst_vcov =
          std::max(worst_vcov, std::abs(fit.vcov[i * k + j] - exact_number(exact["vcov"][i][j])) /
                                   (se * exact_number(exact["se"][j])));
  }
  EXPECT_LT(worst_estimate, coefficients);
  EXPECT_LT(worst_vcov, covariances);
  EXPECT_NEAR(fit.loglik / exact_number(exact["loglik"]), 1, loglik);
  EXPECT_EQ(fit.status, FitStatus::converged) << fit.message;
}

/// A design of an intercept (if asked for), and columns.
inline CategoricalData choices_of(const std::vector<std::int64_t>& y, std::int64_t levels,
                                  const std::vector<std::vector<double>>& columns, bool intercept) {
  CategoricalData data;
  const auto n = static_cast<std::int64_t>(y.size());
  std::vector<Tensor> x;
  if (intercept) {
    x.push_back(ones({n}));
    data.names.push_back("(Intercept)");
  }
  for (std::size_t j = 0; j < columns.size(); ++j) {
    x.push_back(from_vector(columns[j]));
    data.names.push_back("x" + std::to_string(j + 1));
  }
  data.x = x.empty() ? zeros({n, 0}) : stack(x, 1);
  data.y = from_vector(y);
  for (std::int64_t j = 0; j < levels; ++j) data.levels.push_back(std::string(1, char('a' + j)));
  return data;
}

template <class Refusal, class Action>
void expect_refusal(Action action, const std::vector<std::string>& parts) {
  try {
    action();
    FAIL() << "nothing was thrown for: " << parts[0];
  } catch (const Refusal& error) {
    for (const std::string& part : parts)
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

}  // namespace wald::testing
