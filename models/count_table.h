// Tables that are matrices, a row for each sample and a column for each species: counts, and
// offsets on their scale. Messages name file, line and column.
#pragma once

#include <wald/engine/io/table.h>
#include <wald/engine/tensor.h>

namespace wald {

/// The counts [rows, columns]. Throws InputError where a cell is missing, no number, negative or
/// not whole.
Tensor read_count_matrix(const Table& table);

/// Logarithms of offsets on the scale of counts, such as the total of each sample: [n, 1] of a
/// table with one column, which holds for all species, else [n, p], columns by the names of the
/// species. Throws InputError where there are other rows or species than in `counts`, and where a
/// cell is not a number above 0.
Tensor read_log_offsets(const Table& offsets, const Table& counts);

/// Throws InputError unless the two have as many rows, which belong together.
void require_same_rows(const Table& table, const Table& counts);

}  // namespace wald
