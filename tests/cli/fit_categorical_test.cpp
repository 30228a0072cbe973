// wald fit ordered and multinomial, predictions of them, and wald table, as they were built.
#include <gtest/gtest.h>

#include <cmath>

#include "../oracles.h"
#include "program.h"

namespace wald {
namespace {

using testing::expect_parts;
using testing::fit_text;
using testing::Outcome;
using testing::run_wald;
using testing::temp_path;
using testing::write_file;

constexpr const char* small =
    "y,x,w\nlow,1,2\nmid,2,1\nhigh,3,1\nlow,2,3\nmid,1,1\nhigh,1,2\nmid,3,1\n,4,1\nlow,3,1\n"
    "high,2,2\nhigh,3,3\n";

TEST(FitCategorical, HousingFromItsTable) {
  WALD_NEEDS_ORACLE("glm/housing.csv");
  const std::string data = testing::oracle_path("glm/housing.csv");
  const auto hp = testing::read_oracle("glm/housing.json").at("fits").at("polr").at("hp");
  const Outcome ordered =
      run_wald({"fit", "ordered", "--data", data, "--formula",
                "Sat ~ C(Infl, ref=Low) + C(Type, ref=Tower) + C(Cont, ref=Low)", "--weights",
                "Freq", "--levels", "Low,Medium,High", "--json"});
  ASSERT_EQ(ordered.exit_code, 0) << ordered.err;
  const nlohmann::json out = ordered.json();
  EXPECT_EQ(out.at("model"), "ordered");
  EXPECT_EQ(out.at("link"), "logit");
  EXPECT_EQ(out.at("counts"), (std::vector<double>{567, 446, 668}));
  EXPECT_NEAR(out.at("loglik").get<double>() / std::stod(hp.at("loglik").get<std::string>()), 1,
              1e-13);
  const nlohmann::json last = out.at("coefficients").back();
  EXPECT_EQ(last.at("name"), "Medium|High");
  EXPECT_NEAR(last.at("estimate").get<double>(), std::stod(hp.at("coef")[7].get<std::string>()),
              1e-11);
}

TEST(FitCategorical, MultinomialIsPrintedSavedAndPredicted) {
  const std::string saved = temp_path("multinomial.json");
  const Outcome run = fit_text("multinomial", small,
                               {"--y", "y", "--covariates", "x", "--weights", "w", "--levels",
                                "low,mid,high", "--save", saved});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  expect_parts(run.out, {"Multinomial logit, baseline low", "in mid", "mid:(Intercept)", "high:x",
                         "Odds ratio", "LR chi2(2)"});
  expect_parts(run.err, {"1 row"});
  const Outcome predicted =
      run_wald({"predict", saved, "--data", write_file("new.csv", "x\n1\n2.5\n")});
  ASSERT_EQ(predicted.exit_code, 0) << predicted.err;
  std::istringstream lines(predicted.out);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "row,category,estimate,std_error,lower,upper");
  double total = 0;
  for (int i = 0; i < 6; ++i) {
    std::getline(lines, line);
    std::istringstream fields(line);
    std::vector<std::string> values;
    for (std::string field; std::getline(fields, field, ',');) values.push_back(field);
    ASSERT_EQ(values.size(), 6U) << line;
    EXPECT_EQ(values[1], (std::vector<std::string>{"low", "mid", "high"}[i % 3]));
    const double p = std::stod(values[2]), lower = std::stod(values[4]);
    EXPECT_GT(lower, 0);
    EXPECT_LT(lower, p);
    EXPECT_LT(p, std::stod(values[5]));
    EXPECT_LT(std::stod(values[5]), 1);
    total += p;
    if (i % 3 == 2) {
      EXPECT_NEAR(total, i == 2 ? 1 : 2, 1e-14);
    }
  }
}

TEST(FitCategorical, OrderedTakesNumbersAsTheyAre) {
  const std::string data = "y,x\n1,1\n2,2\n10,3\n1,2\n2,1\n10,1\n2,3\n1,3\n10,2\n10,3\n";
  const std::string saved = temp_path("ordered.json");
  const Outcome run = fit_text("ordered", data, {"--formula", "y ~ x", "--save", saved, "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.json().at("levels"), (std::vector<std::string>{"1", "2", "10"}));
  EXPECT_EQ(run.json().at("coefficients")[2].at("name"), "2|10");
  const Outcome probit = fit_text("ordered", data, {"--formula", "y ~ x", "--link", "probit"});
  ASSERT_EQ(probit.exit_code, 0) << probit.err;
  expect_parts(probit.out, {"Ordered probit", "1|2"});
  const Outcome predicted = run_wald({"predict", saved, "--data", write_file("new.csv", "x\n1\n")});
  ASSERT_EQ(predicted.exit_code, 0) << predicted.err;
  expect_parts(predicted.out, {"1,1,0.", "1,2,0.", "1,10,0."});
}

TEST(FitCategorical, SimulatedDataGiveTheirCoefficientsBack) {
  const std::string data = temp_path("simulated.csv");
  ASSERT_EQ(run_wald({"simulate", "ordered", "--n", "4000", "--coef", "0.8,-0.5", "--cuts",
                      "-1,0.5", "--seed", "3", "--out", data})
                .exit_code,
            0);
  const auto expect_truth = [&](const std::string& model, const std::vector<double>& truth) {
    const Outcome run =
        run_wald({"fit", model, "--data", data, "--y", "y", "--covariates", "x1,x2", "--json"});
    ASSERT_EQ(run.exit_code, 0) << run.err;
    const nlohmann::json rows = run.json().at("coefficients");
    ASSERT_EQ(rows.size(), truth.size());
    for (std::size_t i = 0; i < truth.size(); ++i)
      EXPECT_LT(std::abs(rows[i].at("estimate").get<double>() - truth[i]),
                4 * rows[i].at("std_error").get<double>());
  };
  expect_truth("ordered", {0.8, -0.5, -1, 0.5});
  ASSERT_EQ(run_wald({"simulate", "multinomial", "--n", "4000", "--categories", "3", "--coef",
                      "0.3,0.8,-0.5,-0.4,-0.6,0.9", "--out", data})
                .exit_code,
            0);
  expect_truth("multinomial", {0.3, 0.8, -0.5, -0.4, -0.6, 0.9});
  const Outcome cuts =
      run_wald({"simulate", "ordered", "--n", "9", "--coef", "1", "--cuts", "1,1", "--out", data});
  EXPECT_EQ(cuts.exit_code, 2);
  expect_parts(cuts.err, {"the cut points must ascend"});
  const Outcome odd = run_wald({"simulate", "multinomial", "--n", "9", "--categories", "3",
                                "--coef", "1,2,3", "--out", data});
  EXPECT_EQ(odd.exit_code, 2);
  expect_parts(odd.err, {"3 numbers"});
}

TEST(FitCategorical, RefusesBadInput) {
  struct Case {
    std::string model, csv;
    std::vector<std::string> more;
    int exit_code;
    std::vector<std::string> says;
  };
  const std::vector<std::string> y_on_x = {"--y", "y", "--covariates", "x"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), y_on_x.begin(), y_on_x.end());
    return more;
  };
  const std::vector<Case> cases = {
      {"ordered", small, y_on_x, 2, {"column 'y'", "--levels high,low,mid"}},
      {"ordered", small, with({"--levels", "low,mid"}), 2, {"line 4", "'high' is none of"}},
      {"multinomial", small, with({"--levels", "low,low,mid"}), 2, {"'low' stands there twice"}},
      {"multinomial", small, with({"--levels", "low,mid,high,top"}), 3, {"category top"}},
      {"multinomial", "y,x\na,1\na,2\n", y_on_x, 3, {"every row is in the category a"}},
      {"multinomial", small, {"--formula", "log(x) ~ w"}, 2, {"log(x)", "column of categories"}},
      {"multinomial", small, {"--y", "z", "--covariates", "x"}, 2, {"no column 'z'"}},
      {"ordered", "y,x\n0,1\n0,2\n1,3\n1,4\n2,5\n2,6\n", y_on_x, 3, {"separated", "x", "0|1"}},
      {"ordered", "y,x\n0,1\n1,1\n2,1\n", y_on_x, 3, {"x"}},
  };
  for (const Case& c : cases) {
    const Outcome run = fit_text(c.model, c.csv, c.more);
    EXPECT_EQ(run.exit_code, c.exit_code) << run.err;
    expect_parts(run.err, c.says);
    EXPECT_EQ(run.out, "");
  }
}

TEST(FitCategorical, IrisIsSeparated) {
  WALD_NEEDS_ORACLE("glm/iris.csv");
  const Outcome run =
      run_wald({"fit", "multinomial", "--data", testing::oracle_path("glm/iris.csv"), "--y",
                "Species", "--covariates", "Sepal.Length,Sepal.Width,Petal.Length,Petal.Width"});
  EXPECT_EQ(run.exit_code, 3);
  expect_parts(run.err, {"separated", "versicolor:Petal.Length", "virginica:Petal.Length"});
}

TEST(Table, FitsBesideEachOther) {
  const std::string first = temp_path("first.json"), second = temp_path("second.json");
  const std::vector<std::string> levels = {"--levels", "low,mid,high", "--weights", "w"};
  std::vector<std::string> more = {"--formula", "y ~ 1", "--save", first};
  more.insert(more.end(), levels.begin(), levels.end());
  ASSERT_EQ(fit_text("ordered", small, more).exit_code, 0);
  more[1] = "y ~ x";
  more[3] = second;
  ASSERT_EQ(fit_text("ordered", small, more).exit_code, 0);
  const Outcome markdown = run_wald({"table", first, second});
  ASSERT_EQ(markdown.exit_code, 0) << markdown.err;
  expect_parts(markdown.out, {"| low\\|mid ", "(1) |", "(2) |", "| x ", "| n ", "AIC"});
  const Outcome latex = run_wald({"table", first, second, "--format", "latex", "--titles",
                                  "None,With x", "--caption", "Cut points"});
  ASSERT_EQ(latex.exit_code, 0) << latex.err;
  expect_parts(latex.out, {"\\toprule", "low\\textbar{}mid & $", "None & With x", "\\caption{Cut"});
  const std::string path = temp_path("table.csv");
  const Outcome csv = run_wald({"table", first, "--format", "csv", "--out", path});
  ASSERT_EQ(csv.exit_code, 0) << csv.err;
  EXPECT_EQ(csv.out, "");
  const std::string table = testing::read_file(path);
  expect_parts(table, {"model,term,estimate", "1,low|mid,"});
  // The last cells: n, loglik, aic, bic; there are two cut points.
  const std::size_t bic = table.rfind(','), aic = table.rfind(',', bic - 1),
                    loglik = table.rfind(',', aic - 1);
  EXPECT_NEAR(std::stod(table.substr(aic + 1)), 4 - 2 * std::stod(table.substr(loglik + 1)), 1e-12);
  const Outcome titles = run_wald({"table", first, second, "--titles", "one"});
  EXPECT_EQ(titles.exit_code, 2);
  expect_parts(titles.err, {"1 titles for 2 fits"});
  EXPECT_EQ(run_wald({"table", write_file("none.json", "{}")}).exit_code, 2);
}

}  // namespace
}  // namespace wald
