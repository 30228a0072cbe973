// Formulas: what is parsed, printed and refused, and the design matrices that R makes of them.
#include <wald/engine/creation.h>
#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/models/design.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <ostream>
#include <sstream>

#include "../engine/message_of.h"
#include "../oracles.h"
#include "../temp_path.h"
#include "model_matrices.h"

namespace wald {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using Names = std::vector<std::string>;

Table table_of(const std::string& text) {
  const std::string path = testing::temp_path("formula_test.csv");
  std::ofstream(path, std::ios::binary) << text;
  return read_csv(path);
}

Names split(const std::string& text, char separator) {
  Names parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);)
    parts.push_back(part.substr(
        part.find_first_not_of(' ') == part.npos ? part.size() : part.find_first_not_of(' ')));
  return parts;
}

Names terms_of(const std::string& right) {
  const ModelTerms model = expand_terms(parse_formula("~ " + right));
  Names names = {model.intercept ? "1" : "0"};
  for (const Term& term : model.terms) {
    Names parts;
    for (std::size_t v : term) parts.push_back(to_string(model.variables[v]));
    names.push_back(fmt::format("{}", fmt::join(parts, ":")));
  }
  return names;
}

class ModelMatrices : public ::testing::TestWithParam<testing::ModelMatrix> {};

TEST_P(ModelMatrices, AreThoseOfR) {
  const auto& expected = GetParam();
  const Table table = table_of(testing::kModelMatrixData);
  const Design design = make_design(table, parse_formula(expected.formula));
  EXPECT_EQ(design.names, split(expected.names, ';'));
  const Names rows = split(expected.rows, ';');
  const std::vector<double> x = design.x.to_vector();
  for (std::size_t i = 0; i < design.n; ++i) {
    std::istringstream row(design.k > 0 ? rows[i] : "");
    for (std::size_t j = 0; j < design.k; ++j) {
      double value = NAN;
      row >> value;
      EXPECT_DOUBLE_EQ(x[i * design.k + j], value) << "row " << i << ", " << design.names[j];
    }
  }
  // The same from what it remembers.
  const Design again = make_design(table, design.terms);
  EXPECT_EQ(again.names, design.names);
  EXPECT_EQ(again.x.to_vector(), x);
  EXPECT_EQ(again.terms.formula, design.terms.formula);
}

INSTANTIATE_TEST_SUITE_P(, ModelMatrices, ::testing::ValuesIn(testing::kModelMatrices));

TEST(Formula, PrintsAsRDoes) {
  for (const char* same :
       {"y ~ x + C(g)", "log(y) ~ a * b - 1", "~ (a + b)^2", "Surv(time, status == 2) ~ I(x^2)",
        "y ~ C(g, ref = \"no \\\"name\\\"\") + offset(log(n))", "y ~ `a b` + .", "y ~ a/b:c",
        "cbind(s, n - s) ~ I(-x^-2 * (a + 1)/3) + 0", "Surv(a, b, type = \"interval2\") ~ größe"})
    EXPECT_EQ(to_string(parse_formula(same)), same);
  EXPECT_EQ(to_string(parse_formula("y~x+C( g ,ref=b)-1")), "y ~ x + C(g, ref = b) - 1");
  EXPECT_EQ(to_string(parse_formula("y ~ 'a'")), "y ~ \"a\"");
  EXPECT_EQ(to_string(parse_expression("-a^b^c:d*e/f<1e3")), "-a^b^c:d * e/f < 1000");
}

TEST(Formula, ExpandsTerms) {
  EXPECT_EQ(terms_of("a*b*c - a:b:c"), (Names{"1", "a", "b", "c", "a:b", "a:c", "b:c"}));
  EXPECT_EQ(terms_of("b:a + a + 0"), (Names{"0", "a", "b:a"}));
  EXPECT_EQ(terms_of("a/b/c"), (Names{"1", "a", "a:b", "a:b:c"}));
  EXPECT_EQ(terms_of("(a + b)/c"), (Names{"1", "a", "b", "a:b:c"}));
  EXPECT_EQ(terms_of("(a + b + c)^2 - b"), (Names{"1", "a", "c", "a:b", "a:c", "b:c"}));
  EXPECT_EQ(terms_of("-1 + a - (b + 1) + 1"), (Names{"1", "a"}));
  EXPECT_EQ(terms_of("a - -1"), (Names{"1", "a"}));
  EXPECT_EQ(terms_of("a - 0"), (Names{"1", "a"}));
  EXPECT_EQ(terms_of("a + offset(n) + a:a"), (Names{"1", "a"}));
  EXPECT_EQ(expand_terms(parse_formula("~ offset(n) + a + offset(log(m))")).offsets.size(), 2U);
}

