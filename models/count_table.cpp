#include "count_table.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>

namespace wald {
namespace {

/// The number in a cell, which must be there.
double number_in(const Table& table, std::size_t row, std::size_t column) {
  if (table.is_missing(row, column))
    throw InputError(fmt::format("{}: the cell is missing", table.place(row, column)));
  return table.number(row, column);
}

}  // namespace

Tensor read_count_matrix(const Table& table) {
  const std::size_t n = table.rows(), p = table.columns();
  std::vector<double> counts(n * p);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < p; ++j) {
      const double count = number_in(table, i, j);
      if (count < 0 || count != std::trunc(count))
        throw InputError(fmt::format("{}: '{}' is not a count, a whole number that is not negative",
                                     table.place(i, j), table.cell(i, j)));
      counts[i * p + j] = count;
    }
  return from_vector(counts, {static_cast<std::int64_t>(n), static_cast<std::int64_t>(p)});
}

Tensor read_log_offsets(const Table& offsets, const Table& counts) {
  require_same_rows(offsets, counts);
  const std::size_t n = offsets.rows(), p = offsets.columns();
  if (p != 1 && p != counts.columns())
    throw InputError(
        fmt::format("{} has {} columns where {} has {} species: it needs one for each, "
                    "or one for all",
                    offsets.file(), p, counts.file(), counts.columns()));
  std::vector<double> logs(n * p);
  for (std::size_t j = 0; j < p; ++j) {
    const std::size_t column = p == 1 ? 0 : offsets.column(counts.names()[j]);
    for (std::size_t i = 0; i < n; ++i) {
      const double offset = number_in(offsets, i, column);
      if (!(offset > 0))
        throw InputError(
            fmt::format("{}: the offset '{}' is not above 0; offsets are on the scale "
                        "of counts",
                        offsets.place(i, column), offsets.cell(i, column)));
      logs[i * p + j] = std::log(offset);
    }
  }
  return from_vector(logs, {static_cast<std::int64_t>(n), static_cast<std::int64_t>(p)});
}

void require_same_rows(const Table& table, const Table& counts) {
  if (table.rows() == counts.rows()) return;
  throw InputError(fmt::format("{} has {} rows where {} has {}: each row is a sample", table.file(),
                               table.rows(), counts.file(), counts.rows()));
}

}  // namespace wald
