// wald fit ols, as it was built: what it prints and how it refuses.
#include <gtest/gtest.h>

#include <cmath>

#include "../nist.h"
#include "program.h"

namespace wald {
namespace {

using testing::Arguments;
using testing::Outcome;
using testing::run_wald;

constexpr const char* small = "y,x,g\n1,1,a\n3,2,b\n2,3,a\n5,4,b\n4,5,a\n,6,b\n";

Outcome fit(const std::string& csv, const Arguments& more) {
  return testing::fit_text("ols", csv, more);
}

TEST(FitOls, PrintsTheFitAsJson) {
  const Outcome run = fit(small, {"--y", "y", "--covariates", "x", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const nlohmann::json out = run.json();
  EXPECT_EQ(out.at("model"), "ols");
  EXPECT_EQ(out.at("n"), 5);
  EXPECT_EQ(out.at("dropped"), 1);
  EXPECT_EQ(out.at("df"), 3);
  EXPECT_NEAR(out.at("r_squared").get<double>(), 0.64, 1e-15);
  const nlohmann::json slope = out.at("coefficients")[1];
  EXPECT_EQ(slope.at("name"), "x");
  EXPECT_NEAR(slope.at("estimate").get<double>(), 0.8, 1e-15);
  EXPECT_NEAR(slope.at("t").get<double>(), 0.8 / std::sqrt(0.12), 1e-14);
  EXPECT_NEAR(slope.at("upper").get<double>(), 0.8 + 3.182446305283708 * std::sqrt(0.12), 1e-12);
  EXPECT_NEAR(out.at("f_test").at("p").get<double>(), slope.at("p").get<double>(), 1e-14);
}

TEST(FitOls, PrintsATableWithFactors) {
  const Outcome run = fit(small, {"--y", "y", "--covariates", "x, C(g)"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  for (const char* part : {"Linear regression", "R-squared", "P>|t|", "(Intercept)", "C(g)b"})
    EXPECT_NE(run.out.find(part), std::string::npos) << part << " is not in:\n" << run.out;
}

TEST(FitOls, SolvesLongley) {
  WALD_NEEDS_ORACLE("nist/index.json");
  const Outcome run = run_wald({"fit", "ols", "--data", testing::oracle_path("nist/Longley.csv"),
                                "--y", "y", "--covariates", "x1,x2,x3,x4,x5,x6", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const nlohmann::json& hp = testing::nist_entry("Longley").at("hp");
  std::vector<double> estimates, errors;
  const nlohmann::json out = run.json();
  for (const auto& row : out.at("coefficients")) {
    estimates.push_back(row.at("estimate"));
    errors.push_back(row.at("std_error"));
  }
  EXPECT_GE(testing::log_relative_error(estimates, testing::nist_numbers(hp.at("params"))), 13);
  EXPECT_GE(testing::log_relative_error(errors, testing::nist_numbers(hp.at("sd"))), 13);
}

TEST(FitOls, AFormulaSaysTheSameAsColumns) {
  const std::string data = "y,x,g\n1,2,a\n3,1,b\n4,5,a\n2,2,b\n7,4,b\n";
  const auto coefficients = [&](std::vector<std::string> options) {
    options.push_back("--json");
    const Outcome run = fit(data, options);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return run.json().at("coefficients");
  };
  EXPECT_EQ(coefficients({"--formula", "y ~ x + g"}),
            coefficients({"--y", "y", "--covariates", "x, C(g)"}));
  const nlohmann::json powers = coefficients({"--formula", "log(y) ~ I(x^2)"});
  EXPECT_EQ(powers.at(1).at("name"), "I(x^2)");
  // The covariance of log(y) and the squares over the variance of the squares.
  EXPECT_NEAR(powers.at(1).at("estimate").get<double>(), 0.0445011657723613, 1e-14);
}

// A row of weight 2 is two equal rows to the likelihood; one of weight 0 is none.
TEST(FitOls, WeightsCountRows) {
  const nlohmann::json weighted = fit("y,x,w\n1,1,1\n3,2,2\n2,3,1\n9,7,0\n5,4,3\n4,5,1\n",
                                      {"--y", "y", "--covariates", "x", "--weights", "w", "--json"})
                                      .json(),
                       repeated = fit("y,x\n1,1\n3,2\n3,2\n2,3\n5,4\n5,4\n5,4\n4,5\n",
                                      {"--y", "y", "--covariates", "x", "--json"})
                                      .json();
  EXPECT_EQ(weighted["n"], 6);
  EXPECT_EQ(weighted["df"], 4);
  for (const char* key : {"loglik", "rss", "r_squared"})
    EXPECT_NEAR(weighted[key].get<double>(), repeated[key].get<double>(), 1e-13) << key;
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_NEAR(weighted["coefficients"][i]["estimate"].get<double>(),
                repeated["coefficients"][i]["estimate"].get<double>(), 1e-14);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      EXPECT_NEAR(weighted["vcov_ml"][i][j].get<double>(), repeated["vcov_ml"][i][j].get<double>(),
                  1e-13);
}

TEST(FitOls, RefusesInOneSentence) {
  const struct {
    std::vector<std::string> more;
    int exit_code;
    const char* says;
  } cases[] = {{{"--covariates", "x"}, 2, "--y, or --formula, is required"},
               {{"--y", "nothing"}, 2, "no column 'nothing'"},
               {{"--y", "g"}, 2, "column 'g': 'a' is not a finite number"},
               {{"--y", "y", "--covariates", "x, z"}, 2, "no column 'z'"},
               {{"--y", "y", "--formula", "y ~ x"}, 2, "excludes"},
               {{"--formula", "cbind(y, x) ~ 1"}, 2, "cbind"},
               {{"--formula", "y ~ 0"}, 2, "nothing to estimate"}};
  for (const auto& c : cases) {
    const Outcome run = fit(small, c.more);
    EXPECT_EQ(run.exit_code, c.exit_code) << run.err;
    EXPECT_NE(run.err.find(c.says), std::string::npos) << run.err;
  }
  const Outcome collinear =
      fit("y,a,b\n1,1,2\n2,2,4\n4,3,6\n", {"--y", "y", "--covariates", "a,b"});
  EXPECT_EQ(collinear.exit_code, 3);
  EXPECT_NE(collinear.err.find("b = 2 a"), std::string::npos) << collinear.err;
}

}  // namespace
}  // namespace wald
