// A table of named columns, of text cells or of numbers, which remembers where each cell stood in
// its file, so that every complaint about the data can say where. Knows no file format and no
// model.
#pragma once

#include <wald/engine/tensor.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace wald {

/// `a, b, c`: names or levels as messages list them.
std::string comma_separated(std::span<const std::string> names);

/// A column that an application has in memory: numbers, a tensor [n] whose NaN are missing, or
/// texts, of which the empty and `NA` are.
struct NamedColumn {
  std::string name;
  std::variant<Tensor, std::vector<std::string>> values;
};

/// Columns of text cells as they were written, or of numbers. Text is kept end to end (4 bytes for
/// a cell, and 4 for a row, on top of it) and turned into numbers when asked for.
///
/// Row and column numbers count from 0 and are not checked.
class Table {
 public:
  /// A table of these columns, all of one length. `source` is the name used in messages. Throws
  /// InputError if a name is empty or stands twice, or for columns that differ in length or are no
  /// vectors.
  Table(std::string source, const std::vector<NamedColumn>& columns);

  /// An empty table with these columns, for a reader to fill with append_cell() and end_row().
  /// Throws InputError if a name is empty or stands twice, at line `header_line` of the file.
  Table(std::string file, std::vector<std::string> names, std::size_t header_line = 1);

  const std::string& file() const { return file_; }
  const std::vector<std::string>& names() const { return names_; }
  std::size_t columns() const { return names_.size(); }
  std::size_t rows() const { return rows_; }

  /// The index of the column called `name`; InputError, with the nearest name and a list of the
  /// columns, where there is none.
  std::size_t column(std::string_view name) const;

  /// The text of a cell; that of a number is its shortest, that of a missing one empty.
  std::string cell(std::size_t row, std::size_t column) const;

  /// The line of the file on which the row begins, counted from 1; 0 if there is no file.
  std::size_t line(std::size_t row) const { return lines_.empty() ? 0 : lines_[row]; }

  /// Whether the cell is empty, `NA` or NaN.
  bool is_missing(std::size_t row, std::size_t column) const;

  /// The finite number that the cell holds or spells (parse_number()); InputError with file, line,
  /// column and text where it does not.
  double number(std::size_t row, std::size_t column) const;

  /// The same, NaN where the cell is missing.
  double number_or_nan(std::size_t row, std::size_t column) const;

  /// A column as float64 tensor [rows], NaN where it is missing. InputError as number().
  Tensor numbers(std::string_view column) const;

  /// Whether no cell of the column, but missing ones, is a number.
  bool is_factor(std::size_t column) const;

  /// `data.csv, line 7`, or `patients, row 6` (counted from 1) of a table that was not read from a
  /// file.
  std::string place(std::size_t row) const;
  /// `data.csv, line 7, column 'age'`: how a message about a cell begins.
  std::string place(std::size_t row, std::size_t column) const;

  /// Makes room for `bytes` of text, spread evenly over the columns.
  void reserve(std::size_t bytes);

  void append_cell(std::string_view text);

  /// Ends the row of the cells appended last, which began on `line`. Throws InputError unless there
  /// is one cell for each column.
  void end_row(std::size_t line);

 private:
  struct Column {
    Tensor numbers;  // float64, contiguous; undefined: text
    std::string text;
    std::vector<std::uint64_t> blocks;  // where, in text, each kBlock cells start
    std::vector<std::uint32_t> ends;    // of each cell, from the start of its block
  };
  static constexpr std::size_t kBlock = 1024;

  static std::string_view text(const Column& column, std::size_t row) {
    const std::size_t begin = row % kBlock == 0 ? 0 : column.ends[row - 1];
    return {column.text.data() + column.blocks[row / kBlock] + begin, column.ends[row] - begin};
  }
  void append_text(Column& column, std::string_view text);

  std::string file_;
  std::vector<std::string> names_;
  std::vector<Column> columns_;
  std::vector<std::uint32_t> lines_;
  std::size_t rows_ = 0;
  std::size_t filled_ = 0;  // cells of the row being filled
};

}  // namespace wald
