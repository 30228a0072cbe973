// wald fit logistic, poisson, negbin, gamma, as they were built: what they print, and how they
// refuse.
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
using testing::write_file;

TEST(FitGlm, PrintsTheReferencesFromRawData) {
  WALD_NEEDS_ORACLE("glm/menarche.json");
  const struct {
    const char *model, *file, *fit, *formula, *link;
  } cases[] = {
      {"logistic", "menarche", "probit", "cbind(Menarche, Total - Menarche) ~ Age", "probit"},
      {"poisson", "InsectSprays", "poisson", "count ~ spray", "log"},
      {"negbin", "quine", "negbin", "Days ~ Eth + Sex + Age + Lrn", "log"},
      {"gamma", "Cars93", "gamma_inverse", "Price ~ Horsepower", "inverse"}};
  for (const auto& c : cases) {
    const Outcome run =
        fit_file(c.model, testing::oracle_path(std::string("glm/") + c.file + ".csv"),
                 {"--formula", c.formula, "--link", c.link, "--json"});
    ASSERT_EQ(run.exit_code, 0) << run.err;
    const nlohmann::json out = run.json();
    const auto about = testing::read_oracle(std::string("glm/") + c.file + ".json")["fits"][c.fit];
    EXPECT_EQ(out.at("model"), c.model);
    EXPECT_EQ(out.at("link"), c.link);
    EXPECT_NEAR(out.at("deviance").get<double>() / about["r"]["deviance"].get<double>(), 1, 1e-9);
    EXPECT_NEAR(out.at("loglik").get<double>() / number(about["hp"]["loglik"]), 1, 1e-12);
    for (std::size_t i = 0; i < out.at("coefficients").size(); ++i) {
      const double se = number(about["hp"]["se"][i]);
      const nlohmann::json row = out.at("coefficients")[i];
      EXPECT_NEAR(row.at("estimate").get<double>(), number(about["hp"]["coef"][i]), 1e-9 * se);
      EXPECT_NEAR(row.at("std_error").get<double>() / se, 1, 1e-9);
    }
  }
}

TEST(FitGlm, RobustErrorsAreTheReferences) {
  WALD_NEEDS_ORACLE("glm/birthwt.json");
  const auto hp = testing::read_oracle("glm/birthwt.json")["fits"]["probit"]["hp"];
  const std::string data = testing::oracle_path("glm/birthwt.probit.design.csv");
  const auto errors = [&](std::vector<std::string> options) {
    options.insert(options.end(),
                   {"--y", "y", "--covariates", "age,lwt,raceblack,raceother,smoke,ptl,ht,ui,ftv",
                    "--link", "probit", "--json"});
    const Outcome run = fit_file("logistic", data, options);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return run.json().at("vcov");
  };
  const auto expect_near = [](const nlohmann::json& got, const nlohmann::json& exact) {
    for (std::size_t i = 0; i < got.size(); ++i)
      EXPECT_NEAR(got[i][i].get<double>() / number(exact[i][i]), 1, 1e-9);
  };
  expect_near(errors({"--se", "HC0", "--bread", "expected"}), hp["robust"]["HC0"]);
  expect_near(errors({"--se", "HC1", "--bread", "expected"}), hp["robust"]["HC1"]);
  expect_near(errors({"--se", "expected"}), hp["vcov_expected_beta"]);
}

