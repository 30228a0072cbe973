// `--formula` of the program: the same fit as with options for columns, and what it refuses.
#include <gtest/gtest.h>

#include "program.h"

namespace wald {
namespace {

using testing::Arguments;
using testing::is_one_message;
using testing::Outcome;

constexpr const char* small =
    "time,event,age,sex,w,start,code\n4,1,50,m,1,0,2\n3.5,1,61,f,2,1,2\n7,0,47,f,1,2,1\n"
    "1.25,1,70,m,1,0,2\n9,1,44,f,3,4,2\n12,0,39,m,1,0,1\n";

Outcome fit(const Arguments& more, const char* csv = small) {
  return testing::fit_text("survival", csv, more);
}

TEST(FitFormula, IsTheFitOfTheColumns) {
  const Outcome columns = fit({"--time", "time", "--event", "event", "--entry", "start",
                               "--weights", "w", "--covariates", "age,C(sex, ref=m)", "--json"});
  const Outcome formula = fit({"--formula", "Surv(start, time, code == 2) ~ age + C(sex, ref = m)",
                               "--weights", "w", "--json"});
  EXPECT_EQ(formula.exit_code, 0) << formula.err;
  auto of_columns = columns.json(), of_formula = formula.json();
  EXPECT_EQ(of_columns["formula"], "Surv(start, time, event) ~ age + C(sex, ref = \"m\")");
  EXPECT_EQ(of_formula["formula"], "Surv(start, time, code == 2) ~ age + C(sex, ref = m)");
  of_columns.erase("formula");
  of_formula.erase("formula");
  EXPECT_EQ(of_columns, of_formula);
}

TEST(FitFormula, InteractionsAndTransforms) {
  const Outcome run = fit({"--formula", "Surv(time, event) ~ sex:log(age) - 1", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.err, "");
  ASSERT_EQ(run.json()["coefficients"].size(), 2U);
  EXPECT_EQ(run.json()["coefficients"][0]["name"], "C(sex)f:log(age)");
  EXPECT_EQ(run.json()["coefficients"][1]["name"], "C(sex)m:log(age)");
}

TEST(FitFormula, DropsRowsWithMissingValuesAndSaysHowMany) {
  const Outcome run = fit({"--formula", "Surv(time, event) ~ log(x)", "--json"},
                          "time,event,x\n1,1,2\n2,0,NA\n,1,1\n3,0,4\n5,1,1\n6,1,3\n");
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.err, "wald: 2 rows with missing values left out\n");
  EXPECT_EQ(run.json()["n"], 4);
}

struct Refusal {
  const char *formula, *says;
  int exit_code = 2;
};

class RefusedFormula : public ::testing::TestWithParam<Refusal> {};

TEST_P(RefusedFormula, WithOneSentence) {
  const Outcome run = fit({"--formula", GetParam().formula});
  EXPECT_EQ(run.exit_code, GetParam().exit_code);
  EXPECT_EQ(run.out, "");
  EXPECT_TRUE(is_one_message(run.err)) << run.err;
  EXPECT_NE(run.err.find(GetParam().says), std::string::npos) << run.err;
}

constexpr Refusal refusals[] = {
    {"Surv(time, event) ~ age +", "column 26: a name, a number or '(' was expected, not the end"},
    {"Surv(time, event)", "'~' was expected"},
    {"time ~ age", "column 1: Surv(time, event) was expected before '~', not 'time'"},
    {"Surv(time, event) ~ agee", "no column 'agee' (is 'age' meant?)"},
    {"Surv(tme, event) ~ age", "no column 'tme' (is 'time' meant?)"},
    {"Surv(time, code) ~ age", "line 2, column 'code': an event must be 0"},
    {"Surv(time, sex) ~ age", "line 2, column 'sex': an event must be 0 (censored) or 1 (seen)"},
    {"Surv(sex, event) ~ age", "line 2, column 'sex': 'm' is not a finite number"},
    {"Surv(time, event) ~ log(sex)", "line 2, column 'sex': 'm' is not a finite number"},
    {"Surv(time, event) ~ log(age - 44)", "line 6, 'log(age - 44)': the value is not finite"},
    {"Surv(time, event) ~ C(sex, ref = x)", "column 'sex' has no level 'x' to refer to"},
    {"Surv(time, start, type = 'interval2') ~ age", "an interval must not end before it begins"},
    {"Surv(time, event) ~ 0", "there is nothing to estimate"},
    {"Surv(time, event) ~ age + I(2 * age)", "I(2 * age) = 2 age", 3},
    {"Surv(time, event) ~ C(event)", "C(event)", 3},
};

INSTANTIATE_TEST_SUITE_P(, RefusedFormula, ::testing::ValuesIn(refusals));

TEST(FitFormula, StandsInPlaceOfTheColumns) {
  for (const Arguments& columns : {Arguments{"--time", "time"}, {"--covariates", "age"}}) {
    Arguments arguments = {"--formula", "Surv(time, event) ~ age"};
    arguments.insert(arguments.end(), columns.begin(), columns.end());
    const Outcome run = fit(arguments);
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_TRUE(is_one_message(run.err)) << run.err;
    EXPECT_NE(run.err.find("--formula"), std::string::npos) << run.err;
  }
  for (const Arguments& columns : {Arguments{}, {"--time", "time"}}) {
    const Outcome run = fit(columns);
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_TRUE(is_one_message(run.err)) << run.err;
    EXPECT_NE(run.err.find("or --formula"), std::string::npos) << run.err;
  }
}

}  // namespace
}  // namespace wald
