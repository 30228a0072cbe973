// Turns curves into gnuplot scripts with their data inline.
#include <wald/engine/error.h>
#include <wald/models/gnuplot.h>
#include <wald/models/plot.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numeric>

namespace wald {
namespace {

// Okabe & Ito's palette, told apart by readers of any colour vision.
constexpr std::array<const char*, 7> kColours = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                 "#E69F00", "#56B4E9", "#000000"};
constexpr std::size_t kMostSteps = 2000;
constexpr std::size_t kMostMarkedRows = 1000;

const char* colour(std::size_t i) { return kColours[i % kColours.size()]; }

using Script = fmt::memory_buffer;

template <class... Arguments>
void add(Script& script, fmt::format_string<Arguments...> pattern, Arguments&&... arguments) {
  fmt::format_to(std::back_inserter(script), pattern, std::forward<Arguments>(arguments)...);
}

std::string title_clause(const std::string& label) {
  return label.empty() ? "notitle" : "title " + gnuplot_quoted(label);
}

void write_frame(Script& script, const PlotOptions& options) {
  add(script,
      "set encoding utf8\n"
      "set terminal svg size 800,560 noenhanced font 'Helvetica,Arial,sans-serif,15' "
      "background '#ffffff'\n"
      "set border 3 linecolor '#444444'\n"
      "set tics nomirror out textcolor '#222222'\n"
      "set style fill solid 0.20 noborder\n"
      "set key reverse Left samplen 2.4 spacing 1.15 textcolor '#222222'\n"
      "set xlabel {}\nset ylabel {}\n",
      gnuplot_quoted(options.x_label), gnuplot_quoted(options.y_label));
  if (!options.title.empty())
    add(script, "set title {} font ',18'\n", gnuplot_quoted(options.title));
}

// The last step of each of kMostSteps equal parts of the axis: finer than a pixel.
std::vector<std::size_t> visible_steps(const KaplanMeier& curve) {
  std::vector<std::size_t> steps(curve.time.size());
  std::iota(steps.begin(), steps.end(), std::size_t{0});
  if (steps.size() <= kMostSteps) return steps;
  const double width = curve.time.back() / kMostSteps;
  const auto part = [&](std::size_t i) { return std::floor(curve.time[i] / width); };
  std::erase_if(steps,
                [&](std::size_t i) { return i + 1 < curve.time.size() && part(i) == part(i + 1); });
  return steps;
}

// Both corners of each step, from S(0) = 1: x, S, lower, upper. Limits that are not there (S = 0)
// end the band.
void write_steps(Script& script, std::size_t index, const KaplanMeier& curve) {
  add(script, "$steps{} << EOD\n0 1 1 1\n", index);
  double survival = 1, lower = 1, upper = 1;
  for (std::size_t i : visible_steps(curve)) {
    add(script, "{:.7g} {:.6g} {:.6g} {:.6g}\n", curve.time[i], survival, lower, upper);
    survival = curve.survival[i];
    lower = curve.lower[i];
    upper = curve.upper[i];
    add(script, "{:.7g} {:.6g} {:.6g} {:.6g}\n", curve.time[i], survival, lower, upper);
  }
  add(script, "EOD\n");
}

bool has_marks(const KaplanMeier& curve, const PlotOptions& options) {
  return options.censor_marks && curve.n <= kMostMarkedRows &&
         std::ranges::any_of(curve.n_censor, [](double c) { return c > 0; });
}

void write_marks(Script& script, std::size_t index, const KaplanMeier& curve) {
  add(script, "$marks{} << EOD\n", index);
  for (std::size_t i = 0; i < curve.time.size(); ++i) {
    if (curve.n_censor[i] > 0) add(script, "{:.7g} {:.6g}\n", curve.time[i], curve.survival[i]);
  }
  add(script, "EOD\n");
}

void check_lines(std::span<const PlotLine> lines) {
  for (const PlotLine& line : lines) {
    if (line.x.size() != line.y.size()) {
      throw InputError(fmt::format("line '{}' has {} x and {} y to plot", line.label, line.x.size(),
                                   line.y.size()));
    }
  }
}

void write_line(Script& script, std::size_t index, const PlotLine& line) {
  add(script, "$line{} << EOD\n", index);
  for (std::size_t i = 0; i < line.x.size(); ++i) {
    add(script, "{:.8g} {:.8g}\n", line.x[i], line.y[i]);
  }
  add(script, "EOD\n");
}

std::string band_clause(std::size_t i) {
  return fmt::format("$steps{} using 1:3:4 with filledcurves linecolor rgb '{}' notitle", i,
                     colour(i));
}

// Stands in the legend for all bands, and draws nothing.
std::string band_legend(const char* shade, double level) {
  return fmt::format("$steps0 using 1:(NaN):(NaN) with filledcurves linecolor rgb '{}' {}", shade,
                     title_clause(fmt::format("{:.4g}% confidence limits", 100 * level)));
}

std::string steps_clause(std::size_t i, const std::string& label) {
  return fmt::format("$steps{} using 1:2 with lines linewidth 1.8 linecolor rgb '{}' {}", i,
                     colour(i), title_clause(label));
}

std::string marks_clause(std::size_t i) {
  return fmt::format(
      "$marks{} using 1:2 with points pointtype 1 pointsize 0.8 linewidth 1.4 linecolor rgb '{}' "
      "notitle",
      i, colour(i));
}

std::string line_clause(std::size_t i, std::size_t shade, const char* dashes,
                        const std::string& label) {
  return fmt::format("$line{} using 1:2 with lines linewidth 1.8 {} linecolor rgb '{}' {}", i,
                     dashes, colour(shade), title_clause(label));
}

void write_plot(Script& script, const std::vector<std::string>& clauses) {
  const char* before = "plot ";
  for (const std::string& clause : clauses) {
    add(script, "{}{}", before, clause);
    before = ", ";
  }
  script.push_back('\n');
}

// Bands lie below all curves, and fitted lines above.
std::vector<std::string> survival_clauses(std::span<const KaplanMeier> curves,
                                          std::span<const PlotLine> fitted,
                                          const PlotOptions& options) {
  const bool several = curves.size() > 1;
  std::vector<std::string> clauses;
  for (std::size_t i = 0; options.band && i < curves.size(); ++i) {
    clauses.push_back(band_clause(i));
  }
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const bool unnamed = !several && curves[i].label.empty();
    clauses.push_back(steps_clause(i, unnamed ? "Kaplan-Meier" : curves[i].label));
    if (has_marks(curves[i], options)) clauses.push_back(marks_clause(i));
  }
  if (options.band) {
    clauses.push_back(band_legend(several ? "#666666" : colour(0), curves[0].level));
  }
  const bool paired = several && fitted.size() == curves.size();
  for (std::size_t i = 0; i < fitted.size(); ++i) {
    const std::size_t shade = paired ? i : curves.size() + i;
    clauses.push_back(line_clause(i, shade, "dashtype (12,6)", fitted[i].label));
  }
  return clauses;
}

