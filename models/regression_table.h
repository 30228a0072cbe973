// Tables of one or several fits beside each other, for publication: LaTeX, Markdown, and CSV for
// other programs. Knows coefficients with their statistics, no model.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <wald/models/inference.h>

namespace wald {

/// One column of a table.
struct TableModel {
  std::string title;  ///< Above the column; may be empty.
  std::vector<CoefficientRow> rows;
  std::int64_t n = 0;
  double loglik = 0, aic = 0, bic = 0;  ///< NaN leaves the entry empty.
};

/// The column of a fit, with intervals at `level` (for CSV).
TableModel table_model(const Fit& fit, std::string title = {}, double level = 0.95);

enum class TableFormat { latex, markdown, csv };
/// `latex`, `markdown`, `csv`; InputError that lists them for another name.
TableFormat table_format_named(std::string_view name);

struct TableOptions {
  TableFormat format = TableFormat::markdown;
  int decimals = 3;          ///< At least; more where the standard error has less than two digits.
  bool stars = true;         ///< * p < 0.05, ** p < 0.01, *** p < 0.001.
  std::string caption{};     ///< LaTeX: puts the tabular into a table with it.
  std::string label{};       ///< LaTeX: of that table.
  std::string std_errors{};  ///< What kind they are, for the note: `Robust (HC1)`.
};

/// LaTeX (booktabs) and Markdown: a row for each coefficient in the order of the models, estimates
/// with stars above standard errors in parentheses; n, log-likelihood, AIC, BIC; a note that
/// explains both. CSV: a row for each model and coefficient, numbers in full, with the columns
/// model, term, estimate, std_error, statistic, p, lower, upper, n, loglik, aic, bic. Names are
/// escaped, so that any text comes out as it is. Throws InputError without models, or for decimals
/// outside 0..12.
std::string regression_table(std::span<const TableModel> models, const TableOptions& options = {});

/// A text as a field of a CSV file (RFC 4180): in quotes where it needs them.
std::string csv_field(std::string_view text);

}  // namespace wald
