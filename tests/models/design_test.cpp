// The design matrix: names, contrasts, dropped rows, and what is refused.
#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/models/design.h>
#include <wald/models/levels.h>

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "../oracles.h"
#include "../temp_path.h"

namespace wald {
namespace {

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
