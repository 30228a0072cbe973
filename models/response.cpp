#include "response.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/engine/error.h>
#include <wald/engine/io/number.h>
#include <wald/models/column_values.h>

namespace wald {
namespace {

using Rows = std::span<const std::size_t>;

[[noreturn]] void refuse(const Table& table, std::size_t row, const Expression& e, double value,
                         const std::string& why) {
  const std::string found = e.kind == Expression::Kind::name ? table.cell(row, table.column(e.name))
                                                             : fmt::format("{}", value);
  throw InputError(fmt::format("{}: {}, not '{}'", place_of(e, table, row), why, found));
}

// A column of events is read cell by cell, so that a word in it is met by the same sentence.
std::vector<double> read_events(const Table& table, const Expression& event, Rows rows) {
  std::vector<double> values;
  if (event.kind == Expression::Kind::name) {
    const std::size_t column = table.column(event.name);
    for (std::size_t row : rows)
      values.push_back(parse_number(table.cell(row, column)).value_or(NAN));
  } else {
    values = evaluate(event, table, rows);
  }
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (values[i] != 0 && values[i] != 1)
      refuse(table, rows[i], event, values[i], "an event must be 0 (censored) or 1 (seen)");
  return values;
}

void check_intervals(const Table& table, const SurvivalResponse& response, Rows rows,
                     const SurvivalValues& v) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (std::isnan(v.time[i]) && std::isnan(v.time2[i]))
      throw InputError(fmt::format("{}: '{}' and '{}' are both missing", table.place(rows[i]),
                                   to_string(response.time), to_string(*response.time2)));
    if (v.time2[i] < v.time[i] || v.time2[i] <= 0)
      refuse(table, rows[i], *response.time2, v.time2[i],
             std::isnan(v.time[i])
                 ? "the end of an interval must be positive"
                 : fmt::format("an interval must not end before it begins, at {}", v.time[i]));
  }
}

}  // namespace

SurvivalValues read_survival(const Table& table, const SurvivalResponse& response, Rows rows,
                             bool allows_zero) {
  SurvivalValues v;
  v.time = evaluate(response.time, table, rows);
  if (response.event) v.event = read_events(table, *response.event, rows);
  if (response.entry) v.entry = evaluate(*response.entry, table, rows);
  if (response.time2) v.time2 = evaluate(*response.time2, table, rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (v.time[i] < 0 || (v.time[i] == 0 && !allows_zero))
      refuse(table, rows[i], response.time, v.time[i],
             allows_zero ? "a time must not be negative" : "a time must be positive");
    if (!v.entry.empty() && !(v.entry[i] >= 0 && v.entry[i] < v.time[i]))
      refuse(table, rows[i], *response.entry, v.entry[i],
             fmt::format("an entry must be at least 0 and before the time, {}", v.time[i]));
  }
  if (response.time2) check_intervals(table, response, rows, v);
  return v;
}

std::vector<double> read_counts(const Table& table, const Expression& count, Rows rows) {
  std::vector<double> values = evaluate(count, table, rows);
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (values[i] < 0 || values[i] != std::floor(values[i]))
      refuse(table, rows[i], count, values[i], "a count must be a whole number from 0 up");
  return values;
}

std::vector<double> read_weights(const Table& table, const std::string& column, Rows rows) {
  std::vector<double> values = number_column(table, column, rows);
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (values[i] < 0)
      refuse(table, rows[i], Expression::column(column), values[i],
             "a weight must not be negative");
  return values;
}

}  // namespace wald
