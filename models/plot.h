// Plots as SVG or PNG files, by the suffix of their name, drawn by gnuplot in a child process.
// Knows survival curves and plain lines; no model, no table.
#pragma once

#include <wald/models/kaplan_meier.h>

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace wald {

/// The ground that a plot lies on: white, or nearly black, with colours that are read there.
enum class PlotTheme { light, dark };

/// Where a plot goes, and how it looks.
struct PlotFile {
  /// PNG where the name ends in .png, SVG where in .svg. Throws InputError for another suffix.
  PlotFile(std::string name, PlotTheme ground = PlotTheme::light);
  PlotFile(const char* name) : PlotFile(std::string(name)) {}

  std::string path;
  PlotTheme theme;

  bool is_png() const { return path.ends_with(".png"); }
};

/// A line through the points (x[i], y[i]); a point with a NaN interrupts it.
struct PlotLine {
  std::string label;  ///< in the legend; empty for none
  std::vector<double> x, y;
};

/// The line of a function over [lower, upper], through `points` >= 2 equidistant points.
PlotLine function_line(std::string label, const std::function<double(double)>& f, double lower,
                       double upper, int points = 300);

struct PlotOptions {
  std::string title{};
  std::string x_label = "Time";
  std::string y_label = "Survival probability";
  bool band = true;             ///< shade the confidence limits
  bool censor_marks = true;     ///< a tick at each censoring time, where these are few
  bool numbers_at_risk = true;  ///< a table of them below the axis
};

/// Draws Kaplan-Meier curves as steps from S(0) = 1 with their confidence bands, and `fitted` lines
/// over them, and the numbers at risk below the axis. Where there is one
/// fitted line for each of several curves, each pair shares colour and dashes. Curves of very many
/// steps are thinned to what can be seen.
///
/// Throws InputError where the file cannot be written, or there is nothing to draw; Error where
/// gnuplot is not installed (Debian: gnuplot-nox) or fails.
void plot_survival(const PlotFile& file, std::span<const KaplanMeier> curves,
                   std::span<const PlotLine> fitted = {}, const PlotOptions& options = {});

/// Draws lines on scales that fit them, for instance a loss against iterations. Throws as above.
void plot_lines(const PlotFile& file, std::span<const PlotLine> lines, const PlotOptions& options);

}  // namespace wald