TEST(FitGlm, TrialsOffsetsAndWeightsAreColumns) {
  const std::string data = write_file("glm.csv",
                                      "s,n,x,o,w\n3,7,0.5,0.1,1\n1,4,-1,0,2\n5,6,2,0.2,1\n"
                                      "2,6,0.25,0,1\n,3,1,0,1\n2,2,1,0,0\n");
  const Outcome run = fit_file("logistic", data,
                               {"--y", "s", "--trials", "n", "--covariates", "x", "--offset", "o",
                                "--weights", "w", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const nlohmann::json out = run.json();
  EXPECT_EQ(out.at("n"), 5);
  EXPECT_EQ(out.at("dropped"), 1);
  EXPECT_EQ(out.at("df_residual"), 2);
  EXPECT_EQ(fit_file("logistic", data,
                     {"--formula", "cbind(s, n - s) ~ x + offset(o)", "--weights", "w", "--json"})
                .json()
                .at("coefficients"),
            out.at("coefficients"));
}

TEST(FitGlm, RatiosStandBesideCoefficients) {
  const std::string data = write_file("ratio.csv", "y,x\n0,1\n1,2\n0,3\n1,4\n1,1\n0,2\n");
  const Outcome table = fit_file("logistic", data, {"--y", "y", "--covariates", "x"});
  ASSERT_EQ(table.exit_code, 0) << table.err;
  EXPECT_NE(table.out.find("Odds ratio"), std::string::npos) << table.out;
  const Outcome counts = fit_file("poisson", data, {"--y", "y", "--covariates", "x"});
  EXPECT_NE(counts.out.find("Rate ratio"), std::string::npos) << counts.out;
}

TEST(FitGlm, SavedFitsPredictMeans) {
  const std::string data = write_file("predict.csv", "y,x\n1,0\n3,0\n4,1\n8,1\n");
  const std::string saved = testing::temp_path("glm_fit.json");
  ASSERT_EQ(fit_file("poisson", data, {"--y", "y", "--covariates", "x", "--save", saved}).exit_code,
            0);
  const Outcome run = run_wald({"predict", saved, "--data", data});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.out.find("\n"), std::string::npos);
  const Outcome link = run_wald({"predict", saved, "--data", data, "--type", "link"});
  EXPECT_EQ(link.exit_code, 0) << link.err;
  EXPECT_NE(run.out, link.out);
}

TEST(FitGlm, RefusesInOneSentence) {
  const std::string data =
      write_file("refuse.csv", "y,n,c,g,x\n0,1,0,a,1\n1,1,2.5,a,2\n2,1,-1,b,3\n0,1,3,b,4\n");
  const std::string separated = write_file("separated.csv", "y,x,z\n0,1,2\n0,2,1\n1,3,2\n1,4,1\n");
  const struct {
    const char *model, *file;
    std::vector<std::string> more;
    int exit_code;
    const char* says;
  } cases[] = {
      {"logistic", "", {"--y", "y", "--covariates", "x"}, 2, "line 4, column 'y'"},
      {"logistic", "", {"--y", "y", "--trials", "n"}, 2, "number of trials, not 2"},
      {"logistic", "", {"--formula", "cbind(y, n) ~ x", "--trials", "n"}, 2, "cbind() already"},
      {"poisson", "", {"--y", "c", "--covariates", "x"}, 2, "line 3, column 'c'"},
      {"negbin", "", {"--y", "g"}, 2, "column 'g'"},
      {"gamma", "", {"--y", "y"}, 2, "must be positive, not 0"},
      {"gamma", "", {"--y", "x", "--link", "logit"}, 2, "--link"},
      {"poisson", "", {"--covariates", "x"}, 2, "--y, or --formula, is required"},
      {"logistic", "separated", {"--y", "y", "--covariates", "x"}, 3, "completely separated"},
      {"logistic",
       "separated",
       {"--y", "y", "--covariates", "x,z", "--fix", "z=0.5"},
       3,
       "coefficients of (Intercept), x: the data"},
      {"poisson", "separated", {"--y", "y", "--formula", "y ~ x"}, 2, "excludes"}};
  for (const auto& c : cases) {
    const Outcome run = fit_file(c.model, c.file[0] ? separated : data, c.more);
    EXPECT_EQ(run.exit_code, c.exit_code) << run.err;
    EXPECT_NE(run.err.find(c.says), std::string::npos) << run.err;
    EXPECT_TRUE(testing::is_one_message(run.err)) << run.err;
  }
}

TEST(SimulateGlm, WhatIsDrawnIsFoundAgain) {
  const struct {
    const char* model;
    std::vector<std::string> more;
  } cases[] = {{"logistic", {}},
               {"logistic", {"--link", "cloglog", "--trials", "5"}},
               {"poisson", {}},
               {"negbin", {"--theta", "2"}},
               {"gamma", {"--shape", "3"}}};
  for (const auto& c : cases) {
    const std::string data = testing::temp_path("drawn.csv");
    std::vector<std::string> arguments = {"simulate", c.model,  "--n", "4000",  "--coef",
                                          "0.3,-0.6", "--seed", "8",   "--out", data};
    arguments.insert(arguments.end(), c.more.begin(), c.more.end());
    const Outcome drawn = run_wald(arguments);
    ASSERT_EQ(drawn.exit_code, 0) << drawn.err;
    std::vector<std::string> options = {"--y", "y", "--covariates", "x1", "--json"};
    if (!c.more.empty() && c.more[0] == "--link")
      options.insert(options.end(), {"--link", "cloglog", "--trials", "trials"});
    const Outcome run = fit_file(c.model, data, options);
    ASSERT_EQ(run.exit_code, 0) << run.err;
    std::vector<double> truth = {0.3, -0.6};
    if (c.model == std::string("negbin")) truth.push_back(std::log(2.0));
    if (c.model == std::string("gamma")) truth.push_back(std::log(3.0));
    const nlohmann::json rows = run.json().at("coefficients");
    ASSERT_EQ(rows.size(), truth.size());
    for (std::size_t i = 0; i < truth.size(); ++i)
      EXPECT_NEAR(rows[i].at("estimate").get<double>(), truth[i],
                  4 * rows[i].at("std_error").get<double>())
          << c.model << " " << i;
  }
}

}  // namespace
}  // namespace wald