TEST(Formula, RefusalsSayWhereAndWhatWasExpected) {
  const auto refused = [](const std::string& text) {
    return message_of<InputError>([&] { expand_terms(parse_formula(text)); });
  };
  for (const auto& [text, column, why] : std::vector<std::tuple<const char*, int, const char*>>{
           {"y ~ a +", 8, "a name, a number or '(' was expected, not the end"},
           {"y ~ a b", 7, "an operator or the end was expected, not 'b'"},
           {"y ~ (a + b", 11, "an operator or ')' was expected, not the end"},
           {"y ~ log(a", 10, "an operator, ',' or ')' was expected, not the end"},
           {"y ~ log(a b)", 11, "an operator, ',' or ')' was expected, not 'b'"},
           {"y ~ a ~ b", 7, "second '~'"},
           {"y", 2, "'~' was expected"},
           {"", 1, "a name, a number or '(' was expected, not the end"},
           {"y ~ `a", 5, "never closed"},
           {"y ~ a $ b", 7, "not '$'"},
           {"y ~ 2 + a", 5, "a term was expected, not 2"},
           {"y ~ \"a\"", 5, "a term was expected, not \"a\""},
           {"y ~ a > 2", 7, "needs I()"},
           {"y ~ lag(a)", 5, "one of the functions C, I, offset, abs, cos"},
           {"y ~ log(a, 2)", 5, "one argument without a name was expected in log()"},
           {"y ~ log(C(a))", 9, "not 'C'"},
           {"y ~ I(a:b)", 8, "no arithmetic"},
           {"y ~ a^b", 7, "a whole number from 1 to 100"},
           {"y ~ a^2.5", 7, "a whole number from 1 to 100"},
           {"y ~ C(a, b)", 5, "C(column, ref = level) was expected"},
           {"y ~ C(log(a))", 5, "C(column) or"},
           {"y ~ a:offset(b)", 7, "offset() cannot be part of an interaction"},
           {"y ~ a + y", 9, "'y' is the response too"},
           {"log(y) ~ log(y)", 10, "'log(y)' is the response too"},
           {"y ~ 1e999", 5, "beyond double"},
           {"y ~ (a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q+r+s)^9", 44, "more than 10000 terms"}}) {
    const std::string message = refused(text);
    EXPECT_THAT(message, HasSubstr(fmt::format("formula '{}', column {}: ", text, column)));
    EXPECT_THAT(message, HasSubstr(why)) << text;
  }
  for (const std::string& piece : {std::string("("), std::string("-"), std::string("a^"),
                                   std::string("log("), std::string("a:"), std::string("a*")}) {
    std::string deep = "~ ";
    for (int i = 0; i < 100000; ++i) deep += piece;
    EXPECT_LT(refused(deep + "a").size(), 400U) << piece;
  }
}

TEST(Formula, ThousandsOfTermsAreNoDeepTree) {
  std::string text = "~ x0";
  for (int i = 1; i < 9000; ++i) text += fmt::format(" + x{}", i);
  EXPECT_EQ(expand_terms(parse_formula(text)).terms.size(), 9000U);
}

TEST(Formula, LeftSides) {
  const SurvivalResponse late = survival_response(parse_formula("Surv(start, t/365, d == 2) ~ x"));
  EXPECT_EQ(to_string(*late.entry), "start");
  EXPECT_EQ(to_string(late.time), "t/365");
  EXPECT_EQ(to_string(*late.event), "d == 2");
  const Formula interval = parse_formula("Surv(left, right, type = 'interval2') ~ x");
  EXPECT_EQ(to_string(*survival_response(interval).time2), "right");
  EXPECT_EQ(response_columns(interval), Names{});
  const auto [s, f] = counts_response(parse_formula("cbind(dead, n - dead) ~ x"));
  EXPECT_EQ(to_string(s) + " of " + to_string(f), "dead of n - dead");
  EXPECT_EQ(to_string(number_response(parse_formula("log(y) ~ x"))), "log(y)");
  EXPECT_EQ(response_columns(parse_formula("Surv(a, b) ~ x")), (Names{"a", "b"}));
  for (const auto& [left, why] : std::vector<std::pair<std::string, std::string>>{
           {"y", "column 1: Surv(time, event) was expected before '~', not 'y'"},
           {"", "Surv(time, event) was expected before '~'"},
           {"Surv(t)", "Surv(entry, time, event) or"},
           {"Surv(t, d, type = 'left')", "type = \"interval2\") was expected"},
           {"Surv(t, 'd')", "column 9: a number was expected, not \"d\""}})
    EXPECT_THAT(
        message_of<InputError>([&left = left] { survival_response(parse_formula(left + " ~ x")); }),
        HasSubstr(why));
  EXPECT_THAT(message_of<InputError>([] { counts_response(parse_formula("y ~ x")); }),
              HasSubstr("cbind(successes, failures) was expected"));
  EXPECT_THAT(message_of<InputError>([] { number_response(parse_formula("cbind(a, b) ~ x")); }),
              HasSubstr("column 1: one of the functions"));
  EXPECT_THAT(message_of<InputError>([] { number_response(parse_formula("~ x")); }),
              HasSubstr("a response was expected before '~'"));
}

