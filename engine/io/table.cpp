// Stores the cells of a column end to end, finds them by offsets, and words the complaints about
// them.
#include <wald/engine/creation.h>
#include <wald/engine/error.h>
#include <wald/engine/io/number.h>
#include <wald/engine/io/table.h>
#include <wald/engine/ops/shape.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

namespace wald {
namespace {

// A stray quote can make a cell of half a file: messages show its beginning.
std::string shown(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  std::string result(text.substr(0, kLongest));
  std::ranges::replace_if(
      result, [](unsigned char c) { return c < ' '; }, ' ');
  return text.size() > kLongest ? result + "..." : result;
}

// `where` is `, line 1` of a file's header, or nothing.
void check_names(const std::string& file, const std::vector<std::string>& names,
                 const std::string& where) {
  const char* const hint =
      where.empty() ? "" : " in the header (R's write.csv needs row.names = FALSE)";
  for (auto name = names.begin(); name != names.end(); ++name) {
    const auto position = name - names.begin() + 1;
    if (name->empty()) {
      throw InputError(
          fmt::format("{}{}, column {}: the column has no name{}", file, where, position, hint));
    }
    const auto first = std::find(names.begin(), name, *name);
    if (first != name) {
      throw InputError(fmt::format("{}{}, column {}: the name '{}' is that of column {} too", file,
                                   where, position, shown(*name), first - names.begin() + 1));
    }
  }
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// Levenshtein's distance: how many letters to put in, take out or change. Case does not count.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (lower(a[i]) == lower(b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

// The name that was probably meant, if there is one.
std::optional<std::string> nearest(std::string_view name, std::span<const std::string> names) {
  constexpr std::size_t longest = 100;
  std::size_t least = name.size() / 3 + 1;
  std::optional<std::string> best;
  for (const std::string& candidate : names) {
    if (std::max(name.size(), candidate.size()) > longest) continue;
    const std::size_t d = distance(name, candidate);
    if (d >= candidate.size() || d > least || (best && d == least)) continue;
    best = candidate;
    least = d;
  }
  return best;
}

bool is_missing_text(std::string_view cell) { return cell.empty() || cell == "NA"; }

[[noreturn]] void refuse_number(const Table& table, std::size_t row, std::size_t column) {
  throw InputError(fmt::format("{}: '{}' is not a finite number", table.place(row, column),
                               shown(table.cell(row, column))));
}

}  // namespace

std::string comma_separated(std::span<const std::string> names) {
  std::string list;
  for (const std::string& name : names) {
    if (!list.empty()) list += ", ";
    list += name;
  }
  return list;
}

Table::Table(std::string source, const std::vector<NamedColumn>& columns)
    : file_(std::move(source)) {
  for (const NamedColumn& column : columns) names_.push_back(column.name);
  check_names(file_, names_, "");
  for (const NamedColumn& column : columns) {
    Column& stored = columns_.emplace_back();
    std::size_t n = 0;
    if (const auto* numbers = std::get_if<Tensor>(&column.values)) {
      if (!numbers->defined() || numbers->dim() != 1)
        throw InputError(fmt::format("{}: column '{}' is not a tensor with one axis", file_,
                                     shown(column.name)));
      stored.numbers = contiguous(to(to(numbers->detach(), DType::float64), Device()));
      n = static_cast<std::size_t>(numbers->numel());
    } else {
      const auto& texts = std::get<std::vector<std::string>>(column.values);
      for (const std::string& text : texts) append_text(stored, text);
      n = texts.size();
    }
    if (columns_.size() == 1) rows_ = n;
    if (n != rows_)
      throw InputError(fmt::format("{}: column '{}' has {} rows, but column '{}' has {}", file_,
                                   shown(column.name), n, shown(names_[0]), rows_));
  }
}

Table::Table(std::string file, std::vector<std::string> names, std::size_t header_line)
    : file_(std::move(file)), names_(std::move(names)), columns_(names_.size()) {
  check_names(file_, names_, fmt::format(", line {}", header_line));
}

std::size_t Table::column(std::string_view name) const {
  const auto found = std::ranges::find(names_, name);
  if (found == names_.end()) {
    constexpr std::size_t most_named = 30;
    const std::span<const std::string> named(names_.data(), std::min(names_.size(), most_named));
    const bool is_one = names_.size() == 1 && names_[0].find_first_of(";\t") != std::string::npos;
    const auto meant = nearest(name, names_);
    throw InputError(fmt::format("{} has no column '{}'{}; it has {}{}{}", file_, shown(name),
                                 meant ? fmt::format(" (is '{}' meant?)", shown(*meant)) : "",
                                 comma_separated(named), names_.size() > most_named ? ", ..." : "",
                                 is_one ? ": are its fields separated by commas?" : ""));
  }
  return found - names_.begin();
}

std::string Table::cell(std::size_t row, std::size_t column) const {
  const Column& stored = columns_[column];
  if (!stored.numbers.defined()) return std::string(text(stored, row));
  const double value = stored.numbers.data<double>()[row];
  return std::isnan(value) ? "" : fmt::format("{}", value);
}

bool Table::is_missing(std::size_t row, std::size_t column) const {
  const Column& stored = columns_[column];
  return stored.numbers.defined() ? std::isnan(stored.numbers.data<double>()[row])
                                  : is_missing_text(text(stored, row));
}

double Table::number(std::size_t row, std::size_t column) const {
  const double value = number_or_nan(row, column);
  if (!std::isnan(value)) return value;
  refuse_number(*this, row, column);
}

double Table::number_or_nan(std::size_t row, std::size_t column) const {
  const Column& stored = columns_[column];
  if (stored.numbers.defined()) {
    const double value = stored.numbers.data<double>()[row];
    if (!std::isinf(value)) return value;
  } else {
    const std::string_view cell = text(stored, row);
    if (const auto value = parse_number(cell)) return *value;
    if (is_missing_text(cell)) return NAN;
  }
  refuse_number(*this, row, column);
}

Tensor Table::numbers(std::string_view name) const {
  const std::size_t index = column(name);
  Tensor values = empty({static_cast<std::int64_t>(rows_)}, DType::float64, Device());
  double* const out = values.mutable_data<double>();
  for (std::size_t row = 0; row < rows_; ++row) out[row] = number_or_nan(row, index);
  return values;
}

bool Table::is_factor(std::size_t column) const {
  if (columns_[column].numbers.defined()) return false;
  for (std::size_t row = 0; row < rows(); ++row) {
    if (parse_number(text(columns_[column], row))) return false;
  }
  return true;
}

std::string Table::place(std::size_t row) const {
  return lines_.empty() ? fmt::format("{}, row {}", file_, row + 1)
                        : fmt::format("{}, line {}", file_, line(row));
}

std::string Table::place(std::size_t row, std::size_t column) const {
  return fmt::format("{}, column '{}'", place(row), names_[column]);
}

void Table::reserve(std::size_t bytes) {
  for (Column& column : columns_) column.text.reserve(bytes / columns());
}

void Table::append_text(Column& column, std::string_view text) {
  if (column.ends.size() % kBlock == 0) column.blocks.push_back(column.text.size());
  column.text += text;
  const std::uint64_t end = column.text.size() - column.blocks.back();
  if (end > std::numeric_limits<std::uint32_t>::max())
    throw InputError(fmt::format("{}: the cells before row {} hold more than 4 GiB", file_,
                                 column.ends.size() + 1));
  column.ends.push_back(static_cast<std::uint32_t>(end));
}

void Table::append_cell(std::string_view text) {
  if (filled_ < columns()) append_text(columns_[filled_], text);
  ++filled_;
}

void Table::end_row(std::size_t line) {
  if (filled_ != columns()) {
    throw InputError(fmt::format("{}, line {}: the row has {} field{}, but the header has {}",
                                 file_, line, filled_, filled_ == 1 ? "" : "s", columns()));
  }
  lines_.push_back(static_cast<std::uint32_t>(line));
  filled_ = 0;
  ++rows_;
}

}  // namespace wald
