// Comma-separated files: reading them into a Table and writing columns of numbers. The only place
// that uses libcsv; knows nothing of what the columns mean.
#pragma once

#include <wald/engine/io/table.h>

#include <span>
#include <string>
#include <vector>

namespace wald {

/// Reads a CSV file (RFC 4180) whose first line is the header. Lines may end in LF, CRLF or CR,
/// the last in nothing; a UTF-8 byte order mark and blank lines are skipped; blanks around an
/// unquoted field do not belong to it.
///
/// Throws InputError with file, line and column for: a file that cannot be read, is empty or holds
/// no row under its header; a column with no name or another's; a row with more or fewer fields
/// than the header; a quote that is never closed or stands inside a field.
Table read_csv(const std::string& path);

/// Writes columns of equal length under their names, each number with the fewest digits that read
/// back as the same double, NaN as `NA`. Throws InputError where the file cannot be written to its
/// end.
void write_csv(const std::string& path, std::span<const std::string> names,
               std::span<const std::vector<double>> columns);

}  // namespace wald
