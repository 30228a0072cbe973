// `--se`, `--bread` and `--fix` of the program: the covariances against the reference fits and
// closed forms, and what is refused.
#include <gtest/gtest.h>

#include <cmath>

#include "../oracles.h"
#include "program.h"

namespace wald {
namespace {

using testing::Arguments;
using testing::number;
using testing::operator+;
using testing::Outcome;
using testing::run_wald;
using Json = nlohmann::json;

constexpr const char* small =
    "time,event,x,c\n4,1,0,u\n3.5,1,1,u\n7,0,0,v\n1.25,1,1,v\n9,1,0,w\n12,0,1,w\n";

Outcome fit(const Arguments& more) {
  return testing::fit_text("survival", small,
                           Arguments{"--time", "time", "--event", "event"} + more);
}

Json fit_json(Arguments more) {
  more.push_back("--json");
  const Outcome run = fit(more);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  return run.json();
}

// Every element within 1e-7 of the standard errors' sizes, which is what the reference holds.
void expect_covariance(const Json& got, const Json& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    for (std::size_t j = 0; j < expected.size(); ++j) {
      const double size = std::sqrt(number(expected[i][i]) * number(expected[j][j]));
      EXPECT_NEAR(got[i][j].get<double>(), number(expected[i][j]), 1e-9 * size) << i << " " << j;
    }
}

TEST(StandardErrors, OlsAgreesWithTheReference) {
  WALD_NEEDS_ORACLE("glm/anorexia.json");
  const Json hp = Json::parse(testing::read_file(
      testing::oracle_path("glm/anorexia.json")))["fits"]["gaussian_offset"]["hp"];
  const auto fitted = [&](const Arguments& more) {
    Arguments arguments = {"fit",       "ols",
                           "--data",    testing::oracle_path("glm/anorexia.csv"),
                           "--formula", "Postwt ~ Prewt + Treat",
                           "--offset",  "Prewt",
                           "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome run = run_wald(arguments);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return run.json();
  };
  const Json ols = fitted({});
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_NEAR(ols["coefficients"][i]["estimate"].get<double>(), number(hp["coef"][i]),
                1e-10 * number(hp["se"][i]));
  EXPECT_NEAR(ols["loglik"].get<double>(), number(hp["loglik"]), 1e-10);
  expect_covariance(ols["vcov"], hp["vcov_unbiased"]);
  expect_covariance(ols["vcov_ml"], hp["vcov"]);
  expect_covariance(fitted({"--se", "HC0"})["vcov"], hp["robust"]["HC0"]);
  expect_covariance(fitted({"--se", "HC1", "--bread", "expected"})["vcov"], hp["robust"]["HC1"]);
  expect_covariance(fitted({"--se", "expected"})["vcov"], hp["vcov_expected_beta"]);
}

// Of the exponential model without covariates, with rate r: scores are d - r t, the information is
// the number of events.
TEST(StandardErrors, ExponentialClosedForms) {
  const double time[] = {4, 3.5, 7, 1.25, 9, 12}, event[] = {1, 1, 0, 1, 1, 0};
  const double rate = 4 / 36.75;
  double squares = 0, of_clusters = 0;
  for (int i = 0; i < 6; ++i) squares += std::pow(event[i] - rate * time[i], 2);
  for (int i = 0; i < 6; i += 2)
    of_clusters += std::pow(event[i] + event[i + 1] - rate * (time[i] + time[i + 1]), 2);
  const auto variance = [](const Arguments& se) {
    return fit_json(se)["vcov"][0][0].get<double>();
  };
  EXPECT_NEAR(variance({}), 0.25, 1e-15);
  EXPECT_NEAR(variance({"--se", "opg"}), 1 / squares, 1e-13);
  EXPECT_NEAR(variance({"--se", "HC0"}), squares / 16, 1e-14);
  EXPECT_NEAR(variance({"--se", "HC1"}), 6.0 / 5 * squares / 16, 1e-14);
  EXPECT_NEAR(variance({"--se", "cluster:c"}), 3.0 / 2 * of_clusters / 16, 1e-14);
  const Json json = fit_json({"--se", "cluster:c"});
  EXPECT_EQ(json["se"], "cluster:c");
  EXPECT_EQ(json["clusters"], 3);
  const std::string text = fit({"--se", "cluster:c"}).out;
  EXPECT_NE(text.find("CR1"), std::string::npos) << text;
  EXPECT_NE(text.find("Clusters (c)"), std::string::npos) << text;
}

TEST(Fix, HoldsAParameter) {
  const Json free = fit_json({"--covariates", "x"}),
             fixed = fit_json({"--covariates", "x", "--fix", "x=0"}), null = fit_json({});
  EXPECT_EQ(fixed["coefficients"][1]["estimate"], 0);
  EXPECT_TRUE(fixed["coefficients"][1]["std_error"].is_null());
  EXPECT_NEAR(fixed["loglik"].get<double>(), null["loglik"].get<double>(), 1e-13);
  EXPECT_NEAR(fixed["aic"].get<double>(), null["aic"].get<double>(), 1e-12);
  EXPECT_NEAR(fixed["vcov"][0][0].get<double>(), 0.25, 1e-14);
  EXPECT_LT(fixed["loglik"], free["loglik"]);
  EXPECT_NE(fit({"--covariates", "x", "--fix", "x=0"}).out.find("(fixed)"), std::string::npos);
}

TEST(Refused, OptionsInOneSentence) {
  const struct {
    Arguments arguments;
    const char* says;
  } cases[] = {
      {{"--se", "HC7"}, "'HC7' is none of"},
      {{"--se", "cluster:"}, "cluster:COLUMN"},
      {{"--se", "cluster:z"}, "no column 'z'"},
      {{"--se", "HC3"}, "no leverages"},
      {{"--bread", "expected"}, "has no bread"},
      {{"--fix", "x"}, "NAME=VALUE"},
      {{"--fix", "x=one"}, "NAME=VALUE"},
      {{"--fix", "z=1"}, "no parameter 'z'"},
      {{"--covariates", "x", "--fix", "x=1", "--fix", "x=2"}, "fixed twice"},
      {{"--method", "magic"}, "there are nelder-mead"},
      {{"--init", "/nonexistent.json"}, "/nonexistent.json"},
      {{"--save", "/nonexistent/fit.json"}, "/nonexistent/fit.json cannot be written"},
      {{"--save", "/dev/full"}, "/dev/full"},
  };
  for (const auto& c : cases) {
    const Outcome run = fit(c.arguments);
    testing::expect_refusal(run, {c.says});
  }
}

}  // namespace
}  // namespace wald
