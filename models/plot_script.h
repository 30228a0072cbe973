// A plot in the making: gnuplot's script with its data inline, and the style that all plots share.
// Knows lines and points, not what they mean.
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include <wald/models/plot.h>

namespace wald {

/// How the i-th of several curves looks: its colour tells it apart for readers of any colour
/// vision, its dashes and, from the sixth on, its weight in grey.
struct CurveStyle {
  const char* colour;
  const char* dashes;  ///< `dashtype ...`
  double width;

  /// `linewidth ... dashtype ... linecolor rgb '...'`
  std::string line() const;
};

class PlotScript {
 public:
  PlotScript(const PlotFile& file, const PlotOptions& options, int width = 800, int height = 560);

  template <class... Arguments>
  void add(fmt::format_string<Arguments...> pattern, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(text_), pattern, std::forward<Arguments>(arguments)...);
  }
  /// A block of data, `$name`, of columns of one length.
  void add_data(const std::string& name, std::initializer_list<std::span<const double>> columns);
  /// One more thing to draw, above those before: `$name using 1:2 with lines ...`.
  void add_clause(std::string clause) { clauses_.push_back(std::move(clause)); }
  /// Data and a line through them that looks like `look`, as of CurveStyle::line().
  void add_line(const std::string& name, std::span<const double> x, std::span<const double> y,
                const std::string& look, const std::string& label = "");
  /// The range of the axis 'x' or 'y', with few ticks, so that wide numbers have room, which differ
  /// even where the range is narrow and far from 0. Ends that are equal are moved apart.
  void set_range(char axis, double low, double high);

  CurveStyle curve(std::size_t i) const;
  /// Of what is not data: reference lines, limits.
  const char* quiet_colour() const;
  std::string quiet_line(const char* dashes, double width = 1.2) const;
  const char* text_colour() const;

  /// Draws the file. Throws as run_gnuplot().
  void draw();

 private:
  PlotFile file_;
  fmt::memory_buffer text_;
  std::vector<std::string> clauses_;
};

/// `title 'label'`, or `notitle`.
std::string title_clause(const std::string& label);
/// About how wide a text (UTF-8) is drawn, in characters of common width.
double drawn_width(const std::string& text);
/// A text of at most `most` characters: of a longer one the beginning and the end, with dots
/// between them.
std::string shortened(const std::string& text, std::size_t most);
/// Throws InputError where a line's x and y differ in number.
void check_lines(std::span<const PlotLine> lines);

}  // namespace wald
