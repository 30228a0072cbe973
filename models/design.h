// The design matrix of a regression: from a table and a list of covariates to numbers, with factors
// expanded and incomplete rows dropped. Knows no model and does not judge the rank.
#pragma once

#include <wald/engine/io/table.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wald {

/// One covariate: a column of numbers, or a factor, whose first level is the reference and whose
/// other levels have an indicator each.
struct DesignTerm {
  std::string column;                 ///< its name in the table
  std::string prefix;                 ///< of the coefficients' names: `age`, or `C(sex)`
  std::vector<std::string> levels{};  ///< of a factor, reference first; empty for numbers
};

struct DesignOptions {
  bool intercept = true;
  std::vector<std::string> also_used{};  ///< other columns whose missing cells drop the row
};

/// X, n x k, with the rows of the table that it keeps. n = rows.size(), k = names.size().
struct Design {
  std::vector<std::string> names;  ///< of the columns: `(Intercept)`, `age`, `C(sex)male`
  std::vector<double> x;           ///< row-major
  std::size_t n = 0;
  std::size_t k = 0;
  std::vector<std::size_t> rows;  ///< of the table, that are complete in every column used
  std::size_t dropped = 0;        ///< rows of the table that are not
  std::vector<DesignTerm> terms;  ///< what predict needs to build the same columns from new data
};

/// Builds the design for a list such as `age, C(sex), C(cell, ref=large)`; an empty list gives the
/// intercept alone. A column is a factor inside C(), or when no cell of it is a number. Its levels
/// are those of the kept rows in the order of make_factor(), with treatment contrasts against the
/// first or against `ref`, with or without an intercept.
///
/// Throws InputError for a malformed list, a column named twice or not in the table, an unknown
/// reference, a word in a column of numbers, or no complete row; NotIdentifiedError for a factor
/// with a single level.
Design make_design(const Table& table, std::string_view covariates,
                   const DesignOptions& options = {});

/// The same columns from other data: factors keep the levels of `terms`. Throws InputError as above
/// and for a level that is not among them.
Design make_design(const Table& table, std::span<const DesignTerm> terms,
                   const DesignOptions& options = {});

/// The cells of a column as numbers, for these rows of the table. Throws InputError with file, line
/// and column where a cell is none.
std::vector<double> number_column(const Table& table, std::string_view column,
                                  std::span<const std::size_t> rows);

/// The cells of a column as text, for these rows of the table.
std::vector<std::string> text_column(const Table& table, std::string_view column,
                                     std::span<const std::size_t> rows);

}  // namespace wald
