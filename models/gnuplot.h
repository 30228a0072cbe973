// Runs gnuplot as a child process on a script. Knows nothing of what is drawn.
#pragma once

#include <string>
#include <string_view>

namespace wald {

/// Runs `gnuplot` on `script`, which must draw one SVG or PNG to standard output, into the file
/// `path`. No shell is involved and the script does not see the file's name. Throws InputError
/// where `path` cannot be written, and Error where gnuplot is missing or fails; a file cut short is
/// removed.
void run_gnuplot(std::string_view script, const std::string& path);

/// `text` as a literal of a gnuplot script: nothing in it is expanded. Apostrophes become
/// typographic ones, control characters blanks, and bytes that are no UTF-8 question marks, since
/// no program reads an SVG with them.
std::string gnuplot_quoted(std::string_view text);

}  // namespace wald
