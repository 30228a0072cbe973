// Generalized linear models against maximum likelihood in 220-bit arithmetic, from designs and from
// formulas, and the identities between what a fit reports.
#include <wald/engine/io/csv.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/column_values.h>
#include <wald/models/design.h>
#include <wald/models/glm.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "../oracles.h"

namespace wald {
namespace {

double number(const nlohmann::json& text) {
  return std::strtod(text.get<std::string>().c_str(), nullptr);
}

GlmFamily family_of(const std::string& name) {
  if (name == "Gamma") return GlmFamily::gamma;
  for (GlmFamily family :
       {GlmFamily::binomial, GlmFamily::poisson, GlmFamily::negative_binomial, GlmFamily::gaussian})
    if (name == name_of(family)) return family;
  throw std::runtime_error(name);
}

GlmLink link_of(const std::string& name) {
  for (GlmLink link : {GlmLink::logit, GlmLink::probit, GlmLink::cloglog, GlmLink::cauchit,
                       GlmLink::log, GlmLink::inverse, GlmLink::identity})
    if (name == name_of(link)) return link;
  throw std::runtime_error(name);
}

/// The design of a reference fit, its intercept a column as any other.
GlmData read_design(const nlohmann::json& about) {
  const Table table =
      read_csv(testing::oracle_path("glm/" + about["design_csv"].get<std::string>()));
  std::vector<std::size_t> rows(table.rows());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i;
  const auto column = [&](const std::string& name) {
    return from_vector(number_column(table, name, rows));
  };
  GlmData data;
  std::vector<Tensor> columns;
  for (const auto& name : about["columns"]) {
    data.names.push_back(name);
    columns.push_back(column(name));
  }
  data.x = stack(columns, 1);
  data.y = column("y");
  const auto has = [&](const char* what) {
    return about.contains(what) && about[what].get<bool>();
  };
  if (has("has_n")) data.trials = column("n");
  if (has("has_offset")) data.offset = column("offset");
  if (has("has_weight")) data.weights = column("weight");
  return data;
}

struct Item {
  const char *file, *fit;
};

/// The largest difference of two matrices in units of the diagonal of the second.
double difference(const std::vector<double>& got, const nlohmann::json& exact) {
  const std::size_t k = exact.size();
  double worst = 0;
  for (std::size_t i = 0; i < k; ++i)
    for (std::size_t j = 0; j < k; ++j)
      worst = std::max(worst, std::abs(got[i * k + j] - number(exact[i][j])) /
                                  std::sqrt(number(exact[i][i]) * number(exact[j][j])));
  return worst;
}

/// The coefficients' block of the inverse of the expected information.
std::vector<double> expected_block(const GlmFit& fit, const GlmData& data) {
  const auto p = static_cast<std::int64_t>(fit.names.size());
  const auto k = static_cast<std::int64_t>(data.names.size());
  const Tensor all = inverse(from_vector(expected_information(fit, data), {p, p}));
  return contiguous(slice(slice(all, 0, 0, k), 1, 0, k)).to_vector();
}

class GlmOracle : public ::testing::TestWithParam<Item> {};

TEST_P(GlmOracle, FitIsThatOf220Bits) {
  const std::string file = GetParam().file, name = GetParam().fit;
  WALD_NEEDS_ORACLE("glm/" + file + ".json");
  const auto about = testing::read_oracle("glm/" + file + ".json")["fits"][name];
  const auto& exact = about["hp"];
  const GlmData data = read_design(about);
  const GlmFit fit = fit_glm(data, family_of(about["family"]), link_of(about["link"]));
  EXPECT_NE(fit.status, FitStatus::failed) << fit.message;
  ASSERT_EQ(exact["coef"].size(), fit.names.size());
  double worst = 0, worst_error = 0;
  for (std::size_t i = 0; i < fit.names.size(); ++i) {
    const double se = number(exact["se"][i]);
    worst = std::max(worst, std::abs(fit.estimate[i] - number(exact["coef"][i])) / se);
    worst_error = std::max(worst_error, std::abs(fit.std_error(i) / se - 1));
  }
  RecordProperty("estimate", fmt::format("{:.1e}", worst));
  RecordProperty("std_error", fmt::format("{:.1e}", worst_error));
  EXPECT_LT(worst, 1e-9);
  EXPECT_LT(worst_error, 1e-9);
  EXPECT_LT(difference(fit.vcov, exact["vcov"]), 1e-9);
  // The condition number of Longley's columns is 4e4, that of X'X its square.
  const double of_expected = file == "longley" ? 1e-7 : 1e-9;
  EXPECT_LT(difference(expected_block(fit, data), exact["vcov_expected_beta"]), of_expected);
  EXPECT_NEAR(fit.loglik / number(exact["loglik"]), 1, 1e-12);
  const auto& r = about["r"];
  EXPECT_NEAR(fit.deviance / r["deviance"].get<double>(), 1, 1e-9);
  EXPECT_NEAR(fit.null_deviance / r["null_deviance"].get<double>(), 1, 1e-9);
  EXPECT_EQ(fit.df_residual, r["df_residual"].get<double>());
  if (r.contains("dispersion")) {
    EXPECT_NEAR(fit.dispersion() / r["dispersion"].get<double>(), 1, 1e-7);
  }
}

INSTANTIATE_TEST_SUITE_P(
    , GlmOracle,
    ::testing::Values(
        Item{"Cars93", "gamma_log"}, Item{"Cars93", "gamma_inverse"},
        Item{"InsectSprays", "poisson"}, Item{"InsectSprays", "negbin"},
        Item{"anorexia", "gaussian_offset"}, Item{"birthwt", "logit"}, Item{"birthwt", "probit"},
        Item{"birthwt", "cloglog"}, Item{"birthwt", "cauchit"}, Item{"birthwt", "linear"},
        Item{"epil", "poisson"}, Item{"epil", "negbin"}, Item{"infert", "logit_unmatched"},
        Item{"iris", "logit_virginica_vs_versicolor"}, Item{"longley", "linear"},
        Item{"menarche", "logit"}, Item{"menarche", "probit"}, Item{"menarche", "cloglog"},
        Item{"mtcars", "linear"}, Item{"mtcars", "linear_all"}, Item{"mtcars", "logit"},
        Item{"mtcars", "gamma_log"}, Item{"quine", "poisson"}, Item{"quine", "negbin"},
        Item{"quine", "negbin_interactions"}, Item{"ships", "poisson_offset"},
        Item{"swiss", "linear"}, Item{"warpbreaks", "poisson"}, Item{"warpbreaks", "negbin"},
        Item{"warpbreaks", "gaussian"}, Item{"warpbreaks", "poisson_main"}),
    [](const auto& item) { return std::string(item.param.file) + "_" + item.param.fit; });

std::string refusal_of(const Item& item, GlmFamily family) {
  const auto about =
      testing::read_oracle(std::string("glm/") + item.file + ".json")["fits"][item.fit];
  try {
    fit_glm(read_design(about), family, default_link(family));
  } catch (const NotIdentifiedError& error) {
    return error.what();
  }
  return "";
}

TEST(GlmBadInput, SeparatedAndCollinearReferencesNameTheirColumns) {
  WALD_NEEDS_ORACLE("glm/iris.json");
  const struct {
    Item item;
    GlmFamily family;
    std::vector<const char*> says;
  } cases[] = {{{"iris", "separated"},
                GlmFamily::binomial,
                {"completely separated", "Intercept", "Petal.Length", "Petal.Width"}},
               {{"mtcars", "separated"},
                GlmFamily::binomial,
                {"completely separated", "Intercept", "wt", "qsec"}},
               {{"quine", "rank_deficient"},
                GlmFamily::poisson,
                {"AgeF3.x.LrnSL = 0", "EthN.x.AgeF3.x.LrnSL", "SexM.x.AgeF3.x.LrnSL",
                 "EthN.x.SexM.x.AgeF3.x.LrnSL"}},
               {{"InsectSprays", "dummy_trap"},
                GlmFamily::poisson,
                {"sprayF = Intercept - sprayA - sprayB - sprayC - sprayD - sprayE"}}};
  for (const auto& c : cases) {
    const std::string message = refusal_of(c.item, c.family);
    for (const char* part : c.says)
      EXPECT_NE(message.find(part), std::string::npos) << part << " is not in: " << message;
  }
}

}  // namespace
}  // namespace wald
