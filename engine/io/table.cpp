// Stores cells end to end, finds them by offsets, and words the complaints about them.
#include <wald/engine/error.h>
#include <wald/engine/io/number.h>
#include <wald/engine/io/table.h>

#include <fmt/format.h>

#include <algorithm>
#include <limits>

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

void check_names(const std::string& file, const std::vector<std::string>& names, std::size_t line) {
  for (auto name = names.begin(); name != names.end(); ++name) {
    const auto position = name - names.begin() + 1;
    if (name->empty()) {
      throw InputError(fmt::format(
          "{}, line {}, column {}: the column has no name in the header (R's write.csv needs "
          "row.names = FALSE)",
          file, line, position));
    }
    const auto first = std::find(names.begin(), name, *name);
    if (first != name) {
      throw InputError(fmt::format("{}, line {}, column {}: the name '{}' is that of column {} too",
                                   file, line, position, shown(*name), first - names.begin() + 1));
    }
  }
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

Table::Table(std::string file, std::vector<std::string> names, std::size_t header_line)
    : file_(std::move(file)), names_(std::move(names)), starts_{0} {
  check_names(file_, names_, header_line);
}

std::size_t Table::column(std::string_view name) const {
  const auto found = std::ranges::find(names_, name);
  if (found == names_.end()) {
    constexpr std::size_t most_named = 30;
    const std::span<const std::string> named(names_.data(), std::min(names_.size(), most_named));
    const bool is_one = names_.size() == 1 && names_[0].find_first_of(";\t") != std::string::npos;
    throw InputError(fmt::format("{} has no column '{}'; it has {}{}{}", file_, shown(name),
                                 comma_separated(named), names_.size() > most_named ? ", ..." : "",
                                 is_one ? ": are its fields separated by commas?" : ""));
  }
  return found - names_.begin();
}

std::string_view Table::cell(std::size_t row, std::size_t column) const {
  const std::size_t index = row * columns() + column;
  const std::size_t begin = column == 0 ? 0 : ends_[index - 1];
  return std::string_view(text_).substr(starts_[row] + begin, ends_[index] - begin);
}

bool Table::is_missing(std::size_t row, std::size_t column) const {
  const std::string_view text = cell(row, column);
  return text.empty() || text == "NA";
}

double Table::number(std::size_t row, std::size_t column) const {
  const std::string_view text = cell(row, column);
  const auto value = parse_number(text);
  if (!value) {
    throw InputError(
        fmt::format("{}: '{}' is not a finite number", place(row, column), shown(text)));
  }
  return *value;
}

bool Table::is_factor(std::size_t column) const {
  for (std::size_t row = 0; row < rows(); ++row) {
    if (parse_number(cell(row, column))) return false;
  }
  return true;
}

std::string Table::place(std::size_t row, std::size_t column) const {
  return fmt::format("{}, line {}, column '{}'", file_, line(row), names_[column]);
}

void Table::append_cell(std::string_view text) {
  text_ += text;
  const std::uint64_t end = text_.size() - starts_.back();
  if (end > std::numeric_limits<std::uint32_t>::max()) {
    throw InputError(fmt::format("{}: row {} is longer than 4 GiB", file_, rows() + 1));
  }
  ends_.push_back(static_cast<std::uint32_t>(end));
}

void Table::end_row(std::size_t line) {
  const std::size_t cells = ends_.size() - rows() * columns();
  if (cells != columns()) {
    throw InputError(fmt::format("{}, line {}: the row has {} field{}, but the header has {}",
                                 file_, line, cells, cells == 1 ? "" : "s", columns()));
  }
  lines_.push_back(static_cast<std::uint32_t>(line));
  starts_.push_back(text_.size());
}

}  // namespace wald
