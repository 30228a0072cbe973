// Kaplan-Meier curves with their bands, fitted lines and numbers at risk.
#include <wald/engine/error.h>
#include <wald/models/gnuplot.h>
#include <wald/models/plot.h>
#include <wald/models/plot_script.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace wald {
namespace {

using Curves = std::span<const KaplanMeier>;

constexpr std::size_t most_steps = 2000;
constexpr std::size_t most_marked_rows = 1000;

// The last step of each of most_steps equal parts of the axis: finer than a pixel.
std::vector<std::size_t> visible_steps(const KaplanMeier& curve) {
  std::vector<std::size_t> steps(curve.time.size());
  std::iota(steps.begin(), steps.end(), std::size_t{0});
  if (steps.size() <= most_steps) return steps;
  const double width = curve.time.back() / most_steps;
  const auto part = [&](std::size_t i) { return std::floor(curve.time[i] / width); };
  std::erase_if(steps,
                [&](std::size_t i) { return i + 1 < curve.time.size() && part(i) == part(i + 1); });
  return steps;
}

// Both corners of each step, from S(0) = 1: x, S, lower, upper. Limits that are not there (S = 0)
// end the band.
void add_steps(PlotScript& script, std::size_t index, const KaplanMeier& curve) {
  std::vector<double> time = {0}, survival = {1}, lower = {1}, upper = {1};
  for (std::size_t i : visible_steps(curve)) {
    time.insert(time.end(), 2, curve.time[i]);
    const auto step = [i](std::vector<double>& corners, const std::vector<double>& values) {
      corners.push_back(corners.back());
      corners.push_back(values[i]);
    };
    step(survival, curve.survival);
    step(lower, curve.lower);
    step(upper, curve.upper);
  }
  script.add_data(fmt::format("steps{}", index), {time, survival, lower, upper});
}

bool has_marks(const KaplanMeier& curve, const PlotOptions& options) {
  return options.censor_marks && curve.n <= most_marked_rows &&
         std::ranges::any_of(curve.n_censor, [](double c) { return c > 0; });
}

void add_marks(PlotScript& script, std::size_t index, const KaplanMeier& curve) {
  std::vector<double> time, survival;
  for (std::size_t i = 0; i < curve.time.size(); ++i)
    if (curve.n_censor[i] > 0) {
      time.push_back(curve.time[i]);
      survival.push_back(curve.survival[i]);
    }
  const std::string name = fmt::format("marks{}", index);
  script.add_data(name, {time, survival});
  script.add_clause(
      fmt::format("${} using 1:2 with points pointtype 1 pointsize 0.8 linewidth 1.4 linecolor rgb "
                  "'{}' notitle",
                  name, script.curve(index).colour));
}

void add_band(PlotScript& script, std::size_t i) {
  script.add_clause(fmt::format("$steps{} using 1:3:4 with filledcurves linecolor rgb '{}' notitle",
                                i, script.curve(i).colour));
}

// Stands in the legend for all bands, and draws nothing.
void add_band_legend(PlotScript& script, Curves curves) {
  script.add_clause(
      fmt::format("$steps0 using 1:(NaN):(NaN) with filledcurves linecolor rgb '{}' {}",
                  curves.size() > 1 ? script.quiet_colour() : script.curve(0).colour,
                  title_clause(fmt::format("{:.4g}% confidence limits", 100 * curves[0].level))));
}

void add_curve(PlotScript& script, std::size_t i, const KaplanMeier& curve, bool is_alone) {
  const bool is_unnamed = is_alone && curve.label.empty();
  script.add_clause(fmt::format("$steps{} using 1:2 with lines {} {}", i, script.curve(i).line(),
                                title_clause(is_unnamed ? "Kaplan-Meier" : curve.label)));
}

// A line for each curve has its look, but thin and smooth among steps; others have looks of their
// own.
void add_fitted(PlotScript& script, Curves curves, std::span<const PlotLine> fitted) {
  const bool is_paired = curves.size() > 1 && fitted.size() == curves.size();
  for (std::size_t i = 0; i < fitted.size(); ++i) {
    CurveStyle style = script.curve(is_paired ? i : curves.size() + i);
    if (is_paired) style.width /= 1.8;
    script.add_line(fmt::format("line{}", i), fitted[i].x, fitted[i].y, style.line(),
                    fitted[i].label);
  }
}

// The value of a decreasing line at `x`, or at its end where it is shorter.
double value_at(const std::vector<double>& xs, const std::vector<double>& ys, double x) {
  const auto after = std::ranges::upper_bound(xs, x) - xs.begin();
  return after == 0 ? 1 : ys[after - 1];
}

double end_of(Curves curves, std::span<const PlotLine> fitted) {
  double end = 0;
  for (const KaplanMeier& curve : curves) end = std::max(end, curve.time.back());
  for (const PlotLine& line : fitted) end = std::max(end, line.x.empty() ? 0 : line.x.back());
  return end;
}

// A corner that no curve enters, or above the plot where there is none.
const char* legend_place(Curves curves, std::span<const PlotLine> fitted, bool band, double end) {
  double highest = 0, lowest = 1;
  const auto include = [&](const std::vector<double>& xs, const std::vector<double>& top,
                           const std::vector<double>& bottom) {
    if (xs.empty()) return;
    if (xs.back() > 0.55 * end) highest = std::fmax(highest, value_at(xs, top, 0.55 * end));
    lowest = std::fmin(lowest, value_at(xs, bottom, 0.45 * end));
  };
  for (const KaplanMeier& curve : curves) {
    include(curve.time, curve.survival, curve.survival);
    if (band) include(curve.time, curve.upper, curve.lower);
  }
  for (const PlotLine& line : fitted) include(line.x, line.y, line.y);
  const double room = 0.065 * static_cast<double>(curves.size() + fitted.size() + 1) + 0.05;
  if (highest < 1 - room) return "inside top right vertical";
  return lowest > room ? "inside bottom left vertical" : "outside top center horizontal";
}

/// Of a legend above the plot, in which all columns are as wide as the widest label.
int legend_rows(Curves curves, std::span<const PlotLine> fitted) {
  double widest = 22;  // `95% confidence limits`
  for (const KaplanMeier& curve : curves) widest = std::max(widest, drawn_width(curve.label));
  for (const PlotLine& line : fitted) widest = std::max(widest, drawn_width(line.label));
  constexpr double across = 85, sample = 8;
  const int columns = std::max(1, static_cast<int>(across / (std::min(widest, 48.0) + sample)));
  return (static_cast<int>(curves.size() + fitted.size()) + columns) / columns;
}

/// The weight at risk just before a time; between times of exit that of the next one.
double at_risk(const KaplanMeier& curve, double time) {
  const auto next = std::ranges::lower_bound(curve.time, time) - curve.time.begin();
  return next == std::ssize(curve.time) ? 0 : curve.n_risk[next];
}

/// 1, 2, 2.5 or 5 times a power of ten, four to eight of which fill the axis.
double tick_step(double end) {
  const double power = std::pow(10, std::floor(std::log10(end / 8)));
  for (double digit : {1.0, 2.0, 2.5, 5.0})
    if (end / (digit * power) <= 8) return digit * power;
  return 10 * power;
}

// A single curve needs no name.
std::string row_label(Curves curves, std::size_t i) {
  constexpr std::size_t most = 24;
  return curves.size() > 1 ? shortened(curves[i].label, most) : "";
}

double widest_label(Curves curves) {
  double widest = 0;
  for (std::size_t i = 0; i < curves.size(); ++i)
    widest = std::max(widest, drawn_width(row_label(curves, i)));
  return widest;
}

/// In characters.
int left_margin(Curves curves) {
  constexpr int least = 9;
  return std::max(least, static_cast<int>(std::ceil(widest_label(curves))) + 5);
}

// Weights need not be whole numbers.
std::string count_of(double n) {
  return n == std::floor(n) && n < 1e15 ? fmt::format("{:.0f}", n) : fmt::format("{:.6g}", n);
}

// A table under the axis: a row for each curve, a number below each tick.
void add_numbers_at_risk(PlotScript& script, Curves curves, double end) {
  const double step = tick_step(end);
  constexpr double first_row = 5.2, row_height = 1.35;
  script.add("set xtics {:.10g}\nset bmargin {:.2f}\nset lmargin {}\n", step,
             first_row + row_height * static_cast<double>(curves.size()) + 0.6,
             left_margin(curves));
  script.add(
      "set label 'Number at risk' at graph 0, graph 0 left offset character -2,-4.1 "
      "textcolor '{}'\n",
      script.text_colour());
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const double down = first_row + row_height * static_cast<double>(i);
    script.add(
        "set label {} at graph 0, graph 0 right offset character -4.2,-{:.2f} textcolor "
        "'{}'\n",
        gnuplot_quoted(row_label(curves, i)), down, script.curve(i).colour);
    for (int tick = 0; tick * step <= end * (1 + 1e-9); ++tick)
      script.add(
          "set label '{}' at first {:.10g}, graph 0 center offset character 0,-{:.2f} "
          "textcolor '{}'\n",
          count_of(at_risk(curves[i], tick * step)), tick * step, down, script.text_colour());
  }
}

}  // namespace

