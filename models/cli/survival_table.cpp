#include "survival_table.h"

#include <fmt/format.h>

#include <wald/engine/error.h>

namespace wald::cli {
std::vector<std::string> SurvivalColumns::used() const {
  std::vector<std::string> names;
  for (const std::string& name : {time, event, entry, weights})
    if (!name.empty()) names.push_back(name);
  return names;
}

Expression SurvivalColumns::response() const {
  std::vector<Expression> parts;
  for (const std::string& name : {entry, time, event})
    if (!name.empty()) parts.push_back(Expression::column(name));
  return Expression::call("Surv", std::move(parts));
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

}  // namespace wald::cli
