// The columns of a survival data set, read from a table and checked, with messages that name file,
// line and column.
#pragma once

#include <string>
#include <vector>

#include <wald/engine/io/table.h>

namespace wald::cli {

/// Names of columns; empty where there is none.
struct SurvivalColumns {
  std::string time, event, entry, weights;

  /// Those that are named.
  std::vector<std::string> used() const;
};

/// Values of the given rows; empty where there is no such column.
struct SurvivalValues {
  std::vector<double> time, event, entry, weights;
};

/// Throws InputError where a time is not positive (or negative, if zero_is_time), an event is not
/// 0 or 1, an entry is not in [0, time), or a weight is negative.
SurvivalValues read_survival(const Table& table, const SurvivalColumns& columns,
                             const std::vector<std::size_t>& rows, bool allows_zero);

/// The rows of the table in which none of the columns is missing.
std::vector<std::size_t> complete_rows(const Table& table, const std::vector<std::string>& columns);

/// Says on standard error how many rows were left out, if any.
void report_dropped(std::size_t dropped);

}  // namespace wald::cli
