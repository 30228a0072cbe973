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
std::vector<CoefficientRow> finite_rows(std::span<const CoefficientRow> rows) {
  std::vector<CoefficientRow> finite;
  for (const CoefficientRow& row : rows)
    if (std::isfinite(row.estimate) && std::isfinite(row.lower) && std::isfinite(row.upper))
      finite.push_back(row);
  return finite;
}

/// Characters, not bytes (UTF-8).
int width_of(const std::string& text) {
  return static_cast<int>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

int widest_name(const std::vector<CoefficientRow>& rows) {
  int widest = 0;
  for (const CoefficientRow& row : rows) widest = std::max(widest, width_of(row.name));
  return widest;
}

void add_names(PlotScript& script, const std::vector<CoefficientRow>& rows) {
  script.add("set yrange [{}:-1] noextend\nset lmargin {}\nset ytics scale 0 (", rows.size(),
             widest_name(rows) + 4);
  for (std::size_t i = 0; i < rows.size(); ++i)
    script.add("{}{} {}", i == 0 ? "" : ", ", gnuplot_quoted(rows[i].name), i);
  script.add(")\n");
}

/// A line straight up at x, from `low` to `high`. (Arrows of gnuplot's SVG lose their dashes.)
void add_upright(PlotScript& script, const std::string& name, double x, double low, double high,
                 const char* dashes) {
  script.add_data(name, {std::vector{x, x}, std::vector{low, high}});
  script.add_clause(
      fmt::format("${} using 1:2 with lines linewidth 1.2 {} linecolor rgb '{}' "
                  "notitle",
                  name, dashes, quiet_colour));
}

/// A logarithmic axis that fits the numbers, with ticks at 1, 2 and 5 times powers of ten, or at
/// the powers alone where these are many.
void add_ratio_axis(PlotScript& script, const std::vector<double>& lower,
                    const std::vector<double>& upper) {
  const double low = std::min(1.0, *std::ranges::min_element(lower)) / 1.1;
  const double high = std::max(1.0, *std::ranges::max_element(upper)) * 1.1;
  script.add("set logscale x\nset xrange [{:.8g}:{:.8g}] noextend\nset xtics (", low, high);
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

}  // namespace

void plot_coefficients(const std::string& path, std::span<const CoefficientRow> given,
                       const CoefficientPlotOptions& options) {
  const std::vector<CoefficientRow> rows = finite_rows(given);
  if (rows.empty()) throw InputError("there is no coefficient with an interval to plot");
  PlotScript script(path, {.title = options.title, .x_label = options.x_label, .y_label = ""},
                    560 + 9 * widest_name(rows), 150 + 34 * static_cast<int>(rows.size()));
  const auto scale = [&](double x) { return options.exponentiate ? std::exp(x) : x; };
  std::vector<double> estimate, lower, upper, height;
  for (const CoefficientRow& row : rows) {
    height.push_back(static_cast<double>(height.size()));
    estimate.push_back(scale(row.estimate));
    lower.push_back(scale(row.lower));
    upper.push_back(scale(row.upper));
  }
  add_names(script, rows);
  if (options.exponentiate) add_ratio_axis(script, lower, upper);
  script.add("set border 1\n");
  add_upright(script, "none", scale(0), -1, static_cast<double>(rows.size()), "dashtype (7,4)");
  script.add_data("rows", {estimate, height, lower, upper});
  script.add_clause(
      fmt::format("$rows using 1:2:3:4 with xerrorbars pointtype 7 pointsize 0.9 "
                  "linewidth 1.8 linecolor rgb '{}' notitle",
                  curve_style(0).colour));
  script.draw();
}

void plot_profile(const std::string& path, const ProfileCurve& profile,
                  const ProfilePlotOptions& options) {
  if (profile.points.size() < 2)
    throw InputError(
        fmt::format("the profile of {} has fewer than two points to plot", profile.name));
  std::vector<double> values, loglik;
  for (const ProfilePoint& point : profile.points) {
    values.push_back(point.value);
    loglik.push_back(point.loglik);
  }
  const auto highest = std::ranges::max_element(loglik);
  const double maximum = *highest;
  const double estimate = values[static_cast<std::size_t>(highest - loglik.begin())];
  PlotScript script(
      path, {.title = options.title, .x_label = profile.name, .y_label = "Profile log-likelihood"});
  const double half = two_sided_quantile(options.level), height = maximum - half * half / 2;
  const double lowest = std::min(*std::ranges::min_element(loglik), height);
  const double room = 0.05 * (maximum - lowest);
  script.add(
      "set xrange [{:.10g}:{:.10g}]\nset yrange [{:.10g}:{:.10g}]\nset key outside top "
      "center horizontal\n",
      values.front(), values.back(), lowest - room, maximum + room);
  const auto upright = [&](const char* name, double x, const char* dashes) {
    if (std::isfinite(x)) add_upright(script, name, x, lowest - room, maximum + room, dashes);
  };
  upright("estimate", estimate, "dashtype solid");
  upright("lower", options.lower, "dashtype (3,4)");
  upright("upper", options.upper, "dashtype (3,4)");
  const auto add = [&](const char* name, const std::vector<double>& y, std::size_t style,
                       const std::string& label) {
    script.add_data(name, {values, y});
    script.add_clause(fmt::format("${} using 1:2 with lines linewidth 1.8 {} linecolor rgb '{}' {}",
                                  name, curve_style(style).dashes, curve_style(style).colour,
                                  title_clause(label)));
  };
  add("profile", loglik, 0, "profile");
  if (std::isfinite(options.std_error)) {
    std::vector<double> parabola;
    for (double value : values) {
      const double z = (value - estimate) / options.std_error;
      parabola.push_back(maximum - z * z / 2);
    }
    add("parabola", parabola, 1, "quadratic (Wald)");
  }
  script.add_data("height",
                  {std::vector{values.front(), values.back()}, std::vector{height, height}});
  script.add_clause(
      fmt::format("$height using 1:2 with lines linewidth 1.2 dashtype (7,4) linecolor rgb '{}' {}",
                  quiet_colour, title_clause(fmt::format("{:g}% limit", 100 * options.level))));
  script.draw();
}

void plot_objective(const std::string& path, std::span<const double> values, bool logarithmic,
                    const std::string& title) {
  if (values.size() < 2) throw InputError("an objective is plotted from two iterations on");
  std::vector<double> iteration, height(values.begin(), values.end());
  for (std::size_t i = 0; i < values.size(); ++i) iteration.push_back(static_cast<double>(i));
  double lowest = std::numeric_limits<double>::infinity();
  for (double value : values) lowest = std::fmin(lowest, value);
  if (logarithmic)  // the lowest itself has no logarithm
    for (double& h : height) h = h > lowest ? h - lowest : std::nan("");
  PlotScript script(path,
                    {.title = title,
                     .x_label = "Iteration",
                     .y_label = logarithmic ? "Objective above its lowest value" : "Objective"});
  script.add("set xrange [0:{}]\n", values.size() - 1);
  if (values.size() <= 12) script.add("set xtics 1\n");
  if (logarithmic) script.add("set logscale y\nset format y '%.0e'\n");
  script.add_data("objective", {iteration, height});
  script.add_clause(
      fmt::format("$objective using 1:2 with {} linewidth 1.8 {}linecolor rgb '{}' "
                  "notitle",
                  values.size() <= 100 ? "linespoints" : "lines",
                  values.size() <= 100 ? "pointtype 7 pointsize 0.6 " : "", curve_style(0).colour));
  script.draw();
}

}  // namespace wald
