// CSV files: what is read, what is refused and how the refusal says where, and the way back.
#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/engine/io/number.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "../temp_path.h"

namespace wald {
namespace {

std::string write_file(const std::string& text) {
  const std::string path = testing::temp_path("test.csv");
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

Table read_text(const std::string& text) { return read_csv(write_file(text)); }

std::vector<std::string> cells(const Table& table, std::size_t row) {
  std::vector<std::string> result;
  for (std::size_t c = 0; c < table.columns(); ++c) result.emplace_back(table.cell(row, c));
  return result;
}

using Cells = std::vector<std::string>;

// The message must hold all the parts.
template <class Action>
void expect_refusal(Action action, const Cells& parts) {
  try {
    action();
    FAIL() << "nothing was thrown for: " << parts[0];
  } catch (const InputError& error) {
    for (const std::string& part : parts) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }
}

void expect_refused_text(const std::string& text, const Cells& parts) {
  expect_refusal([&] { read_text(text); }, parts);
}

TEST(Csv, ReadsQuotesAndEmptyFields) {
  const Table table = read_text("a,b c,\"d\"\"e\"\n1,\"x, \"\"y\"\"\",\n , NA ,\"\"\n");
  EXPECT_EQ(table.names(), (Cells{"a", "b c", "d\"e"}));
  ASSERT_EQ(table.rows(), 2U);
  EXPECT_EQ(cells(table, 0), (Cells{"1", "x, \"y\"", ""}));
  EXPECT_EQ(cells(table, 1), (Cells{"", "NA", ""}));
  EXPECT_TRUE(table.is_missing(0, 2));
  EXPECT_TRUE(table.is_missing(1, 1));
  EXPECT_FALSE(table.is_missing(0, 0));
}

TEST(Csv, AnyLineEndByteOrderMarkAndMissingLastNewline) {
  for (const char* text : {"\xEF\xBB\xBF"
                           "a,b\r\n1,2\r\n\r\n3,4",
                           "a,b\n1,2\n\n3,4\n", "a,b\r1,2\r\r3,4\r", "a,b\n1,2\n  \n3,4"}) {
    SCOPED_TRACE(text);
    const Table table = read_text(text);
    EXPECT_EQ(table.names(), (Cells{"a", "b"}));
    ASSERT_EQ(table.rows(), 2U);
    EXPECT_EQ(cells(table, 1), (Cells{"3", "4"}));
    EXPECT_EQ(table.line(0), 2U);
    EXPECT_EQ(table.line(1), 4U);
  }
}

TEST(Csv, CountsTheLinesInsideQuotes) {
  const Table table = read_text("a,b\n1,\"two\n\nlines\"\n\"3\n\",4\nx,5\n");
  ASSERT_EQ(table.rows(), 3U);
  EXPECT_EQ(table.cell(0, 1), "two\n\nlines");
  EXPECT_EQ(table.line(1), 5U);
  EXPECT_EQ(table.line(2), 7U);
}

TEST(Csv, ReadsAcrossItsBuffer) {
  std::string text = "id,word\n";
  for (int i = 0; i < 200000; ++i) text += fmt::format("{},\"w{}\"\n", i, i % 7);
  const Table table = read_text(text);
  ASSERT_EQ(table.rows(), 200000U);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    ASSERT_EQ(table.number(row, 0), static_cast<double>(row));
    ASSERT_EQ(table.cell(row, 1), fmt::format("w{}", row % 7));
  }
  EXPECT_EQ(table.line(199999), 200001U);
}

TEST(Csv, RefusesFilesItCannotRead) {
  const std::string absent = testing::temp_path("absent.csv");
  expect_refusal([&] { read_csv(absent); }, {absent, "cannot be read", "No such file"});
  expect_refusal([] { read_csv(testing::temp_path("")); }, {"cannot be read"});
  expect_refused_text("", {"is empty"});
  expect_refused_text("\n \n", {"is empty"});
  expect_refused_text("a,b\n", {"header but no rows"});
}

TEST(Csv, RefusalsSayWhere) {
  expect_refused_text("a,b\n1,2\n3\n", {"test.csv, line 3", "1 field,", "has 2"});
  expect_refused_text("a,b\n1,2,3\n", {"line 2", "3 fields", "has 2"});
  expect_refused_text("a,b,a\n", {"line 1, column 3", "'a'", "column 1"});
  expect_refused_text("\n\"\",b\n", {"line 2, column 1", "no name"});
  expect_refused_text("a,b\n1,\"2\n3,4\n", {"line 2, column 2", "never closed"});
  expect_refused_text("a,b\n1,2\n3,4\"5\n", {"line 3, column 2", "inside a field"});
  expect_refused_text("a,b\n1,\"2\"3\n", {"line 2, column 2", "closing quote"});
}

TEST(Table, NumbersAndTheirRefusals) {
  const Table table = read_text("age,sex,mixed\n\n41.5,f,1\n+1e3,m,abc\nNA,,NA\ninf,x,\n");
  EXPECT_EQ(table.number(0, 0), 41.5);
  EXPECT_EQ(table.number(1, 0), 1000);
  expect_refusal([&] { table.number(1, 2); }, {"test.csv, line 4, column 'mixed'", "'abc'"});
  expect_refusal([&] { table.number(3, 0); }, {"line 6, column 'age'", "'inf'", "finite"});
  EXPECT_FALSE(table.is_factor(0));
  EXPECT_TRUE(table.is_factor(1));
  EXPECT_FALSE(table.is_factor(2));
  EXPECT_EQ(table.column("sex"), 1U);
  expect_refusal([&] { table.column("Sex"); }, {"no column 'Sex'", "age, sex, mixed"});
}

TEST(Number, IsAllOfTheTextOrNothing) {
  EXPECT_EQ(parse_number("-2.5e-3"), -0.0025);
  EXPECT_EQ(parse_number("1e-310"), 1e-310);
  for (const char* text :
       {"", " 1", "1 ", "1,5", "+-1", "+", "0x10", "nan", "inf", "1e400", "1e"}) {
    EXPECT_FALSE(parse_number(text)) << text;
  }
}

TEST(Csv, WritesNumbersThatReadBackTheSame) {
  const std::string path = testing::temp_path("written.csv");
  const double tiny = std::numeric_limits<double>::denorm_min();
  const std::vector<std::string> names = {"plain", "odd, \"name\""};
  const std::vector<std::vector<double>> columns = {{0.1, 5, 1e300, tiny},
                                                    {-1. / 3, NAN, 54174, 123456789.125}};
  write_csv(path, names, columns);
  const Table table = read_csv(path);
  EXPECT_EQ(table.names(), names);
  EXPECT_EQ(table.cell(0, 0), "0.1");
  EXPECT_EQ(table.cell(1, 0), "5");
  EXPECT_TRUE(table.is_missing(1, 1));
  for (std::size_t row = 0; row < 4; ++row) {
    EXPECT_EQ(table.number(row, 0), columns[0][row]);
    if (row == 1) continue;  // written as NA
    EXPECT_EQ(table.number(row, 1), columns[1][row]);
  }
}

TEST(Csv, WritingFailsClearly) {
  const std::vector<std::string> names = {"x"};
  const std::vector<std::vector<double>> columns = {{1, 2}}, ragged = {{1}, {1, 2}};
  const std::string nowhere = testing::temp_path("no/such/folder/x.csv");
  expect_refusal([&] { write_csv(nowhere, names, columns); }, {nowhere, "cannot be written"});
  expect_refusal([&] { write_csv(nowhere, names, ragged); }, {"differ in length"});
  if (std::filesystem::exists("/dev/full")) {
    expect_refusal([&] { write_csv("/dev/full", names, columns); }, {"No space left"});
  }
}

}  // namespace
}  // namespace wald
