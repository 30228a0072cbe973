// `wald fit pln` and `wald reproduce pln` as a user calls them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "../oracles.h"
#include "program.h"

namespace wald::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const char* const counts = "a,b\n3,0\n12,1\n0,4\n25,2\n7,9\n1,0\n40,3\n5,1\n";
const char* const sites = "x,site\n1,n\n2,s\n3,n\n4,s\n5,n\n6,s\n7,n\n8,s\n";

Outcome fit_pln(const std::string& text, const Arguments& more = {}) {
  return run_wald(Arguments{"fit", "pln", "--counts", write_file("counts.csv", text)} + more);
}

TEST(FitPln, PrintsTheContractsObject) {
  const Outcome run = fit_pln(
      counts, {"--covariates", write_file("sites.csv", sites), "--formula", "~ x", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto json = run.json();
  EXPECT_EQ(json["model"], "pln");
  EXPECT_EQ(json["covariance"], "full");
  EXPECT_EQ(json["n"], 8);
  EXPECT_EQ(json["converged"], true);
  ASSERT_EQ(json["coefficients"].size(), 4);
  EXPECT_EQ(json["coefficients"][3]["name"], "b:x");
  EXPECT_TRUE(json["coefficients"][3]["std_error"].is_null());
  EXPECT_TRUE(json["vcov"].is_null());
  const double bound = json["loglik"];
  EXPECT_NEAR(json["aic"].get<double>(), -2 * bound + 2 * (4 + 3), 1e-9);
  EXPECT_NEAR(json["bic"].get<double>(), -2 * bound + std::log(8.0) * (4 + 3), 1e-9);
  EXPECT_EQ(json["sigma"][0][1], json["sigma"][1][0]);
  EXPECT_LT(json["certificate"]["newton_decrement"].get<double>(), 1e-8);
}

TEST(FitPln, SummaryNamesTheBound) {
  const Outcome run = fit_pln(counts, {"--covariance", "diagonal"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("Poisson-lognormal model, diagonal covariance"),
                             HasSubstr("Variational bound"), HasSubstr("b:(Intercept)")));
}

// One column of offsets, and the same as an offset() of the formula, are the same.
TEST(FitPln, OffsetsAreLogged) {
  const std::string offsets = write_file("offsets.csv", "total\n3\n13\n4\n27\n16\n1\n43\n6\n");
  const Outcome one = fit_pln(counts, {"--offsets", offsets, "--json"});
  const Outcome two =
      fit_pln(counts, {"--covariates", offsets, "--formula", "~ offset(log(total))", "--json"});
  ASSERT_EQ(one.exit_code, 0) << one.err;
  ASSERT_EQ(two.exit_code, 0) << two.err;
  EXPECT_EQ(one.json()["loglik"], two.json()["loglik"]);
}

TEST(FitPln, IsSavedAndPredicts) {
  const std::string saved = temp_path("pln.json"), fitted = temp_path("fitted.csv");
  const std::string covariates = write_file("sites.csv", sites);
  const Outcome run = fit_pln(counts, {"--covariates", covariates, "--formula", "~ site", "--save",
                                       saved, "--fitted", fitted, "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_TRUE(read_file(fitted).starts_with("a,b\n"));
  const auto json = run.json();
  const Outcome predicted =
      run_wald({"predict", saved, "--data", write_file("new.csv", "site\ns\n")});
  ASSERT_EQ(predicted.exit_code, 0) << predicted.err;
  std::istringstream lines(predicted.out);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "row,species,estimate,std_error,lower,upper");
  std::getline(lines, line);
  const double a = json["coefficients"][0]["estimate"].get<double>() +
                   json["coefficients"][1]["estimate"].get<double>() +
                   json["sigma"][0][0].get<double>() / 2;
  ASSERT_TRUE(line.starts_with("1,a,")) << line;
  EXPECT_NEAR(std::stod(line.substr(4)), std::exp(a), 1e-9 * std::exp(a));
}

struct PlnRefusal {
  const char *name, *counts;
  Arguments arguments;
  int exit_code;
  Arguments says;
};
std::ostream& operator<<(std::ostream& out, const PlnRefusal& r) { return out << r.name; }

class PlnRefused : public ::testing::TestWithParam<PlnRefusal> {};

TEST_P(PlnRefused, WithOneSentence) {
  PlnRefusal r = GetParam();
  // A file among the arguments stands there as its content.
  for (std::string& argument : r.arguments)
    if (argument.find('\n') != argument.npos) argument = write_file("other.csv", argument);
  const Outcome run = fit_pln(r.counts, r.arguments);
  EXPECT_EQ(run.exit_code, r.exit_code);
  EXPECT_TRUE(is_one_message(run.err)) << run.err;
  EXPECT_EQ(run.out, "");
  for (const std::string& word : r.says) EXPECT_THAT(run.err, HasSubstr(word));
}

// clang-format off
const PlnRefusal pln_refusals[] = {
    {"Negative", "a,b\n1,2\n3,-4\n", {}, 2, {"counts.csv", "line 3", "'b'", "-4"}},
    {"Fraction", "a,b\n1,2\n3,0.5\n", {}, 2, {"counts.csv", "line 3", "'b'", "0.5"}},
    {"Missing", "a,b\n1,2\n,3\n", {}, 2, {"counts.csv", "line 3", "'a'", "missing"}},
    {"Word", "a,b\n1,2\nx,3\n", {}, 2, {"counts.csv", "line 3", "'a'", "'x'"}},
    {"Absent", "a,b\n1,0\n2,0\n", {}, 3, {"never occur", ": b"}},
    {"OffsetRows", counts, {"--offsets", "o\n1\n2\n"}, 2, {"other.csv has 2 rows", "counts.csv has 8"}},
    {"OffsetZero", "a,b\n1,2\n3,4\n", {"--offsets", "o\n1\n0\n"}, 2, {"other.csv", "line 3", "not above 0"}},
    {"OffsetSpecies", "a,b\n1,2\n3,4\n", {"--offsets", "a,c\n1,1\n1,1\n"}, 2, {"no column 'b'"}},
    {"CovariateRows", counts, {"--covariates", "x\n1\n"}, 2, {"other.csv has 1 rows"}},
    {"UnknownColumn", "a\n1\n3\n", {"--covariates", "x\n1\n2\n", "--formula", "~ z"}, 2, {"no column 'z'"}},
    {"LeftSide", "a\n1\n3\n", {"--covariates", "x\n1\n2\n", "--formula", "a ~ x"}, 2, {"left of the tilde"}},
    {"FormulaAlone", "a\n1\n3\n", {"--formula", "~ x"}, 2, {"--covariates"}},
    {"Covariance", "a\n1\n3\n", {"--covariance", "round"}, 2, {"round"}},
    {"Collinear", counts, {"--covariates", "x,y\n1,2\n2,4\n3,6\n4,8\n5,10\n6,12\n7,14\n8,16\n"}, 3, {"y", "collinear"}},
    {"Separated", "a,b\n1,2\n3,4\n5,0\n6,0\n", {"--covariates", "g\nu\nu\nv\nv\n"}, 3, {"species b", "C(g)v", "minus infinity"}},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Files, PlnRefused, ::testing::ValuesIn(pln_refusals),
                         [](const auto& r) { return std::string(r.param.name); });

TEST(ReproducePln, IsNotRunWithoutData) {
  const Outcome run = run_wald({"reproduce", "pln"});
  EXPECT_EQ(run.exit_code, 4);
  EXPECT_THAT(run.out, HasSubstr("not run"));
}

TEST(ReproducePln, Agrees) {
  WALD_NEEDS_ORACLE("pln/oaks_abundance.csv");
  const std::string plot = temp_path("trace.svg");
  const Outcome run =
      run_wald({"reproduce", "pln", "--data", oracle_folder() / "pln", "--plot", plot, "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(run.json()["agrees"], true);
  EXPECT_GE(run.json()["figures"].size(), 12);
  EXPECT_THAT(read_file(plot), HasSubstr("log of minus the bound"));
}

}  // namespace
}  // namespace wald::testing
