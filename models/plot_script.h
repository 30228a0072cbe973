// A plot in the making: gnuplot's script with its data inline, and the style that all plots share.
// Knows lines and points, not what they mean.
#pragma once

#include <fmt/format.h>

#include <array>
#include <initializer_list>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include <wald/models/plot.h>

namespace wald {

/// How the i-th of several curves looks: by colour (Okabe and Ito's palette, told apart by readers
/// of any colour vision) and by dashes, which tell them apart in grey.
struct CurveStyle {
  const char* colour;
  const char* dashes;
};
CurveStyle curve_style(std::size_t i);

/// Of what is not data: reference lines, limits.
inline constexpr const char* quiet_colour = "#6E6E6E";

class PlotScript {
 public:
  /// The file is PNG where its name ends in .png, at twice the size in pixels, else SVG. The ground
  /// is white in both, so that plots read the same on light and dark pages.
  PlotScript(std::string path, const PlotOptions& options, int width = 800, int height = 560);

  template <class... Arguments>
  void add(fmt::format_string<Arguments...> pattern, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(text_), pattern, std::forward<Arguments>(arguments)...);
  }
  /// A block of data, `$name`, of columns of one length.
  void add_data(const std::string& name, std::initializer_list<std::span<const double>> columns);
  /// One more thing to draw, above those before: `$name using 1:2 with lines ...`.
  void add_clause(std::string clause) { clauses_.push_back(std::move(clause)); }
  /// Draws the file. Throws as run_gnuplot().
  void draw();

 private:
  std::string path_;
  fmt::memory_buffer text_;
  std::vector<std::string> clauses_;
};

/// `title 'label'`, or `notitle`.
std::string title_clause(const std::string& label);
/// Throws InputError where a line's x and y differ in number.
void check_lines(std::span<const PlotLine> lines);

}  // namespace wald
