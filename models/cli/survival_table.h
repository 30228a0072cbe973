// The columns of a survival data set as the command line names them, and the rows that are complete
// in them.
#pragma once

#include <string>
#include <vector>

#include <wald/engine/io/table.h>
#include <wald/models/formula.h>

namespace wald::cli {

/// Names of columns; empty where there is none.
struct SurvivalColumns {
  std::string time, event, entry, weights;

  /// Those that are named.
  std::vector<std::string> used() const;

  /// Surv(time, event) or Surv(entry, time, event).
  Expression response() const;
};

/// The rows of the table in which none of the columns is missing.
std::vector<std::size_t> complete_rows(const Table& table, const std::vector<std::string>& columns);

}  // namespace wald::cli
