// The left side of a model, and weights, read from a table and checked, with messages that name
// file, line and column.
#pragma once

#include <wald/engine/io/table.h>
#include <wald/models/formula.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace wald {

/// Values of the rows asked for; empty where the response has no such part.
struct SurvivalValues {
  std::vector<double> time, event, entry;
  /// Ends of the intervals that began at `time`. NaN in `time`: no event is known to be later than
  /// that (left censored); NaN here: none was seen (right censored).
  std::vector<double> time2;
};

/// Reads complete rows of a survival response. Throws InputError where a time is not positive (or
/// negative, if `allows_zero`), an event is not 0 or 1, an entry is not in [0, time), or an
/// interval ends before it begins or has no end at all.
SurvivalValues read_survival(const Table& table, const SurvivalResponse& response,
                             std::span<const std::size_t> rows, bool allows_zero);

/// Reads counts of complete rows. Throws InputError where one is negative or not whole.
std::vector<double> read_counts(const Table& table, const Expression& count,
                                std::span<const std::size_t> rows);

/// Reads the weights of complete rows. Throws InputError where one is negative.
std::vector<double> read_weights(const Table& table, const std::string& column,
                                 std::span<const std::size_t> rows);

}  // namespace wald
