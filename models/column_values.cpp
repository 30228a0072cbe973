// Walks the tree of an expression once, a column of values at each node.
#include "column_values.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include <wald/engine/error.h>

namespace wald {
namespace {

// R's power: squares are exact.
double power(double x, double y) { return y == 2 ? x * x : std::pow(x, y); }

double (*operation(std::string_view name))(double, double) {
  static constexpr std::pair<std::string_view, double (*)(double, double)> operations[] = {
      {"+", [](double a, double b) { return a + b; }},
      {"-", [](double a, double b) { return a - b; }},
      {"*", [](double a, double b) { return a * b; }},
      {"/", [](double a, double b) { return a / b; }},
      {"^", power},
      {"==", [](double a, double b) { return a == b ? 1.0 : 0.0; }},
      {"!=", [](double a, double b) { return a != b ? 1.0 : 0.0; }},
      {"<", [](double a, double b) { return a < b ? 1.0 : 0.0; }},
      {">", [](double a, double b) { return a > b ? 1.0 : 0.0; }},
      {"<=", [](double a, double b) { return a <= b ? 1.0 : 0.0; }},
      {">=", [](double a, double b) { return a >= b ? 1.0 : 0.0; }},
  };
  for (const auto& [known, apply] : operations)
    if (known == name) return apply;
  return nullptr;
}

using Rows = std::span<const std::size_t>;

std::vector<double> column_values(const Table& table, std::size_t column, Rows rows) {
  std::vector<double> values;
  values.reserve(rows.size());
  for (std::size_t row : rows) values.push_back(table.number_or_nan(row, column));
  return values;
}

std::vector<double> values_of(const Expression& e, const Table& table, Rows rows) {
  if (e.kind == Expression::Kind::number) return std::vector<double>(rows.size(), e.number);
  if (e.kind == Expression::Kind::name) return column_values(table, table.column(e.name), rows);
  std::vector<double> values = values_of(e.arguments[0], table, rows);
  if (e.arguments.size() == 1) {
    if (const auto function = find_function(e.name))
      for (double& value : values) value = function(value);
    if (e.is_call("-"))
      for (double& value : values) value = -value;
    return values;  // and I(), parentheses, +
  }
  const auto apply = operation(e.name);
  for (std::size_t j = 1; j < e.arguments.size(); ++j) {
    const std::vector<double> right = values_of(e.arguments[j], table, rows);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = apply(values[i], right[i]);
  }
  return values;
}

[[noreturn]] void refuse_value(const Expression& e, const Table& table, std::size_t row,
                               std::span<const std::string> columns) {
  std::string where;
  for (const std::string& name : columns)
    where += fmt::format("{}{} = {}", where.empty() ? "" : ", ", name,
                         table.cell(row, table.column(name)));
  throw InputError(fmt::format("{}: the value is not finite{}", place_of(e, table, row),
                               where.empty() ? "" : " where " + where));
}

}  // namespace

std::vector<double> evaluate(const Expression& e, const Table& table, Rows rows) {
  require_arithmetic(e, to_string(e));
  std::vector<double> values = values_of(e, table, rows);
  if (e.kind == Expression::Kind::name) return values;
  const std::vector<std::string> names = columns_of(e);
  std::vector<std::size_t> columns;
  for (const std::string& name : names) columns.push_back(table.column(name));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    bool is_missing = false;
    for (std::size_t column : columns) is_missing |= table.is_missing(rows[i], column);
    if (is_missing)
      values[i] = NAN;  // a comparison with NaN is 0
    else if (!std::isfinite(values[i]))
      refuse_value(e, table, rows[i], names);
  }
  return values;
}

std::vector<double> number_column(const Table& table, std::string_view column, Rows rows) {
  const std::size_t index = table.column(column);
  std::vector<double> values;
  values.reserve(rows.size());
  for (std::size_t row : rows) values.push_back(table.number(row, index));
  return values;
}

std::vector<std::string> text_column(const Table& table, std::string_view column, Rows rows) {
  const std::size_t index = table.column(column);
  std::vector<std::string> values;
  values.reserve(rows.size());
  for (std::size_t row : rows) values.push_back(table.cell(row, index));
  return values;
}

std::string place_of(const Expression& e, const Table& table, std::size_t row) {
  if (e.kind == Expression::Kind::name) return table.place(row, table.column(e.name));
  return fmt::format("{}, '{}'", table.place(row), to_string(e));
}

}  // namespace wald