void plot_survival(const PlotFile& file, std::span<const KaplanMeier> curves,
                   std::span<const PlotLine> fitted, const PlotOptions& options) {
  if (curves.empty() || std::ranges::any_of(curves, [](const auto& c) { return c.time.empty(); }))
    throw InputError("there is no survival curve to plot");
  check_lines(fitted);
  const double end = end_of(curves, fitted);
  const bool has_table = options.numbers_at_risk && end > 0;
  const std::string place = legend_place(curves, fitted, options.band, end);
  int width = 800, height = 560;
  if (has_table) {
    width += 9 * (left_margin(curves) - left_margin(curves.first(1)));
    height += 50 + 26 * static_cast<int>(curves.size());
  }
  if (place.starts_with("outside")) height += 22 * legend_rows(curves, fitted);
  PlotScript script(file, options, width, height);
  script.add(
      "set yrange [0:1]\nset ytics 0.2\nset format y '%.1f'\nset xrange [0:{}]\nset key {}\n",
      has_table ? fmt::format("{:.10g}", end) : "*", place);
  if (has_table) add_numbers_at_risk(script, curves, end);
  // Many bands over each other would hide the curves.
  if (curves.size() > 4)
    script.add("set style fill transparent solid {:.2g} noborder\n",
               0.8 / static_cast<double>(curves.size()));
  // Bands lie below all curves, and fitted lines above.
  for (std::size_t i = 0; i < curves.size(); ++i) {
    add_steps(script, i, curves[i]);
    if (options.band) add_band(script, i);
  }
  for (std::size_t i = 0; i < curves.size(); ++i) {
    add_curve(script, i, curves[i], curves.size() == 1);
    if (has_marks(curves[i], options)) add_marks(script, i, curves[i]);
  }
  if (options.band) add_band_legend(script, curves);
  add_fitted(script, curves, fitted);
  script.draw();
}

}  // namespace wald
