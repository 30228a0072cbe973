// Feeds a file to libcsv line by line, since libcsv does not count lines, and writes with fmt.
#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>

#include <csv.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

namespace wald {
namespace {

constexpr std::size_t kChunk = 1 << 20;

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

[[noreturn]] void refuse_file(const std::string& path, const char* what) {
  throw InputError(fmt::format("{} cannot be {}: {}", path, what, std::strerror(errno)));
}

class CsvReader {
 public:
  explicit CsvReader(const std::string& path);
  ~CsvReader() { csv_free(&parser_); }
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;

  Table read();

 private:
  void feed(std::string_view text);
  void feed_line(std::string_view piece);
  void finish();
  void take_field(std::string_view text);
  void take_row();
  void check(bool parsed);

  // libcsv is C: an exception must not pass through it.
  template <class Action>
  static void guarded(void* self, Action action) {
    auto& reader = *static_cast<CsvReader*>(self);
    if (reader.failure_) return;
    try {
      action(reader);
    } catch (...) {
      reader.failure_ = std::current_exception();
    }
  }
  static void on_field(void* text, std::size_t size, void* self) {
    guarded(self, [&](CsvReader& r) { r.take_field({static_cast<const char*>(text), size}); });
  }
  static void on_row(int, void* self) {
    guarded(self, [](CsvReader& r) { r.take_row(); });
  }

  std::string path_;
  File file_;
  csv_parser parser_;
  std::optional<Table> table_;  // once the header is read
  std::vector<std::string> header_;
  std::exception_ptr failure_;
  std::size_t line_ = 1;      // being read
  std::size_t row_line_ = 1;  // on which the present row began
  std::size_t field_ = 0;     // of the present row
  bool in_row_ = false;
  bool after_cr_ = false;
};

CsvReader::CsvReader(const std::string& path) : path_(path), file_(std::fopen(path.c_str(), "rb")) {
  if (!file_) refuse_file(path_, "read");
  if (csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI) != 0) throw std::bad_alloc();
}

Table CsvReader::read() {
  const auto buffer = std::make_unique<char[]>(kChunk);
  bool first = true;
  while (const std::size_t size = std::fread(buffer.get(), 1, kChunk, file_.get())) {
    std::string_view text(buffer.get(), size);
    if (first && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    first = false;
    feed(text);
  }
  if (std::ferror(file_.get()) != 0) refuse_file(path_, "read");
  finish();
  return std::move(*table_);
}

void CsvReader::feed(std::string_view text) {
  while (!text.empty()) {
    // Two searches for one character each are faster than one for either.
    std::string_view line = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
    line = line.substr(0, std::min(line.find('\r'), line.size() - 1) + 1);
    feed_line(line);
    text.remove_prefix(line.size());
  }
}

void CsvReader::feed_line(std::string_view piece) {
  if (!in_row_ && piece.find_first_not_of(" \t\r\n") != piece.npos) {
    in_row_ = true;
    row_line_ = line_;
  }
  check(csv_parse(&parser_, piece.data(), piece.size(), on_field, on_row, this) == piece.size());
  const char last = piece.back();
  if (last == '\r' || (last == '\n' && !after_cr_)) ++line_;
  after_cr_ = last == '\r';
}

void CsvReader::finish() {
  const bool parsed = csv_fini(&parser_, on_field, on_row, this) == 0;
  if (!parsed && csv_error(&parser_) == CSV_EPARSE) {
    throw InputError(
        fmt::format("{}, line {}, column {}: a quote opened in this row is never closed", path_,
                    row_line_, field_ + 1));
  }
  check(parsed);
  if (!table_) throw InputError(fmt::format("{} is empty", path_));
  if (table_->rows() == 0) throw InputError(fmt::format("{} has a header but no rows", path_));
}

void CsvReader::check(bool parsed) {
  if (failure_) std::rethrow_exception(failure_);
  if (parsed) return;
  if (csv_error(&parser_) != CSV_EPARSE) throw std::bad_alloc();
  throw InputError(fmt::format(
      "{}, line {}, column {}: a quote stands inside a field, or text follows a closing quote "
      "(within quotes a quote is written twice)",
      path_, line_, field_ + 1));
}

void CsvReader::take_field(std::string_view text) {
  ++field_;
  if (table_) {
    table_->append_cell(text);
  } else {
    header_.emplace_back(text);
  }
}

void CsvReader::take_row() {
  if (table_) {
    table_->end_row(row_line_);
  } else {
    table_.emplace(path_, std::move(header_), row_line_);
    std::error_code unknown_size;
    const auto bytes = std::filesystem::file_size(path_, unknown_size);
    if (!unknown_size) table_->reserve(bytes);
  }
  field_ = 0;
  in_row_ = false;
}

std::string quoted(const std::string& name) {
  if (name.find_first_of(",\"\r\n") == name.npos) return name;
  std::string result(csv_write(nullptr, 0, name.data(), name.size()), '\0');
  csv_write(result.data(), result.size(), name.data(), name.size());
  return result;
}

void append_number(fmt::memory_buffer& out, double value) {
  if (std::isnan(value)) {
    out.append(std::string_view("NA"));
  } else {
    fmt::format_to(std::back_inserter(out), "{}", value);
  }
}

}  // namespace

Table read_csv(const std::string& path) { return CsvReader(path).read(); }

void write_csv(const std::string& path, std::span<const std::string> names,
               std::span<const std::vector<double>> columns) {
  const std::size_t rows = columns.empty() ? 0 : columns[0].size();
  for (const auto& column : columns) {
    if (column.size() != rows || names.size() != columns.size()) {
      throw InputError(
          fmt::format("{}: columns to write differ in length, or from their names", path));
    }
  }
  File file(std::fopen(path.c_str(), "wb"));
  if (!file) refuse_file(path, "written");
  fmt::memory_buffer out;
  const auto flush = [&] {
    if (std::fwrite(out.data(), 1, out.size(), file.get()) != out.size()) {
      refuse_file(path, "written");
    }
    out.clear();
  };
  for (std::size_t j = 0; j < names.size(); ++j) {
    fmt::format_to(std::back_inserter(out), "{}{}", j == 0 ? "" : ",", quoted(names[j]));
  }
  out.push_back('\n');
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns.size(); ++j) {
      if (j > 0) out.push_back(',');
      append_number(out, columns[j][i]);
    }
    out.push_back('\n');
    if (out.size() >= kChunk) flush();
  }
  flush();
  // Buffered bytes meet a full disk only here.
  if (std::fclose(file.release()) != 0) refuse_file(path, "written");
}

}  // namespace wald
