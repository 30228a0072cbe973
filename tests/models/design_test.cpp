// The design matrix: names, contrasts, dropped rows, and what is refused.
#include <wald/engine/creation.h>
#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/models/design.h>
#include <wald/models/levels.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "../engine/message_of.h"
#include "../oracles.h"
#include "../temp_path.h"

namespace wald {
namespace {

using ::testing::HasSubstr;
using Names = std::vector<std::string>;
using Rows = std::vector<std::size_t>;

Table table_of(const std::string& text) {
  const std::string path = testing::temp_path("design_test.csv");
  std::ofstream(path, std::ios::binary) << text;
  return read_csv(path);
}

const char* const kPeople =
    "age,sex,stage,y\n"
    "50,m,10,1\n"
    "61,f,2,0\n"
    "NA,f,2,1\n"
    "47,,10,1\n"
    "38,f,1,\n"
    "55,m,1,0\n";

template <class Refusal = InputError>
void expect_refusal(const Table& table, const std::string& covariates, const Names& parts) {
  try {
    make_design(table, covariates);
    FAIL() << "nothing was thrown for: " << covariates;
  } catch (const Refusal& error) {
    for (const std::string& part : parts) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }
}

TEST(Design, NumbersFactorsAndDroppedRows) {
  const Table table = table_of(kPeople);
  const Design design = make_design(table, "age, sex, C(stage)", {.also_used = {"y"}});
  EXPECT_EQ(design.names, (Names{"(Intercept)", "age", "C(sex)m", "C(stage)2", "C(stage)10"}));
  EXPECT_EQ(design.rows, (Rows{0, 1, 5}));
  EXPECT_EQ(design.dropped, 3U);
  EXPECT_EQ(design.n, 3U);
  EXPECT_EQ(design.k, 5U);
  EXPECT_EQ(design.x.to_vector(), (std::vector<double>{1, 50, 1, 0, 1,  //
                                                       1, 61, 0, 1, 0,  //
                                                       1, 55, 1, 0, 0}));
  EXPECT_EQ(number_column(table, "y", design.rows), (std::vector<double>{1, 0, 0}));
  EXPECT_EQ(text_column(table, "sex", design.rows), (Names{"m", "f", "m"}));
}

TEST(Design, ReferenceAndIntercept) {
  const Table table = table_of(kPeople);
  const Design design = make_design(table, "C( sex ,ref = m)", {.intercept = false});
  EXPECT_EQ(design.names, Names{"C(sex)f"});
  EXPECT_EQ(design.x.to_vector(), (std::vector<double>{0, 1, 1, 1, 0}));
  const Design stage = make_design(table, "C(stage, ref=10)");
  EXPECT_EQ(stage.names, (Names{"(Intercept)", "C(stage)1", "C(stage)2"}));
  const Design none = make_design(table, "  ");
  EXPECT_EQ(none.names, Names{"(Intercept)"});
  EXPECT_EQ(none.x.to_vector(), std::vector<double>(6, 1.0));
  EXPECT_EQ(make_design(table, "", {.intercept = false}).k, 0U);
}

TEST(Design, AppliesToNewData) {
  const Design fitted = make_design(table_of(kPeople), "age, C(sex, ref=m)");
  const Design fresh = make_design(table_of("sex,age\nf,1\nm,2\n,3\n"), fitted.terms);
  EXPECT_EQ(fresh.names, fitted.names);
  EXPECT_EQ(fresh.x.to_vector(), (std::vector<double>{1, 1, 1, 1, 2, 0}));
  EXPECT_EQ(fresh.dropped, 1U);
  EXPECT_THROW(make_design(table_of("sex,age\nx,1\n"), fitted.terms), InputError);
}

TEST(Design, AWordAmongNumbersIsRefusedInAnyRow) {
  expect_refusal(table_of("x\n1\ntwo\n"), "x", {"line 3, column 'x'", "'two'"});
  expect_refusal(table_of("x,z\n1,1\ntwo,\n"), "x, z", {"line 3, column 'x'", "'two'"});
  EXPECT_EQ(make_design(table_of("x\n1\ntwo\n"), "C(x)").names.back(), "C(x)two");
}

TEST(Design, RefusesMalformedLists) {
  const Table table = table_of(kPeople);
  expect_refusal(table, "age,,sex", {"missing beside a comma"});
  expect_refusal(table, "age,", {"missing beside a comma"});
  expect_refusal(table, "C(sex", {"not closed"});
  expect_refusal(table, "sex)", {"not opened"});
  expect_refusal(table, "C()", {"needs the name"});
  expect_refusal(table, "C(sex)age", {"goes on after"});
  expect_refusal(table, "C(sex, base=m)", {"C(column, ref=level)"});
  expect_refusal(table, "C(sex, ref=)", {"C(column, ref=level)"});
  expect_refusal(table, "C(sex, ref=x)", {"'sex'", "no level 'x'", "f, m"});
  expect_refusal(table, "age, age", {"'age' is named twice"});
  expect_refusal(table, "sex, C(sex)", {"'sex' is named twice"});
  expect_refusal(table, "weight", {"no column 'weight'", "age, sex, stage, y"});
}

TEST(Design, RefusesDataThatLeaveNothing) {
  expect_refusal<NotIdentifiedError>(table_of("x,s\n1,a\n2,a\n"), "x, s", {"s has one level, 'a'"});
  expect_refusal(table_of("x,s\n1,NA\n2,\n"), "x, s", {"column 's' has no value"});
  expect_refusal(table_of("x,s\n1,\n,b\n"), "x, s", {"every row lacks"});
}

Design design_of(const Table& table, const std::string& formula,
                 const DesignOptions& options = {}) {
  return make_design(table, parse_formula(formula), options);
}

TEST(FormulaDesign, RemembersLevelsAndTransforms) {
  const Table table = table_of("age,sex,dose,n\n1,m,10,1\n2,f,2,2\n4,m,2,1\n8,f,10,3\n");
  const Design fitted = design_of(table, "~ log(age) * C(sex, ref = m) + sex:C(dose) + offset(n)");
  EXPECT_EQ(fitted.terms.formula, "~ log(age) * C(sex) + C(sex):C(dose) + offset(n)");
  ASSERT_EQ(fitted.terms.factors.size(), 2U);
  EXPECT_EQ(fitted.terms.factors[0].levels, (Names{"m", "f"}));
  EXPECT_EQ(fitted.names, (Names{"(Intercept)", "log(age)", "C(sex)f", "log(age):C(sex)f",
                                 "C(sex)m:C(dose)10", "C(sex)f:C(dose)10"}));
  const Design fresh = make_design(table_of("dose,n,sex,age\n10.0,5,f,1\n2,,m,1\n"), fitted.terms);
  EXPECT_EQ(fresh.names, fitted.names);
  EXPECT_EQ(fresh.x.to_vector(), (std::vector<double>{1, 0, 1, 0, 0, 1}));
  EXPECT_EQ(fresh.offset.to_vector(), std::vector<double>{5});
  EXPECT_EQ(fresh.dropped, 1U);
  const auto refused = [&](const std::string& csv) {
    return testing::message_of<InputError>([&] { make_design(table_of(csv), fitted.terms); });
  };
  EXPECT_THAT(refused("age,sex,dose,n\n1,m,2,1\n1,x,2,1\n"),
              HasSubstr("line 3, column 'sex': 'x' is not among the levels of the fit, m, f"));
  EXPECT_THAT(refused("age,sex,dose\n1,m,2\n"), HasSubstr("no column 'n'"));
  EXPECT_THAT(refused("age,sex,dose,n\n0,m,2,1\n"), HasSubstr("line 2, 'log(age)': the value is "
                                                              "not finite where age = 0"));
}

TEST(FormulaDesign, LeftSideOffsetAndOtherColumnsDropRows) {
  const Table table = table_of(
      "y,x,n,w,time,status\n1,1,1,1,1,1\nNA,2,1,1,,1\n1,3,,1,1,1\n1,4,1,NA,1,1\n1,,1,1,1,1\n");
  EXPECT_EQ(design_of(table, "~ x").rows, (Rows{0, 1, 2, 3}));
  EXPECT_EQ(design_of(table, "y ~ x").rows, (Rows{0, 2, 3}));
  EXPECT_EQ(design_of(table, "log(y) ~ I(x^2) + offset(log(n))").rows, (Rows{0, 3}));
  EXPECT_EQ(design_of(table, "Surv(time, status) ~ x", {.also_used = {"w"}}).rows, (Rows{0, 2}));
  EXPECT_EQ(design_of(table, "Surv(time, y, type = 'interval2') ~ x").rows, (Rows{0, 1, 2, 3}));
  EXPECT_EQ(design_of(table, "y ~ x:x + x - x").dropped, 1U);
}

TEST(FormulaDesign, DotIsAllOtherColumns) {
  const Table table = table_of("y,x,g,w,z\n1,1,a,1,2\n2,2,b,1,3\n3,1,b,1,5\n");
  const Design all = design_of(table, "y ~ .^2 - x:z", {.also_used = {"w"}});
  EXPECT_EQ(all.names, (Names{"(Intercept)", "x", "C(g)b", "z", "x:C(g)b", "C(g)b:z"}));
  EXPECT_EQ(all.terms.formula, "~ (x + C(g) + z)^2 - x:z");
  EXPECT_EQ(design_of(table, "log(y) ~ . - w").names, (Names{"(Intercept)", "x", "C(g)b", "z"}));
  EXPECT_THAT(testing::message_of<InputError>([] { design_of(table_of("y\n1\n"), "y ~ ."); }),
              HasSubstr("'.' stands for no column"));
}

TEST(FormulaDesign, AFactorHasOneReference) {
  const Table table = table_of("g,x\na,1\nb,2\nc,3\nb,5\n");
  EXPECT_EQ(design_of(table, "~ C(g, ref = b) + x:g").names,
            (Names{"(Intercept)", "C(g)a", "C(g)c", "C(g)b:x", "C(g)a:x", "C(g)c:x"}));
  EXPECT_EQ(design_of(table, "~ g + C(g)").names, (Names{"(Intercept)", "C(g)b", "C(g)c"}));
  EXPECT_EQ(design_of(table, "~ C(x, ref = 2)").names,
            (Names{"(Intercept)", "C(x)1", "C(x)3", "C(x)5"}));
  EXPECT_THAT(testing::message_of<InputError>(
                  [&] { design_of(table, "~ C(g, ref = b) + C(g, ref = a):x"); }),
              HasSubstr("column 19: 'g' has the reference 'b' before and 'a' here"));
}

TEST(FormulaDesign, InterceptOfTheModelOrOfTheFormula) {
  const Table table = table_of("g,x\na,1\nb,2\n");
  EXPECT_EQ(design_of(table, "~ g + x", {.intercept = false}).names, (Names{"C(g)b", "x"}));
  EXPECT_EQ(design_of(table, "~ g + x - 1", {.intercept = false}).names,
            (Names{"C(g)a", "C(g)b", "x"}));
}

TEST(FormulaDesign, Refusals) {
  const Table table = table_of("age,sex,y\n50,m,1\n-61,f,0\n");
  const auto refused = [&](const std::string& formula) {
    return testing::message_of<InputError>([&] { design_of(table, formula); });
  };
  EXPECT_THAT(refused("y ~ agee"),
              HasSubstr("no column 'agee' (is 'age' meant?); it has age, sex"));
  EXPECT_THAT(refused("Y ~ age"), HasSubstr("no column 'Y' (is 'y' meant?)"));
  EXPECT_THAT(refused("y ~ weight"), HasSubstr("no column 'weight'; it has"));
  EXPECT_THAT(refused("y ~ sqrt(sex)"), HasSubstr("line 2, column 'sex': 'm' is not a finite"));
  EXPECT_THAT(refused("y ~ sqrt(age + y)"),
              HasSubstr("line 3, 'sqrt(age + y)': the value is not finite where age = -61, y = 0"));
  EXPECT_THAT(refused("y ~ C(age, ref = 7)"),
              HasSubstr("no level '7' to refer to; it has -61, 50"));
}

TEST(FormulaDesign, OfColumnsInMemory) {
  const Table table(
      "patients",
      {{"age", tensor({50, 61, NAN, 47})}, {"sex", Names{"m", "f", "f", ""}}, {"dose", arange(4)}});
  const Design design = design_of(table, "~ log(age) + sex + C(dose)");
  EXPECT_EQ(design.names, (Names{"(Intercept)", "log(age)", "C(sex)m", "C(dose)1"}));
  EXPECT_EQ(design.x.to_vector(),
            (std::vector<double>{1, std::log(50.), 1, 0, 1, std::log(61.), 0, 1}));
  EXPECT_EQ(table.numbers("dose").to_vector(), (std::vector<double>{0, 1, 2, 3}));
  EXPECT_TRUE(std::isnan(table.numbers("age").to_vector()[2]));
  EXPECT_EQ(table.cell(0, 0) + table.cell(2, 0) + table.cell(1, 1), "50f");
  EXPECT_THAT(testing::message_of<InputError>([&] { table.numbers("sex"); }),
              HasSubstr("patients, row 1, column 'sex': 'm' is not a finite number"));
  for (const auto& [columns, why] : std::vector<std::pair<std::vector<NamedColumn>, std::string>>{
           {{{"a", arange(2)}, {"b", arange(3)}}, "column 'b' has 3 rows, but column 'a' has 2"},
           {{{"a", arange(2)}, {"a", arange(2)}}, "column 2: the name 'a' is that of column 1 too"},
           {{{"", arange(2)}}, "column 1: the column has no name"},
           {{{"a", zeros({2, 2})}}, "column 'a' is not a tensor with one axis"},
           {{{"a", Tensor()}}, "column 'a' is not a tensor with one axis"}})
    EXPECT_THAT(
        testing::message_of<InputError>([&, &columns = columns] { Table("patients", columns); }),
        HasSubstr(why));
}

TEST(Levels, SortByValueOrByBytes) {
  const std::vector<std::string_view> numbers = {"10", "9", "09.0", "-1", "1e1"};
  const Factor by_value = make_factor(numbers);
  EXPECT_EQ(by_value.levels, (Names{"-1", "9", "10"}));
  EXPECT_EQ(by_value.codes, (std::vector<std::uint32_t>{2, 1, 1, 0, 2}));
  const std::vector<std::string_view> words = {"b", "10", "9", "B"};
  EXPECT_EQ(make_factor(words).levels, (Names{"10", "9", "B", "b"}));
  EXPECT_EQ(find_level(by_value.levels, "10.0"), 2U);
  EXPECT_FALSE(find_level(by_value.levels, "11"));
}

// R's model.matrix for the same factors; its columns are named cellsmallcell for C(cell)smallcell.
TEST(Design, EqualsTheReferenceDesign) {
  WALD_NEEDS_ORACLE("survival/veteran_design.csv");
  const Table raw = read_csv(testing::oracle_path("survival/veteran_raw.csv"));
  const Table reference = read_csv(testing::oracle_path("survival/veteran_design.csv"));
  const Design design =
      make_design(raw, "C(celltype, ref=squamous), karno, age", {.also_used = {"time", "status"}});
  ASSERT_EQ(design.n, reference.rows());
  const std::vector<double> x = design.x.to_vector();
  for (std::size_t j = 1; j < design.k; ++j) {
    std::string name = design.names[j];
    if (name.starts_with("C(celltype)")) name = "celltype" + name.substr(11);
    for (std::size_t i = 0; i < design.n; ++i) {
      ASSERT_EQ(x[i * design.k + j], reference.number(i, reference.column(name))) << name;
    }
  }
}

}  // namespace
}  // namespace wald
