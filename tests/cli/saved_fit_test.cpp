// What is done with a saved fit: wald predict, wald test, --init. Against closed forms: the hazard
// of an exponential group is its events over its time.
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "program.h"

namespace wald {
namespace {

using testing::Arguments;
using testing::operator+;
using testing::Outcome;
using testing::run_wald;
using testing::temp_path;
using testing::write_file;
using Json = nlohmann::json;

// Group a: 2 events in 10 units of time; b: 3 in 6.
constexpr const char* groups =
    "time,event,g,w\n4,1,a,1\n1,1,a,1\n5,0,a,1\n1,1,b,1\n2,1,b,1\n3,1,b,1\n";
constexpr double normal_95 = 1.959963984540054;

// Fits and saves; the path of the saved fit.
std::string saved(const std::string& name, const Arguments& model, const std::string& csv,
                  Json* printed = nullptr) {
  const std::string path = temp_path(name);
  const Outcome run =
      run_wald(Arguments{"fit"} + model +
               Arguments{"--data", write_file("saved.csv", csv), "--json", "--save", path});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  if (printed) *printed = run.json();
  return path;
}

std::string saved_survival(const std::string& name, const std::string& formula,
                           const Arguments& more = {}) {
  return saved(name, Arguments{"survival", "--formula", formula} + more, groups);
}

std::vector<std::vector<std::string>> csv_cells(const std::string& text) {
  std::vector<std::vector<std::string>> lines;
  std::istringstream in(text);
  for (std::string line, cell; std::getline(in, line);) {
    lines.emplace_back();
    for (std::istringstream cells(line); std::getline(cells, cell, ',');)
      lines.back().push_back(cell);
  }
  return lines;
}

void expect_numbers(const std::vector<std::string>& cells, std::size_t first,
                    const std::vector<double>& expected) {
  ASSERT_EQ(cells.size(), first + expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(std::stod(cells[first + i]), expected[i], 1e-12 * std::abs(expected[i])) << i;
}

TEST(SavedFit, HoldsTheNumbersToTheLastBit) {
  Json printed;
  const std::string path = saved("fit.json", {"ols", "--y", "y", "--covariates", "x,C(g)"},
                                 "y,x,g\n1,1,a\n3,2,b\n2,3,a\n5,4,b\n4,5,a\n", &printed);
  const Json file = Json::parse(testing::read_file(path));
  EXPECT_EQ(file["vcov"], printed["vcov"]);
  EXPECT_EQ(file["loglik"], printed["loglik"]);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(file["estimates"][i], printed["coefficients"][i]["estimate"]);
}

TEST(Predict, LinearRegression) {
  const std::string fit =
      saved("ols.json", {"ols", "--y", "y", "--covariates", "x"}, "y,x\n1,1\n3,2\n2,3\n5,4\n4,5\n");
  const std::string data = write_file("new.csv", "x\n3\n\n8\nNA\n");
  const Outcome run = run_wald({"predict", fit, "--data", data, "--level", "0.9"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.err, "wald: 1 row with missing values left out\n");
  const auto lines = csv_cells(run.out);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], (Arguments{"row", "estimate", "std_error", "lower", "upper"}));
  // y = 0.6 + 0.8 x, s^2 = 1.2, x has mean 3 and squares 10; t of 3 degrees of freedom at 90 %.
  constexpr double t = 2.353363434801824;
  const double s3 = std::sqrt(1.2 / 5), s8 = std::sqrt(1.2 * (0.2 + 2.5));
  expect_numbers(lines[1], 1, {3, s3, 3 - t * s3, 3 + t * s3});
  expect_numbers(lines[2], 1, {7, s8, 7 - t * s8, 7 + t * s8});
  EXPECT_EQ(lines[2][0], "2");
  const std::string out = temp_path("predicted.csv");
  const Outcome to_file =
      run_wald({"predict", fit, "--data", data, "--level", "0.9", "--out", out});
  EXPECT_EQ(to_file.out, "");
  EXPECT_EQ(testing::read_file(out), run.out);
}

TEST(Predict, AnOffsetIsAddedFromTheNewData) {
  const std::string fit =
      saved("offset.json", {"ols", "--y", "y", "--covariates", "x", "--offset", "z"},
            "y,x,z\n1,1,0\n3,2,1\n2,3,1\n5,4,2\n4,5,0\n");
  const Outcome run =
      run_wald({"predict", fit, "--data", write_file("new.csv", "x,z\n2,0\n2,10\n")});
  const auto lines = csv_cells(run.out);
  ASSERT_EQ(lines.size(), 3U) << run.err;
  EXPECT_NEAR(std::stod(lines[2][1]) - std::stod(lines[1][1]), 10, 1e-12);
  const Outcome without = run_wald({"predict", fit, "--data", write_file("new.csv", "x\n2\n")});
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_NE(without.err.find("no column 'z'"), std::string::npos) << without.err;
}

TEST(Predict, ExponentialSurvivalHazardAndQuantiles) {
  const std::string data = write_file("new.csv", "g\nb\na\n");
  for (const char* form : {"ph", "aft"}) {
    const std::string fit =
        saved_survival("groups.json", "Surv(time, event) ~ g", {"--form", form});
    const auto predicted = [&](const Arguments& more) {
      const Outcome run = run_wald(Arguments{"predict", fit, "--data", data} + more);
      EXPECT_EQ(run.exit_code, 0) << run.err;
      return csv_cells(run.out);
    };
    const double h = 0.5, up = std::exp(normal_95 / std::sqrt(3)), s = std::exp(-2 * h);
    const auto survival = predicted({"--type", "survival", "--at", "2,4"});
    ASSERT_EQ(survival.size(), 5U);
    EXPECT_EQ(survival[0][1], "time");
    EXPECT_EQ(survival[2][1], "4");
    expect_numbers(survival[1], 2,
                   {s, 2 * h * s / std::sqrt(3), std::exp(-2 * h * up), std::exp(-2 * h / up)});
    const auto hazard = predicted({"--type", "hazard", "--at", "1"});
    expect_numbers(hazard[1], 2, {h, h / std::sqrt(3), h / up, h * up});
    const double median = std::log(2) / h;
    expect_numbers(predicted({})[1], 2, {median, median / std::sqrt(3), median / up, median * up});
    const auto link = predicted({"--type", "link"});
    const double sign = form == std::string("ph") ? 1 : -1;
    EXPECT_NEAR(std::stod(link[2][1]), sign * std::log(0.2), 1e-12);
    EXPECT_NEAR(std::stod(link[2][2]), std::sqrt(0.5), 1e-12);
  }
}

TEST(WaldTest, IsTheSquareOfZOrT) {
  Json printed;
  const std::string fit =
      saved("z.json", {"survival", "--formula", "Surv(time, event) ~ g"}, groups, &printed);
  const double z = printed["coefficients"][1]["z"];
  const Outcome run = run_wald({"test", fit, "C(g)b = 0", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NEAR(run.json()["statistic"].get<double>(), z * z, 1e-12);
  EXPECT_NEAR(run.json()["p"].get<double>(), printed["coefficients"][1]["p"].get<double>(), 1e-12);
  // The log hazards are log 0.2 and log 0.5, with variances 1/2 and 1/3.
  const Json both =
      run_wald({"test", fit, "(Intercept) + C(g)b = -1, (Intercept) = -2", "--json"}).json();
  EXPECT_EQ(both["df"], 2);
  EXPECT_NEAR(both["statistic"].get<double>(),
              3 * std::pow(std::log(0.5) + 1, 2) + 2 * std::pow(std::log(0.2) + 2, 2), 1e-10);
  const std::string ols = saved("t.json", {"ols", "--y", "y", "--covariates", "x"},
                                "y,x\n1,1\n3,2\n2,3\n5,4\n4,5\n", &printed);
  const Json f = run_wald({"test", ols, "2 x = 1", "--json"}).json();
  EXPECT_EQ(f["distribution"], "F");
  EXPECT_EQ(f["denominator_df"], 3);
  EXPECT_NEAR(f["statistic"].get<double>(), 0.3 * 0.3 / 0.12, 1e-12);
  EXPECT_NE(run_wald({"test", ols, "x = 0"}).out.find("F(1, 3) = "), std::string::npos);
}

TEST(LikelihoodRatioTest, ComparesNestedFitsInEitherOrder) {
  const std::string null = saved_survival("null.json", "Surv(time, event) ~ 1"),
                    full = saved_survival("full.json", "Surv(time, event) ~ g");
  const double expected = 2 * (2 * std::log(0.2) + 3 * std::log(0.5) - 5 * std::log(5.0 / 16));
  for (const Arguments& pair : {Arguments{null, full}, {full, null}}) {
    const Outcome run = run_wald(Arguments{"test"} + pair + Arguments{"--json"});
    ASSERT_EQ(run.exit_code, 0) << run.err;
    EXPECT_NEAR(run.json()["statistic"].get<double>(), expected, 1e-12);
    EXPECT_EQ(run.json()["df"], 1);
    EXPECT_NEAR(run.json()["p"].get<double>(), std::erfc(std::sqrt(expected / 2)), 1e-12);
  }
  // The same restriction by --fix.
  const std::string fixed =
      saved_survival("fixed.json", "Surv(time, event) ~ g", {"--fix", "C(g)b=0"});
  EXPECT_NEAR(run_wald({"test", fixed, full, "--json"}).json()["statistic"].get<double>(), expected,
              1e-12);
}

TEST(Init, StartsAtTheEstimates) {
  const std::string full = saved_survival("start.json", "Surv(time, event) ~ g");
  Json again;
  saved("again.json", {"survival", "--formula", "Surv(time, event) ~ g", "--init", full}, groups,
        &again);
  EXPECT_EQ(again["iterations"], 0);
  EXPECT_NEAR(again["coefficients"][1]["estimate"].get<double>(), std::log(2.5), 1e-14);
  for (const char* method : {"l-bfgs", "newton-exact", "trust-exact", "nelder-mead"}) {
    Json by_method;
    saved("method.json", {"survival", "--formula", "Surv(time, event) ~ g", "--method", method},
          groups, &by_method);
    EXPECT_NEAR(by_method["coefficients"][1]["estimate"].get<double>(), std::log(2.5), 1e-13)
        << method;
  }
}

TEST(Refused, SavedFitsInOneSentence) {
  const std::string fit = saved_survival("good.json", "Surv(time, event) ~ g"),
                    weighted =
                        saved_survival("w.json", "Surv(time, event) ~ 1", {"--weights", "w"}),
                    aft = saved_survival("aft.json", "Surv(time, event) ~ 1", {"--form", "aft"}),
                    fewer = saved("few.json", {"survival", "--formula", "Surv(time, event) ~ 1"},
                                  "time,event\n1,1\n2,1\n"),
                    ols = saved("o.json", {"ols", "--y", "y"}, "y\n1\n3\n2\n"),
                    log =
                        saved("l.json", {"ols", "--formula", "log(y) ~ x"}, "y,x\n1,2\n3,3\n2,2\n");
  std::string text = testing::read_file(fit);
  const std::string cut = write_file("cut.json", text.substr(0, text.size() / 2)),
                    other = write_file("other.json", "{\"n\": 3}"),
                    data = write_file("new.csv", "g\na\nc\n"),
                    no_g = write_file("no_g.csv", "x\n1\n");
  Json wrong = Json::parse(text);
  wrong["names"] = {"(Intercept)", "C(h)b"};
  const std::string renamed = write_file("renamed.json", wrong.dump());
  wrong["estimates"] = {1};
  const std::string shorter = write_file("shorter.json", wrong.dump());
  wrong = Json::parse(text);
  wrong["status"] = "failed";
  const std::string failed = write_file("failed.json", wrong.dump());
  const struct {
    Arguments arguments;
    const char* says;
  } cases[] = {
      {{"predict", "/nonexistent.json", "--data", data}, "/nonexistent.json"},
      {{"predict", cut, "--data", data}, "it is no JSON"},
      {{"predict", other, "--data", data}, "key 'wald_fit' not found"},
      {{"predict", shorter, "--data", data}, "different sizes"},
      {{"predict", renamed, "--data", write_file("a.csv", "g\na\n")}, "not those of its formula"},
      {{"predict", failed, "--data", data}, "did not converge"},
      {{"predict", fit, "--data", data},
       "new.csv, line 3, column 'g': 'c' is not among the levels"},
      {{"predict", fit, "--data", no_g}, "no column 'g'"},
      {{"predict", fit, "--data", data, "--type", "odds"}, "survival has the types quantile"},
      {{"predict", fit, "--data", write_file("a.csv", "g\na\n"), "--type", "survival"}, "--at"},
      {{"predict", fit, "--data", write_file("a.csv", "g\na\n"), "--at", "1.5"}, "between 0 and 1"},
      {{"test", fit, "C(g)b = "}, "cannot be read"},
      {{"test", fit, "C(g)c = 0"}, "the parameters are (Intercept), C(g)b"},
      {{"test", fit, "C(g)b = 0, 2 C(g)b = 0"}, "not independent"},
      {{"test", fit, "1 = 2"}, "concerns no parameter"},
      {{"test", failed, "C(g)b = 0"}, "did not converge"},
      {{"test", fit, weighted}, "column of weights"},
      {{"test", fit, aft}, "setting"},
      {{"test", fit, fewer}, "number of rows is"},
      {{"test", fit, ols}, "the model is"},
      {{"test", ols, log}, "the response is"},
      {{"test", fit, fit}, "no fewer"},
      {{"test", fit, ols, log}, "two fits"},
  };
  for (const auto& c : cases) {
    const Outcome run = run_wald(c.arguments);
    testing::expect_refusal(run, {c.says});
  }
}

}  // namespace
}  // namespace wald
