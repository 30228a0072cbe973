// The columns of a survival data set as the command line names them, and the rows that are complete
// in them.
#pragma once

#include <string>
#include <vector>

#include <wald/engine/io/table.h>
#include <wald/models/formula.h>
#include <wald/models/survival_distributions.h>

#include "commands.h"

namespace wald::cli {

/// Names of columns; empty where there is none.
struct SurvivalColumns {
  std::string time, event, entry, weights, time2;

  /// Those that are named.
  std::vector<std::string> used() const;

  /// Surv(time, event), Surv(entry, time, event) or, with time2, Surv(time, time2, type =
  /// "interval2").
  Expression response() const;
};

/// Adds --dist and --form.
void add_survival_model_options(CLI::App& command, std::string& dist, std::string& form);

/// By these names; an empty form stands for ph where the distribution has it, else aft. Throws
/// InputError if the distribution does not have the form.
SurvivalModel survival_model(const std::string& dist, const std::string& form);

/// The rows of the table in which none of the columns is missing.
std::vector<std::size_t> complete_rows(const Table& table, const std::vector<std::string>& columns);

}  // namespace wald::cli
