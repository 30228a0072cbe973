// Left sides and weights read from a table: their values, and what is refused where.
#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/models/column_values.h>
#include <wald/models/response.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <numeric>

#include "../engine/message_of.h"
#include "../temp_path.h"

namespace wald {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;
using ::testing::NanSensitiveDoubleEq;
using Values = std::vector<double>;

Table table_of(const std::string& text) {
  const std::string path = testing::temp_path("response_test.csv");
  std::ofstream(path, std::ios::binary) << text;
  return read_csv(path);
}

std::vector<std::size_t> all_rows(const Table& table) {
  std::vector<std::size_t> rows(table.rows());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return rows;
}

SurvivalValues survival_of(const std::string& csv, const std::string& left) {
  const Table table = table_of(csv);
  return read_survival(table, survival_response(parse_formula(left + " ~ 1")), all_rows(table),
                       false);
}

TEST(Response, SurvivalTimes) {
  const std::string csv = "t,d,s\n2,1,0\n4,2,1\n";
  const SurvivalValues v = survival_of(csv, "Surv(s/2, t/2, d == 2)");
  EXPECT_EQ(v.time, (Values{1, 2}));
  EXPECT_EQ(v.event, (Values{0, 1}));
  EXPECT_EQ(v.entry, (Values{0, 0.5}));
  EXPECT_EQ(v.time2, Values());
  for (const auto& [left, why] : std::vector<std::pair<std::string, std::string>>{
           {"Surv(t, d)", "line 3, column 'd': an event must be 0 (censored) or 1 (seen), not '2'"},
           {"Surv(t, d - 1.5)",
            "line 2, 'd - 1.5': an event must be 0 (censored) or 1 (seen), not "
            "'-0.5'"},
           {"Surv(t - 4, s)", "line 2, 't - 4': a time must be positive, not '-2'"},
           {"Surv(t, t, s)", "line 2, column 't': an entry must be at least 0 and before the time"},
           {"Surv(log(s), s)", "line 2, 'log(s)': the value is not finite where s = 0"}})
    EXPECT_THAT(message_of<InputError>([&csv = csv, &left = left] { survival_of(csv, left); }),
                HasSubstr(why));
}

TEST(Response, IntervalsMayBeOpen) {
  const std::string left = "Surv(a, b, type = 'interval2')";
  const SurvivalValues v = survival_of("a,b\n1,2\nNA,3\n4,\n5,5\n", left);
  EXPECT_THAT(v.time, ElementsAre(1, NanSensitiveDoubleEq(NAN), 4, 5));
  EXPECT_THAT(v.time2, ElementsAre(2, 3, NanSensitiveDoubleEq(NAN), 5));
  EXPECT_EQ(v.event, Values());
  for (const auto& [csv, why] : std::vector<std::pair<std::string, std::string>>{
           {"a,b\n1,2\n,NA\n", "line 3: 'a' and 'b' are both missing"},
           {"a,b\n2,1\n", "line 2, column 'b': an interval must not end before it begins, at 2"},
           {"a,b\nNA,0\n", "line 2, column 'b': the end of an interval must be positive, not '0'"}})
    EXPECT_THAT(message_of<InputError>([&csv = csv, &left = left] { survival_of(csv, left); }),
                HasSubstr(why));
}

TEST(Response, CountsAndWeights) {
  const Table table = table_of("dead,n,w\n1,3,0.5\n0,2,0\n");
  const auto rows = all_rows(table);
  EXPECT_EQ(read_counts(table, parse_expression("n - dead"), rows), (Values{2, 2}));
  EXPECT_EQ(read_weights(table, "w", rows), (Values{0.5, 0}));
  EXPECT_THAT(message_of<InputError>([&] { read_counts(table, parse_expression("w"), rows); }),
              HasSubstr("line 2, column 'w': a count must be a whole number from 0 up, not '0.5'"));
  EXPECT_THAT(
      message_of<InputError>([&] { read_counts(table, parse_expression("dead - n"), rows); }),
      HasSubstr("line 2, 'dead - n': a count must be a whole number from 0 up, not '-2'"));
  EXPECT_THAT(message_of<InputError>([] {
                const Table bad = table_of("w\n1\n-2\n");
                read_weights(bad, "w", all_rows(bad));
              }),
              HasSubstr("line 3, column 'w': a weight must not be negative, not '-2'"));
}

TEST(ColumnValues, ArithmeticAndMissingCells) {
  const Table table = table_of("x,y\n2,3\n-1,\n4,0.5\n");
  const auto rows = all_rows(table);
  const auto of = [&](const std::string& text) {
    return evaluate(parse_expression(text), table, rows);
  };
  EXPECT_EQ(of("2^3^2 - x*3/2 + -x^2"), (Values{512 - 3 - 4, 512 + 1.5 - 1, 512 - 6 - 16}));
  EXPECT_EQ(of("x > 1"), (Values{1, 0, 1}));
  EXPECT_EQ(of("(x <= 2) + (x != 4) + (x == 2) + (x < 0) + (x >= 4)"), (Values{3, 3, 1}));
  EXPECT_THAT(of("y == 3"), ElementsAre(1, NanSensitiveDoubleEq(NAN), 0));
  EXPECT_THAT(of("y^0"), ElementsAre(1, NanSensitiveDoubleEq(NAN), 1));
  EXPECT_EQ(of("log(exp(x)) - abs(x) - sqrt(x^2)")[2], -4);
  EXPECT_THAT(message_of<InputError>([&] { of("1/(x - 4)"); }),
              HasSubstr("line 4, '1/(x - 4)': the value is not finite where x = 4"));
  EXPECT_THAT(message_of<InputError>([&] { of("max(x)"); }), HasSubstr("one of the functions"));
}

}  // namespace
}  // namespace wald
