// The design matrix of a regression: from a table and a formula, or a list of covariates, to
// numbers, with factors expanded and incomplete rows dropped. Knows no model and does not judge the
// rank.
#pragma once

#include <wald/engine/io/table.h>
#include <wald/engine/tensor.h>
#include <wald/models/column_values.h>
#include <wald/models/formula.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wald {

/// The levels of a factor, reference first.
struct FactorLevels {
  std::string column;
  std::vector<std::string> levels;
};

/// What it takes to build the same columns from other data, in texts.
struct DesignTerms {
  std::string formula;                ///< `~ age * C(sex)`: what is not in C() is a number.
  std::vector<FactorLevels> factors;  ///< One for each column in C().
};

struct DesignOptions {
  /// Without it the column of ones is left out, for models that have no intercept or one of their
  /// own. The contrasts stay as they are beside it; not so with `- 1` in a formula.
  bool intercept = true;
  std::vector<std::string> also_used{};  ///< other columns whose missing cells drop the row
};

/// X, n x k, with the rows of the table that it keeps. n = rows.size(), k = names.size().
struct Design {
  std::vector<std::string> names;  ///< of the columns: `(Intercept)`, `age`, `age:C(sex)male`
  Tensor x;                        ///< float64 [n, k]
  Tensor offset;                   ///< sum of the offset() of the formula [n]; undefined: none
  std::size_t n = 0;
  std::size_t k = 0;
  std::vector<std::size_t> rows;  ///< of the table, that are complete in every column used
  std::size_t dropped = 0;        ///< rows of the table that are not
  DesignTerms terms;              ///< what predict needs to build the same columns from new data
};

/// Builds the design of a formula as R's model.matrix() does with treatment contrasts: the order of
/// the columns, and which factors have an indicator for every level because a main effect or the
/// intercept is not there. A column is a factor inside C(), or when no cell of it is a number. Its
/// levels are those of the kept rows in the order of make_factor(), the first of them or `ref` the
/// reference, for each term that it stands in. `.` stands for the columns that neither the left
/// side nor also_used names. Columns of the left side drop rows too.
///
/// Throws InputError for a column that is not in the table, an unknown reference, two references
/// for one factor, a word in a column of numbers, or no complete row; NotIdentifiedError for a
/// factor with a single level.
Design make_design(const Table& table, const Formula& formula, const DesignOptions& options = {});

/// The design of a list such as `age, C(sex), C(cell, ref=large)`, whose names are taken as they
/// are; an empty list gives the intercept alone. Throws InputError also for a malformed list and a
/// column named twice.
Design make_design(const Table& table, std::string_view covariates,
                   const DesignOptions& options = {});

/// The same columns from other data: factors keep the levels of `terms`. Throws InputError as above
/// and for a level that is not among them.
Design make_design(const Table& table, const DesignTerms& terms, const DesignOptions& options = {});

}  // namespace wald
