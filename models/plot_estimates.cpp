#include "plot_estimates.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <wald/engine/error.h>
#include <wald/models/distributions.h>
#include <wald/models/gnuplot.h>
#include <wald/models/plot_script.h>

namespace wald {
namespace {

/// Rows that can be drawn.
std::vector<CoefficientRow> finite_rows(std::span<const CoefficientRow> rows, bool exponentiate) {
  const auto is_drawn = [&](double x) {
    const double reach = exponentiate ? 700 : INFINITY;  // exp() of more overflows
    return std::isfinite(x) && std::abs(x) < reach;
  };
  std::vector<CoefficientRow> finite;
  for (const CoefficientRow& row : rows)
    if (is_drawn(row.estimate) && is_drawn(row.lower) && is_drawn(row.upper)) finite.push_back(row);
  return finite;
}

std::string name_of(const CoefficientRow& row) {
  constexpr std::size_t most = 64;
  return shortened(row.name, most);
}

int widest_name(const std::vector<CoefficientRow>& rows) {
  double widest = 0;
  for (const CoefficientRow& row : rows) widest = std::max(widest, drawn_width(name_of(row)));
  return static_cast<int>(std::ceil(widest));
}

void add_names(PlotScript& script, const std::vector<CoefficientRow>& rows) {
  script.add("set yrange [{}:-1] noextend\nset lmargin {}\nset ytics scale 0 (", rows.size(),
             widest_name(rows) + 4);
  for (std::size_t i = 0; i < rows.size(); ++i)
    script.add("{}{} {}", i == 0 ? "" : ", ", gnuplot_quoted(name_of(rows[i])), i);
  script.add(")\n");
}

/// A line straight up at x, from `low` to `high`. (Arrows of gnuplot's SVG lose their dashes.)
void add_upright(PlotScript& script, const std::string& name, double x, double low, double high,
                 const char* dashes) {
  script.add_line(name, std::vector{x, x}, std::vector{low, high}, script.quiet_line(dashes));
}

/// A logarithmic axis that fits the numbers, with ticks at 1, 2 and 5 times powers of ten, at the
/// powers alone where these are many, or at equal distances where it has few of them.
void add_ratio_axis(PlotScript& script, const std::vector<double>& lower,
                    const std::vector<double>& upper) {
  const double low = std::min(1.0, *std::ranges::min_element(lower)) / 1.1;
  const double high = std::max(1.0, *std::ranges::max_element(upper)) * 1.1;
  script.add("set logscale x\n");
  constexpr double narrow = 4;
  if (high / low < narrow) return script.set_range('x', low, high);
  script.add("set xrange [{:.8g}:{:.8g}] noextend\nset xtics (", low, high);
  const bool is_wide = std::log10(high / low) > 3;
  const char* before = "";
  for (int power = static_cast<int>(std::floor(std::log10(low))); std::pow(10, power) <= high;
       power += is_wide ? std::max(1, static_cast<int>(std::log10(high / low) / 8)) : 1)
    for (double digit : {1.0, 2.0, 5.0}) {
      const double tick = digit * std::pow(10, power);
      if (tick < low || tick > high || (is_wide && digit > 1)) continue;
      script.add("{0}'{1:.4g}' {1:.10g}", before, tick);
      before = ", ";
    }
  script.add(")\n");
}

/// A plain axis that fits the numbers, and 0.
void add_axis(PlotScript& script, const std::vector<double>& lower,
              const std::vector<double>& upper) {
  const double low = std::min(0.0, *std::ranges::min_element(lower));
  const double high = std::max(0.0, *std::ranges::max_element(upper));
  script.set_range('x', low - 0.04 * (high - low), high + 0.04 * (high - low));
}

}  // namespace

void plot_coefficients(const PlotFile& file, std::span<const CoefficientRow> given,
                       const CoefficientPlotOptions& options) {
  const std::vector<CoefficientRow> rows = finite_rows(given, options.exponentiate);
  if (rows.empty()) throw InputError("there is no coefficient with an interval to plot");
  PlotScript script(file, {.title = options.title, .x_label = options.x_label, .y_label = ""},
                    600 + 10 * widest_name(rows), 150 + 34 * static_cast<int>(rows.size()));
  const auto scale = [&](double x) { return options.exponentiate ? std::exp(x) : x; };
  std::vector<double> estimate, lower, upper, height;
  for (const CoefficientRow& row : rows) {
    height.push_back(static_cast<double>(height.size()));
    estimate.push_back(scale(row.estimate));
    lower.push_back(scale(row.lower));
    upper.push_back(scale(row.upper));
  }
  add_names(script, rows);
  if (options.exponentiate)
    add_ratio_axis(script, lower, upper);
  else
    add_axis(script, lower, upper);
  script.add("set border 1\n");
  add_upright(script, "none", scale(0), -1, static_cast<double>(rows.size()), "dashtype (7,4)");
  script.add_data("rows", {estimate, height, lower, upper});
  script.add_clause(
      fmt::format("$rows using 1:2:3:4 with xerrorbars pointtype 7 pointsize 0.9 "
                  "linewidth 1.8 linecolor rgb '{}' notitle",
                  script.curve(0).colour));
  script.draw();
}

void plot_profile(const PlotFile& file, const ProfileCurve& profile,
                  const ProfilePlotOptions& options) {
  if (profile.points.size() < 2)
    throw InputError(
        fmt::format("the profile of {} has fewer than two points to plot", profile.name));
  std::vector<double> values, height;
  for (const ProfilePoint& point : profile.points) {
    values.push_back(point.value);
    height.push_back(point.loglik);
  }
  const double maximum = *std::ranges::max_element(height);
  const double estimate =
      values[static_cast<std::size_t>(std::ranges::max_element(height) - height.begin())];
  for (double& h : height) h -= maximum;
  PlotScript script(file, {.title = options.title,
                           .x_label = profile.name,
                           .y_label = "Profile log-likelihood less its maximum"});
  const double half = two_sided_quantile(options.level), limit = -half * half / 2;
  const double lowest = std::min(*std::ranges::min_element(height), limit);
  const double low = lowest * 1.05, high = -lowest * 0.05;
  script.set_range('x', values.front(), values.back());
  script.set_range('y', low, high);
  script.add("set key outside top center horizontal\n");
  const auto upright = [&](const char* name, double x, const char* dashes) {
    if (std::isfinite(x)) add_upright(script, name, x, low, high, dashes);
  };
  upright("estimate", estimate, "dashtype solid");
  upright("lower", options.lower, "dashtype (3,4)");
  upright("upper", options.upper, "dashtype (3,4)");
  script.add_line("profile", values, height, script.curve(0).line(), "profile");
  if (std::isfinite(options.std_error)) {
    std::vector<double> parabola;
    for (double value : values) {
      const double z = (value - estimate) / options.std_error;
      parabola.push_back(-z * z / 2);
    }
    script.add_line("parabola", values, parabola, script.curve(1).line(), "quadratic (Wald)");
  }
  script.add_line("limit", std::vector{values.front(), values.back()}, std::vector{limit, limit},
                  script.quiet_line("dashtype (7,4)"),
                  fmt::format("{:g}% limit", 100 * options.level));
  script.draw();
}

void plot_objective(const PlotFile& file, std::span<const double> values,
                    const ObjectivePlotOptions& options) {
  if (values.size() < 2) throw InputError("an objective is plotted from two iterations on");
  std::vector<double> iteration, height(values.begin(), values.end());
  for (std::size_t i = 0; i < values.size(); ++i) iteration.push_back(static_cast<double>(i));
  double lowest = INFINITY, highest = -INFINITY;
  for (double value : values) {
    lowest = std::fmin(lowest, value);
    highest = std::isfinite(value) ? std::fmax(highest, value) : highest;
  }
  if (!(highest >= lowest) || (options.logarithmic && highest == lowest))
    throw InputError("the objective is the same at all iterations, or not finite: no plot");
  if (options.logarithmic)  // the lowest itself has no logarithm
    for (double& h : height) h = h > lowest ? h - lowest : std::nan("");
  PlotScript script(
      file, {.title = options.title,
             .x_label = "Iteration",
             .y_label = options.name + (options.logarithmic ? " above its lowest value" : "")});
  script.add("set xrange [0:{}]\n", values.size() - 1);
  if (values.size() <= 12) script.add("set xtics 1\n");
  if (options.logarithmic)
    script.add("set logscale y\nset format y '%.0e'\n");
  else
    script.set_range('y', lowest - 0.03 * (highest - lowest), highest + 0.03 * (highest - lowest));
  script.add_data("objective", {iteration, height});
  script.add_clause(
      fmt::format("$objective using 1:2 with {} {} notitle",
                  values.size() <= 100 ? "linespoints pointtype 7 pointsize 0.6" : "lines",
                  script.curve(0).line()));
  script.draw();
}

}  // namespace wald
