// `wald simulate ols`, `cox`, `clogit` and `pln`: fits of what they draw find the coefficients
// again, the seed decides the file, and bad options are refused. The other models are tested with
// their fits.
#include <gtest/gtest.h>

#include <cmath>

#include "program.h"

namespace wald {
namespace {

using testing::Arguments;
using testing::expect_refusal;
using testing::fit_file;
using testing::Outcome;
using testing::read_file;
using testing::run_wald;
using testing::temp_path;
using testing::operator+;
using Values = std::vector<double>;

std::string simulated(const Arguments& arguments) {
  const std::string path = temp_path("simulated.csv");
  const Outcome run = run_wald(Arguments{"simulate"} + arguments + Arguments{"--out", path});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.out, "");
  return path;
}

/// Estimates within so many standard errors of what the data were drawn from.
void expect_recovered(const Outcome& run, const Values& truth) {
  constexpr double most = 3.5;
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto rows = run.json().at("coefficients");
  ASSERT_EQ(rows.size(), truth.size());
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const double error = rows[i].at("std_error");
    EXPECT_LT(error, 0.1);
    EXPECT_NEAR(rows[i].at("estimate").get<double>(), truth[i], most * error) << i;
  }
}

TEST(Simulate, OlsIsRecovered) {
  const std::string path =
      simulated({"ols", "--n", "3000", "--coef=2,0.5,-1", "--sigma", "0.8", "--seed", "5"});
  EXPECT_TRUE(read_file(path).starts_with("y,x1,x2\n"));
  const Outcome run = fit_file("ols", path, {"--y", "y", "--covariates", "x1,x2", "--json"});
  expect_recovered(run, {2, 0.5, -1});
  EXPECT_NEAR(run.json().at("residual_std_dev").get<double>(), 0.8, 0.04);
}

TEST(Simulate, CoxIsRecovered) {
  const std::string one = simulated({"cox", "--n", "3000", "--coef=-0.7,0.4,-0.2", "--seed", "5"});
  EXPECT_TRUE(read_file(one).starts_with("time,event,trt,x2,x3\n"));
  const Arguments fit = {"--time",       "time",      "--event", "event",
                         "--covariates", "trt,x2,x3", "--json"};
  expect_recovered(fit_file("cox", one, fit), {-0.7, 0.4, -0.2});
  const std::string strata = simulated({"cox", "--n", "3000", "--coef=-0.7,0.4,-0.2", "--shape",
                                        "1.7", "--strata", "3", "--censor", "0.8"});
  EXPECT_TRUE(read_file(strata).starts_with("time,event,stratum,trt,x2,x3\n"));
  expect_recovered(fit_file("cox", strata, fit + Arguments{"--strata", "stratum"}),
                   {-0.7, 0.4, -0.2});
}

// Without strata these are the times of a Weibull model with log rate 0.
TEST(Simulate, CoxsBaselineIsWeibull) {
  const std::string path =
      simulated({"cox", "--n", "4000", "--coef", "0.5", "--shape", "1.6", "--seed", "2"});
  expect_recovered(fit_file("survival", path,
                            {"--time", "time", "--event", "event", "--covariates", "trt", "--dist",
                             "weibull", "--json"}),
                   {0, 0.5, std::log(1.6)});
}

TEST(Simulate, ClogitIsRecoveredWithAnyNumberOfCases) {
  for (const Arguments& size :
       {Arguments{}, Arguments{"--size", "2"}, Arguments{"--size", "8", "--cases", "3"},
        Arguments{"--size", "5", "--cases", "4"}}) {
    const std::string path =
        simulated(Arguments{"clogit", "--n", "8000", "--coef=0.8,-0.5", "--seed", "5"} + size);
    expect_recovered(
        fit_file("clogit", path,
                 {"--y", "y", "--strata", "stratum", "--covariates", "x1,x2", "--json"}),
        {0.8, -0.5});
  }
}

TEST(Simulate, PlnIsRecovered) {
  const std::string covariates = temp_path("covariates.csv");
  const std::string counts =
      simulated({"pln", "--n", "1500", "--species", "2", "--coef=1,0.5,2,-0.3", "--variance",
                 "1,0.25", "--correlation", "0.6", "--covariates-out", covariates});
  EXPECT_TRUE(read_file(counts).starts_with("s1,s2\n"));
  EXPECT_TRUE(read_file(covariates).starts_with("x1\n"));
  const Outcome run =
      run_wald({"fit", "pln", "--counts", counts, "--covariates", covariates, "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  // No standard errors: those of means of 1500 variables are about 0.03 sd.
  const auto json = run.json();
  const Values truth = {1, 0.5, 2, -0.3};
  for (std::size_t i = 0; i < truth.size(); ++i)
    EXPECT_NEAR(json["coefficients"][i]["estimate"].get<double>(), truth[i], 0.12) << i;
  EXPECT_NEAR(json["sigma"][0][0].get<double>(), 1, 0.15);
  EXPECT_NEAR(json["sigma"][0][1].get<double>(), 0.3, 0.06);
  EXPECT_NEAR(json["sigma"][1][1].get<double>(), 0.25, 0.04);
}

TEST(Simulate, TheSeedDecidesTheFile) {
  for (const Arguments& command :
       {Arguments{"cox", "--n", "20", "--coef", "1"},
        Arguments{"clogit", "--n", "20", "--coef", "1"},
        Arguments{"pln", "--n", "20", "--species", "2", "--coef", "1,2"}}) {
    const auto text = [&](const char* seed) {
      return read_file(simulated(command + Arguments{"--seed", seed}));
    };
    EXPECT_EQ(text("3"), text("3"));
    EXPECT_NE(text("3"), text("4"));
  }
}

TEST(Simulate, BadOptionsAreRefused) {
  const struct {
    Arguments arguments, says;
  } cases[] = {
      {{"cox", "--coef", "nan"}, {"finite coefficients"}},
      {{"cox", "--coef", "1", "--shape", "0"}, {"--shape"}},
      {{"cox", "--coef", "1", "--strata", "0"}, {"--strata"}},
      {{"clogit", "--coef", "1", "--size", "3"}, {"10 rows do not fill strata of 3"}},
      {{"clogit", "--coef", "1", "--size", "1"}, {"two rows"}},
      {{"clogit", "--coef", "1", "--size", "5", "--cases", "5"}, {"only 1 to 4"}},
      {{"clogit", "--coef", "inf"}, {"finite coefficients"}},
      {{"pln", "--species", "2", "--coef", "1,2,3"}, {"3 numbers", "2 species"}},
      {{"pln", "--species", "2", "--coef", "1,2,3,4"}, {"--covariates-out"}},
      {{"pln", "--species", "2", "--coef", "1,2", "--covariates-out", "a.csv"}, {"no covariates"}},
      {{"pln", "--species", "2", "--coef", "1,2", "--variance=-1"}, {"-1 is no variance"}},
      {{"pln", "--species", "2", "--coef", "1,2", "--variance", "1,2,3"}, {"3 numbers"}},
      {{"pln", "--species", "3", "--coef", "1,2,3", "--correlation=-0.9"}, {"-0.5 to 1"}},
      {{"pln", "--species", "2", "--coef", "1,90"}, {"too large for a count"}},
  };
  for (const auto& c : cases)
    expect_refusal(run_wald(Arguments{"simulate"} + c.arguments +
                            Arguments{"--n", "10", "--out", temp_path("refused.csv")}),
                   c.says);
}

}  // namespace
}  // namespace wald