// Formulas of published fits, with their designs as R made them. Names there: `Intercept`, `EthN`,
// `SexM.x.AgeF1`; levels with odd characters are spelt with '_'.
struct ReferenceDesign {
  const char *data, *design, *formula;
};

std::ostream& operator<<(std::ostream& out, const ReferenceDesign& r) { return out << r.formula; }

std::string reference_name(std::string name) {
  if (name == "(Intercept)") return "Intercept";
  for (const auto& [from, to] : {std::pair(":", ".x."), {"C(", ""}, {")", ""}})
    for (std::size_t at; (at = name.find(from)) != name.npos;)
      name.replace(at, std::string(from).size(), to);
  for (char& c : name)
    if (std::string("-+>< ").find(c) != std::string::npos) c = '_';
  return name;
}

class ReferenceDesigns : public ::testing::TestWithParam<ReferenceDesign> {};

TEST_P(ReferenceDesigns, AreEqual) {
  const auto& [data, design_file, formula] = GetParam();
  WALD_NEEDS_ORACLE(design_file);
  const Table table = read_csv(testing::oracle_path(data));
  const Table reference = read_csv(testing::oracle_path(design_file));
  const Design design = make_design(table, parse_formula(formula));
  ASSERT_EQ(design.n, reference.rows());
  const std::vector<double> x = design.x.to_vector();
  for (std::size_t j = 0; j < design.k; ++j) {
    const std::string name = reference_name(design.names[j]);
    if (name == "Intercept" && std::ranges::count(reference.names(), name) == 0) continue;
    const std::size_t column = reference.column(name);
    for (std::size_t i = 0; i < design.n; ++i)
      ASSERT_NEAR(x[i * design.k + j], reference.number(i, column),
                  1e-14 * std::abs(reference.number(i, column)))
          << name << ", row " << i;
  }
  if (!design.offset.defined()) return;
  const std::vector<double> offset = design.offset.to_vector();
  for (std::size_t i = 0; i < design.n; ++i)
    ASSERT_NEAR(offset[i], reference.number(i, reference.column("offset")),
                1e-14 * std::abs(offset[i]));
}

constexpr ReferenceDesign reference_designs[] = {
    {"glm/quine.csv", "glm/quine.negbin.design.csv", "Days ~ Eth + Sex + Age + Lrn"},
    {"glm/quine.csv", "glm/quine.negbin_interactions.design.csv", "Days ~ Sex/(Age + Eth * Lrn)"},
    {"glm/quine.csv", "glm/quine.rank_deficient.design.csv", "Days ~ Eth * Sex * Age * Lrn"},
    {"glm/warpbreaks.csv", "glm/warpbreaks.poisson.design.csv",
     "breaks ~ wool * C(tension, ref = L)"},
    {"glm/InsectSprays.csv", "glm/InsectSprays.poisson.design.csv", "count ~ spray"},
    {"glm/infert.csv", "glm/infert.logit_unmatched.design.csv",
     "case ~ age + parity + C(education, ref = '0-5yrs') + spontaneous + induced"},
    {"survival/heart_raw.csv", "survival/heart_design.csv",
     "Surv(start, stop, event) ~ age + year + surgery + C(transplant)"},
    {"survival/kidney_raw.csv", "survival/kidney_design.csv",
     "Surv(time, status) ~ age + sex + C(disease, ref = Other)"},
    {"survival/rotterdam_raw.csv", "survival/rotterdam_design.csv",
     "Surv(dtime, death) ~ age + meno + C(size, ref = '<=20') + grade + nodes + pgr + er + "
     "hormon + chemo"},
    {"glm/epil.csv", "glm/epil.negbin.design.csv", "y ~ lbase * C(trt, ref = placebo) + lage + V4"},
    {"glm/anorexia.csv", "glm/anorexia.gaussian_offset.design.csv",
     "Postwt ~ Prewt + C(Treat, ref = CBT) + offset(Prewt)"},
    {"glm/mtcars.csv", "glm/mtcars.linear_all.design.csv", "mpg ~ . - model"},
    {"glm/longley.csv", "glm/longley.linear.design.csv", "Employed ~ ."},
    {"glm/Cars93.csv", "glm/Cars93.gamma_log.design.csv",
     "Price ~ Horsepower + MPG.city + C(Origin, ref = USA)"},
    {"survival/mgus2_raw.csv", "survival/mgus2_design.csv",
     "Surv(futime, death) ~ age + sex + hgb + creat + mspike"},
    {"survival/aml_raw.csv", "survival/aml_design.csv", "Surv(time, status) ~ x"},
    {"survival/veteran_raw.csv", "survival/veteran_design.csv",
     "Surv(time, status) ~ C(celltype, ref = squamous) + karno + diagtime + age"},
    {"survival/lung_raw.csv", "survival/lung_design.csv",
     "Surv(time, status == 2) ~ age + sex + ph.ecog"},
};

INSTANTIATE_TEST_SUITE_P(, ReferenceDesigns, ::testing::ValuesIn(reference_designs));

}  // namespace
}  // namespace wald
