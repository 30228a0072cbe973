// wald fit cox and wald fit clogit, as they were built: what they print, save, predict and refuse.
#include <gtest/gtest.h>

#include <cmath>

#include "../oracles.h"
#include "program.h"

namespace wald {
namespace {

using testing::fit_file;
using testing::number;
using testing::Outcome;
using testing::run_wald;
using testing::temp_path;
using testing::write_file;

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

TEST(FitCox, IsTheExactSolutionByColumnsAndByFormula) {
  WALD_NEEDS_ORACLE("survival/colon_two_events_design.csv");
  const std::string csv = testing::oracle_path("survival/colon_two_events_design.csv");
  const Outcome columns =
      fit_file("cox", csv,
               {"--time", "time", "--event", "status", "--covariates",
                "rxLev,rxLev_5FU,sex,age,obstruct,adhere,extent", "--strata", "strata", "--json"});
  const Outcome formula =
      fit_file("cox", csv,
               {"--formula",
                "Surv(time, status) ~ rxLev + rxLev_5FU + sex + age + strata(strata) "
                "+ obstruct + adhere + extent",
                "--json"});
  ASSERT_EQ(columns.exit_code, 0) << columns.err;
  ASSERT_EQ(formula.exit_code, 0) << formula.err;
  const nlohmann::json out = columns.json();
  EXPECT_EQ(out.at("coefficients"), formula.json().at("coefficients"));
  const nlohmann::json hp =
      testing::read_oracle("survival/colon_two_events.json").at("cox").at("efron").at("hp");
  for (std::size_t j = 0; j < 7; ++j) {
    const nlohmann::json& row = out.at("coefficients")[j];
    const double se = number(hp.at("se")[j]);
    EXPECT_NEAR(row.at("estimate").get<double>(), number(hp.at("coef")[j]), 1e-8 * se);
    EXPECT_NEAR(row.at("std_error").get<double>(), se, 1e-7 * se);
    EXPECT_NEAR(row.at("ratio").get<double>(), std::exp(number(hp.at("coef")[j])), 1e-10);
  }
  EXPECT_EQ(out.at("model"), "cox");
  EXPECT_EQ(out.at("events"), 920);
  EXPECT_EQ(out.at("n"), 1858);
  EXPECT_NEAR(out.at("loglik_null").get<double>(), number(hp.at("loglik_null")), 1e-8);
  EXPECT_NEAR(out.at("score_test").at("statistic").get<double>(), number(hp.at("score_test")),
              1e-7);
}

TEST(FitCox, PredictsSurvivalFromASavedFit) {
  WALD_NEEDS_ORACLE("survival/lung_design.csv");
  const std::string saved = temp_path("cox.json"),
                    csv = testing::oracle_path("survival/lung_design.csv");
  const Outcome run = fit_file("cox", csv,
                               {"--time", "time", "--event", "status", "--covariates",
                                "age,sex,ph.ecog", "--save", saved, "--test-hazards"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  for (const char* part : {"Cox regression, ties by Efron", "Concordance", "0.6371", "Haz. ratio",
                           "Proportional hazards", "together 0.216"})
    EXPECT_TRUE(has(run.out, part)) << part << " is not in:\n" << run.out;
  const std::string data = write_file("new.csv", "age,sex,ph.ecog\n60,2,1\n");
  const Outcome survival = run_wald({"predict", saved, "--data", data, "--at", "1,183,444"});
  ASSERT_EQ(survival.exit_code, 0) << survival.err;
  // R: survfit(coxph(...), newdata).
  EXPECT_TRUE(has(survival.out, "1,1,1,0,1,1")) << survival.out;
  EXPECT_TRUE(has(survival.out, "1,183,0.79060760752")) << survival.out;
  EXPECT_TRUE(has(survival.out, "0.7294691746")) << survival.out;
  EXPECT_TRUE(has(survival.out, "0.8568701883")) << survival.out;
  const Outcome hazard =
      run_wald({"predict", saved, "--data", data, "--type", "cumhaz", "--at", "444"});
  EXPECT_TRUE(has(hazard.out, "1,444,0.7697835007")) << hazard.out << hazard.err;
  EXPECT_TRUE(has(hazard.out, ",0.1173190414")) << hazard.out;
  EXPECT_EQ(run_wald({"predict", saved, "--data", data, "--type", "risk"}).exit_code, 0);
}

TEST(FitCox, RobustStandardErrorsAreThoseOfR) {
  WALD_NEEDS_ORACLE("survival/heart.json");
  const std::string csv = testing::oracle_path("survival/heart_design.csv");
  const auto variance = [&](const char* se) {
    const Outcome run =
        fit_file("cox", csv,
                 {"--formula", "Surv(start, time, status) ~ age + year + surgery + transplant1",
                  "--se", se, "--json"});
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return run.json().at("vcov")[0][0].get<double>();
  };
  const nlohmann::json r =
      testing::read_oracle("survival/heart.json").at("cox").at("efron").at("r");
  const double robust = r.at("vcov_robust")[0][0], cluster = r.at("vcov_cluster")[0][0];
  EXPECT_NEAR(variance("HC0") / robust, 1, 1e-9);
  // CR1, of 103 patients with 172 spells.
  EXPECT_NEAR(variance("cluster:cluster") / cluster, 103.0 / 102 * 171 / 168, 1e-9);
}

constexpr const char* small =
    "t,d,x,g,w\n1,1,2,a,1\n2,1,0,a,1\n3,0,1,a,2\n4,1,1,a,1\n5,1,0,a,1\n"
    "2,1,1,b,1\n3,1,3,b,1\n5,0,2,b,1\n6,1,0,b,1\n7,0,2,b,1\n,1,2,b,1\n";

TEST(FitCox, StrataHaveHazardsOfTheirOwn) {
  const std::string saved = temp_path("strata.json"), csv = write_file("cox.csv", small);
  const Outcome run = fit_file(
      "cox", csv, {"--formula", "Surv(t, d) ~ x + strata(g)", "--weights", "w", "--save", saved});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Outcome both =
      run_wald({"predict", saved, "--data", csv, "--type", "cumhaz", "--at", "1.5"});
  ASSERT_EQ(both.exit_code, 0) << both.err;
  EXPECT_FALSE(has(both.out, "\n1,1.5,0,")) << "an event at 1 in stratum a";
  EXPECT_TRUE(has(both.out, "\n6,1.5,0,0,0,0")) << both.out;
  const Outcome other =
      run_wald({"predict", saved, "--data", write_file("new.csv", "x,g\n1,c\n"), "--at", "1.5"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_TRUE(has(other.err, "line 2, column 'g': 'c' is no stratum")) << other.err;
}

TEST(FitCox, RefusesInOneSentence) {
  const std::string csv = write_file("cox.csv", small);
  const auto refused = [&](std::vector<std::string> more, int code, const char* part) {
    const Outcome run = fit_file("cox", csv, std::move(more));
    EXPECT_EQ(run.exit_code, code) << run.err;
    EXPECT_TRUE(has(run.err, part)) << run.err;
  };
  refused({"--formula", "Surv(t, d) ~ x + strata(g) + strata(w)"}, 2, "there are strata() already");
  refused({"--formula", "Surv(t, d) ~ x + strata(g)", "--strata", "g"}, 2, "one too many");
  refused({"--formula", "Surv(t, d) ~ x + strata(x + w)"}, 2, "strata() is of one column");
  refused({"--formula", "Surv(t, d) ~ strata(g)"}, 2, "there is nothing to estimate");
  refused({"--formula", "Surv(t, x) ~ w"}, 2, "line 2, column 'x': an event must be 0");
  refused({"--formula", "Surv(t, d) ~ x + I(2 * x)"}, 3, "I(2 * x) = 2 x");
  refused({"--formula", "Surv(t, d) ~ C(g) + strata(g)"}, 3, "C(g)b: it does not vary");
  refused({"--formula", "Surv(t, I(0 * d)) ~ x"}, 3, "there are no events");
  refused({"--time", "t", "--covariates", "x"}, 2, "--event");
}

TEST(FitClogit, IsTheExactSolution) {
  WALD_NEEDS_ORACLE("glm/infert.clogit.design.csv");
  const std::string csv = testing::oracle_path("glm/infert.clogit.design.csv");
  const Outcome run = fit_file(
      "clogit", csv,
      {"--y", "y", "--strata", "stratum", "--covariates", "spontaneous,induced", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const nlohmann::json out = run.json();
  const nlohmann::json hp =
      testing::read_oracle("glm/infert.json").at("fits").at("clogit").at("hp");
  for (std::size_t j = 0; j < 2; ++j)
    EXPECT_NEAR(out.at("coefficients")[j].at("estimate").get<double>(), number(hp.at("coef")[j]),
                1e-8 * number(hp.at("se")[j]));
  EXPECT_NEAR(out.at("loglik").get<double>(), number(hp.at("loglik")), 1e-9);
  EXPECT_EQ(out.at("n_strata"), 83);
  const Outcome table = fit_file("clogit", csv, {"--formula", "y ~ spontaneous + strata(stratum)"});
  for (const char* part : {"Conditional logistic regression", "Number of strata", "Odds ratio"})
    EXPECT_TRUE(has(table.out, part)) << part << " is not in:\n" << table.out;
}

TEST(FitClogit, RefusesInOneSentence) {
  const std::string csv = write_file("cox.csv", small);
  const auto refused = [&](std::vector<std::string> more, int code, const char* part) {
    const Outcome run = fit_file("clogit", csv, std::move(more));
    EXPECT_EQ(run.exit_code, code) << run.err;
    EXPECT_TRUE(has(run.err, part)) << run.err;
  };
  refused({"--y", "d", "--covariates", "x"}, 2, "--strata, or strata()");
  refused({"--y", "x", "--covariates", "t", "--strata", "g"}, 2,
          "line 2, column 'x': the outcome must be 0 or 1 (a case), not 2");
  refused({"--y", "d", "--covariates", "C(g)", "--strata", "g"}, 3, "does not vary within any");
  refused({"--formula", "I(d * 0) ~ x", "--strata", "g"}, 3, "no stratum has both");
}

}  // namespace
}  // namespace wald