// The value of a decreasing line at `x`, or at its end where it is shorter.
double value_at(const std::vector<double>& xs, const std::vector<double>& ys, double x) {
  const auto after = std::ranges::upper_bound(xs, x) - xs.begin();
  return after == 0 ? 1 : ys[after - 1];
}

// A corner that no curve enters, or below the plot where there is none.
const char* legend_place(std::span<const KaplanMeier> curves, std::span<const PlotLine> fitted,
                         bool band) {
  double end = 0;
  for (const KaplanMeier& curve : curves) end = std::max(end, curve.time.back());
  for (const PlotLine& line : fitted) end = std::max(end, line.x.empty() ? 0 : line.x.back());
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
  return lowest > room ? "inside bottom left vertical" : "outside bottom center horizontal";
}

}  // namespace

PlotLine function_line(std::string label, const std::function<double(double)>& f, double lower,
                       double upper, int points) {
  PlotLine line{std::move(label), {}, {}};
  for (int i = 0; i < points; ++i) {
    line.x.push_back(lower + (upper - lower) * i / (points - 1));
    line.y.push_back(f(line.x.back()));
  }
  return line;
}

void plot_survival(const std::string& path, std::span<const KaplanMeier> curves,
                   std::span<const PlotLine> fitted, const PlotOptions& options) {
  if (curves.empty() || std::ranges::any_of(curves, [](const auto& c) { return c.time.empty(); })) {
    throw InputError("there is no survival curve to plot");
  }
  check_lines(fitted);
  Script script;
  write_frame(script, options);
  add(script,
      "set yrange [0:1]\nset ytics 0.2\nset format y '%.1f'\nset xrange [0:*]\nset key {}\n",
      legend_place(curves, fitted, options.band));
  for (std::size_t i = 0; i < curves.size(); ++i) {
    write_steps(script, i, curves[i]);
    if (has_marks(curves[i], options)) write_marks(script, i, curves[i]);
  }
  for (std::size_t i = 0; i < fitted.size(); ++i) write_line(script, i, fitted[i]);
  write_plot(script, survival_clauses(curves, fitted, options));
  run_gnuplot({script.data(), script.size()}, path);
}

void plot_lines(const std::string& path, std::span<const PlotLine> lines,
                const PlotOptions& options) {
  if (lines.empty()) throw InputError("there is no line to plot");
  check_lines(lines);
  Script script;
  write_frame(script, options);
  std::vector<std::string> clauses;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    write_line(script, i, lines[i]);
    clauses.push_back(line_clause(i, i, "", lines[i].label));
  }
  write_plot(script, clauses);
  run_gnuplot({script.data(), script.size()}, path);
}

}  // namespace wald
