// Parametric survival regression against fits in 220-bit arithmetic.
#include <wald/engine/io/csv.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/design.h>
#include <wald/models/survival.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "../oracles.h"

namespace wald {
namespace {

double number(const nlohmann::json& text) {
  return std::strtod(text.get<std::string>().c_str(), nullptr);
}

SurvivalData read_item(const std::string& item, const nlohmann::json& about) {
  std::string covariates;
  for (const auto& name : about["covariates"])
    covariates += (covariates.empty() ? "" : ",") + name.get<std::string>();
  const Table table = read_csv(testing::oracle_path("survival/" + item + "_design.csv"));
  const Design design = make_design(table, covariates);
  SurvivalData data;
  data.x = design.x;
  data.names = design.names;
  data.time = from_vector(number_column(table, "time", design.rows));
  data.event = from_vector(number_column(table, "status", design.rows));
  if (about["delayed_entry"]) data.entry = from_vector(number_column(table, "start", design.rows));
  return data;
}

std::string program_name(const std::string& reference) {
  if (reference == "Intercept") return "(Intercept)";
  if (reference == "log_shape") return "log(shape)";
  if (reference == "gompertz_shape") return "shape";
  if (reference == "log_scale") return "log(scale)";
  return reference;
}

/// The largest deviations: of estimates in standard errors, of covariances in products of standard
/// errors, of log-likelihoods relative to them.
struct Deviation {
  double estimate = 0, vcov = 0, loglik = 0;

  void add(const SurvivalFit& fit, const nlohmann::json& exact) {
    const std::size_t k = fit.names.size();
    ASSERT_EQ(exact["coef"].size(), k);
    for (std::size_t i = 0; i < k; ++i) {
      EXPECT_EQ(fit.names[i], program_name(exact["param_order"][i]));
      const double se = number(exact["se"][i]);
      estimate = std::max(estimate, std::abs(fit.estimate[i] - number(exact["coef"][i])) / se);
      for (std::size_t j = 0; j < k; ++j)
        vcov = std::max(vcov, std::abs(fit.vcov[i * k + j] - number(exact["vcov"][i][j])) /
                                  (se * number(exact["se"][j])));
    }
    for (const auto& [value, key] :
         {std::pair(fit.loglik, "loglik"), std::pair(fit.loglik_logtime, "loglik_logtime")})
      loglik = std::max(loglik, std::abs(value / number(exact[key]) - 1));
  }
};

class SurvivalOracle : public ::testing::TestWithParam<const char*> {};

TEST_P(SurvivalOracle, FitsAreThoseOf220Bits) {
  const std::string item = GetParam();
  WALD_NEEDS_ORACLE("survival/" + item + ".json");
  const auto about = testing::read_oracle("survival/" + item + ".json");
  const SurvivalData data = read_item(item, about);
  Deviation exponential, others;
  int fits = 0;
  for (const auto& [name, form] : {std::pair("ph", SurvivalForm::ph), {"aft", SurvivalForm::aft}}) {
    if (!about.contains(name)) continue;  // delayed entry has no aft reference
    for (const auto& [distribution, reference] : about[name].items()) {
      SCOPED_TRACE(std::string(name) + " " + distribution);
      const SurvivalFit fit = fit_survival(data, {law_named(distribution).distribution, form});
      EXPECT_NE(fit.status, FitStatus::failed) << fit.message;
      EXPECT_EQ(fit.n, about["n"].get<int>());
      EXPECT_EQ(fit.events, about["events"].get<double>());
      (distribution == "exponential" ? exponential : others).add(fit, reference["hp"]);
      const auto of_r = reference.value("r", nlohmann::json::object());
      if (of_r.contains("loglik_null")) {
        const double null = of_r["loglik_null"];
        EXPECT_NEAR(fit.loglik_null, null, 1e-10 * std::abs(null));
      }
      ++fits;
    }
  }
  EXPECT_EQ(fits, about.contains("aft") ? 7 : 3);
  RecordProperty("estimate", fmt::format("{:.1e}", others.estimate));
  RecordProperty("vcov", fmt::format("{:.1e}", others.vcov));
  RecordProperty("loglik", fmt::format("{:.1e}", others.loglik));
  EXPECT_LT(exponential.estimate, 2e-12);  // 1e-12 is where the last Newton step is left out
  EXPECT_LT(exponential.vcov, 2e-12);
  EXPECT_LT(exponential.loglik, 1e-13);
  EXPECT_LT(others.estimate, 1e-10);
  EXPECT_LT(others.vcov, 1e-10);
  EXPECT_LT(others.loglik, 1e-12);
}

INSTANTIATE_TEST_SUITE_P(, SurvivalOracle,
                         ::testing::Values("aml", "colon", "flchain", "heart", "kidney", "lung",
                                           "mgus2", "ovarian", "rotterdam", "veteran"),
                         [](const auto& item) { return std::string(item.param); });

}  // namespace
}  // namespace wald
