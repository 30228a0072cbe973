// A table of text cells under named columns, which remembers where each cell stood in its file, so
// that every complaint about the data can say where. Knows no file format and no model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wald {

/// `a, b, c`: names or levels as messages list them.
std::string comma_separated(std::span<const std::string> names);

/// Rows of cells as they were written. Cells are kept as text in one buffer (for a row, 12 bytes
/// and 4 per cell on top of the text) and turned into numbers when asked for.
///
/// Filled by its reader with append_cell() and end_row(); row and column numbers count from 0 and
/// are not checked.
class Table {
 public:
  /// An empty table with these columns. `file` is the name used in messages. Throws InputError if a
  /// name is empty or stands twice, at line `header_line` of the file.
  Table(std::string file, std::vector<std::string> names, std::size_t header_line = 1);

  const std::string& file() const { return file_; }
  const std::vector<std::string>& names() const { return names_; }
  std::size_t columns() const { return names_.size(); }
  std::size_t rows() const { return lines_.size(); }

  /// The index of the column called `name`; InputError, listing the columns, where there is none.
  std::size_t column(std::string_view name) const;

  /// The text of a cell, valid as long as the table is.
  std::string_view cell(std::size_t row, std::size_t column) const;

  /// The line of the file on which the row begins, counted from 1.
  std::size_t line(std::size_t row) const { return lines_[row]; }

  /// Whether the cell is empty or `NA`.
  bool is_missing(std::size_t row, std::size_t column) const;

  /// The finite number that the cell spells (parse_number()); InputError with file, line, column
  /// and text where it does not.
  double number(std::size_t row, std::size_t column) const;

  /// Whether no cell of the column, but missing ones, is a number.
  bool is_factor(std::size_t column) const;

  /// `data.csv, line 7, column 'age'`: how a message about a cell begins.
  std::string place(std::size_t row, std::size_t column) const;

  /// Makes room for `bytes` of text.
  void reserve(std::size_t bytes) { text_.reserve(bytes); }

  void append_cell(std::string_view text);

  /// Ends the row of the cells appended last, which began on `line`. Throws InputError unless there
  /// is one cell for each column.
  void end_row(std::size_t line);

 private:
  std::string file_;
  std::vector<std::string> names_;
  std::string text_;
  std::vector<std::uint64_t> starts_;  // of each row, and of the one being filled, in text_
  std::vector<std::uint32_t> ends_;    // of each cell, from the start of its row
  std::vector<std::uint32_t> lines_;
};

}  // namespace wald
