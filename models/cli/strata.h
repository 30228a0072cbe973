// Strata of a model as the command line and formulas name them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <wald/engine/io/table.h>
#include <wald/engine/tensor.h>
#include <wald/models/formula.h>

namespace wald::cli {

/// Takes `strata(g)` out of the terms of the right side and gives the name of its column; empty if
/// there is none. Throws InputError for several, and for one that is not of a single column.
std::string take_strata(Formula& formula);

/// The column of --strata or of strata(): `named` is the option. Throws InputError for both.
std::string strata_of(Formula& formula, const std::string& named);

/// The strata of rows: numbers 0, 1 ... and their labels.
struct Strata {
  Tensor codes;  ///< int64; undefined if there are no strata.
  std::vector<std::string> labels;
};

Strata read_strata(const Table& table, const std::string& column,
                   std::span<const std::size_t> rows);

/// The numbers that the rows of new data have among these labels; all 0 if `column` is empty.
/// Throws InputError, with the place, for a stratum that is not among them.
std::vector<std::size_t> find_strata(const Table& table, const std::string& column,
                                     const std::vector<std::string>& labels,
                                     std::span<const std::size_t> rows);

}  // namespace wald::cli
