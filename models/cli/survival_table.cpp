#include "survival_table.h"

#include <fmt/format.h>

#include <iostream>

#include <wald/engine/error.h>
#include <wald/engine/io/number.h>
#include <wald/models/design.h>

namespace wald::cli {
namespace {

[[noreturn]] void refuse(const Table& table, std::size_t row, const std::string& column,
                         const std::string& why) {
  const std::size_t at = table.column(column);
  throw InputError(fmt::format("{}: {}, not '{}'", table.place(row, at), why, table.cell(row, at)));
}

}  // namespace

std::vector<std::string> SurvivalColumns::used() const {
  std::vector<std::string> names;
  for (const std::string& name : {time, event, entry, weights})
    if (!name.empty()) names.push_back(name);
  return names;
}

SurvivalValues read_survival(const Table& table, const SurvivalColumns& columns,
                             const std::vector<std::size_t>& rows, bool allows_zero) {
  SurvivalValues v;
  v.time = number_column(table, columns.time, rows);
  const std::size_t event = table.column(columns.event);
  for (std::size_t row : rows) {
    const auto value = parse_number(table.cell(row, event));
    if (!value || (*value != 0 && *value != 1))
      refuse(table, row, columns.event, "an event must be 0 (censored) or 1 (seen)");
    v.event.push_back(*value);
  }
  if (!columns.entry.empty()) v.entry = number_column(table, columns.entry, rows);
  if (!columns.weights.empty()) v.weights = number_column(table, columns.weights, rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (v.time[i] < 0 || (v.time[i] == 0 && !allows_zero))
      refuse(table, rows[i], columns.time,
             allows_zero ? "a time must not be negative" : "a time must be positive");
    if (!v.entry.empty() && !(v.entry[i] >= 0 && v.entry[i] < v.time[i]))
      refuse(table, rows[i], columns.entry,
             fmt::format("an entry must be at least 0 and before the time, {}", v.time[i]));
    if (!v.weights.empty() && v.weights[i] < 0)
      refuse(table, rows[i], columns.weights, "a weight must not be negative");
  }
  return v;
}

std::vector<std::size_t> complete_rows(const Table& table,
                                       const std::vector<std::string>& columns) {
  std::vector<std::size_t> numbers;
  for (const std::string& name : columns) numbers.push_back(table.column(name));
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    bool is_complete = true;
    for (std::size_t column : numbers) is_complete &= !table.is_missing(row, column);
    if (is_complete) rows.push_back(row);
  }
  if (rows.empty())
    throw InputError(
        fmt::format("{}: no row is complete in {}", table.file(), comma_separated(columns)));
  return rows;
}

void report_dropped(std::size_t dropped) {
  if (dropped > 0)
    std::cerr << fmt::format("wald: {} row{} with missing values left out\n", dropped,
                             dropped == 1 ? "" : "s");
}

}  // namespace wald::cli
