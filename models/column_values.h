// The values of columns, and of arithmetic on columns, for chosen rows of a table. Knows no model.
#pragma once

#include <wald/engine/io/table.h>
#include <wald/models/expression.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wald {

/// The value of an expression in each of these rows; NaN where a column that it names is missing.
/// Comparisons give 1 or 0. Throws InputError, with file, line and column, for a word in a column
/// of numbers, and where present values have no finite result, as in log(0).
std::vector<double> evaluate(const Expression& expression, const Table& table,
                             std::span<const std::size_t> rows);

/// The cells of a column as numbers, for these rows of the table. Throws InputError with file, line
/// and column where a cell is none.
std::vector<double> number_column(const Table& table, std::string_view column,
                                  std::span<const std::size_t> rows);

/// The cells of a column as text, for these rows of the table.
std::vector<std::string> text_column(const Table& table, std::string_view column,
                                     std::span<const std::size_t> rows);

/// `data.csv, line 7, column 'age'`, or `data.csv, line 7, 'log(age)'`.
std::string place_of(const Expression& expression, const Table& table, std::size_t row);

}  // namespace wald
