#include "plot_residuals.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <wald/engine/error.h>
#include <wald/models/distributions.h>
#include <wald/models/kaplan_meier.h>
#include <wald/models/plot_script.h>

namespace wald {
namespace {

using Values = std::vector<double>;

constexpr std::size_t most_points = 4000;

void check_finite(std::span<const double> values, const char* what) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      throw InputError(fmt::format("{} {} to plot is {}", what, i + 1, values[i]));
}

/// Which of n points to draw: evenly most_points of them, and `tails` at either end.
std::vector<std::size_t> drawn(std::size_t n, std::size_t tails) {
  std::vector<std::size_t> which;
  const std::size_t step = (n + most_points - 1) / most_points;
  for (std::size_t i = 0; i < n; ++i)
    if (i % step == 0 || i < tails || i + tails >= n) which.push_back(i);
  return which;
}

Values chosen(std::span<const double> values, const std::vector<std::size_t>& which) {
  Values result;
  for (std::size_t i : which) result.push_back(values[i]);
  return result;
}

/// Small, open circles, of which many can lie over each other.
void add_points(PlotScript& script, const std::string& name) {
  script.add_clause(
      fmt::format("${} using 1:2 with points pointtype 6 pointsize 0.6 linewidth 1 "
                  "linecolor rgb '{}' notitle",
                  name, script.curve(0).colour));
}

/// With room around the points.
void set_ranges(PlotScript& script, std::span<const double> x, std::span<const double> y) {
  const auto set = [&](char axis, std::span<const double> values) {
    const auto [low, high] = std::ranges::minmax(values);
    const double room = 0.03 * (high - low);
    script.set_range(axis, low - room, high + room);
  };
  set('x', x);
  set('y', y);
}

constexpr const char* reference_dashes = "dashtype (7,4)";

/// The local line at x through points in ascending order, by the nearest `count` of them.
double local_mean(const Values& xs, const Values& ys, std::size_t count, double x) {
  auto first = static_cast<std::size_t>(std::ranges::lower_bound(xs, x) - xs.begin());
  std::size_t last = first;  // the points first .. last - 1
  while (last - first < count) {
    const bool takes_left = last == xs.size() || (first > 0 && x - xs[first - 1] <= xs[last] - x);
    takes_left ? --first : ++last;
  }
  const double reach = std::max(x - xs[first], xs[last - 1] - x);
  double w = 0, wx = 0, wy = 0, wxx = 0, wxy = 0;
  for (std::size_t i = first; i < last; ++i) {
    const double far = reach > 0 ? std::abs(xs[i] - x) / reach : 0;
    const double weight = std::pow(1 - far * far * far, 3), dx = xs[i] - x;
    w += weight;
    wx += weight * dx;
    wy += weight * ys[i];
    wxx += weight * dx * dx;
    wxy += weight * dx * ys[i];
  }
  const double determinant = w * wxx - wx * wx;
  // Points at one x have a mean and no slope.
  return determinant > 1e-9 * w * wxx ? (wxx * wy - wx * wxy) / determinant : wy / w;
}

void add_smooth(PlotScript& script, std::span<const double> x, std::span<const double> y) {
  std::vector<std::size_t> order(x.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return x[i]; });
  const Values xs = chosen(x, order), ys = chosen(y, order);
  if (xs.size() < 10 || xs.front() == xs.back()) return;
  constexpr int places = 80;
  Values at, mean;
  for (int i = 0; i <= places; ++i) {
    at.push_back(xs.front() + (xs.back() - xs.front()) * i / places);
    mean.push_back(local_mean(xs, ys, xs.size() * 2 / 3, at.back()));
  }
  const CurveStyle look{script.curve(1).colour, "dashtype solid", 2.2};
  script.add_line("smooth", at, mean, look.line(), "local mean");
}

}  // namespace

void plot_cox_snell(const PlotFile& file, std::span<const double> residuals,
                    std::span<const double> event, const CoxSnellPlotOptions& options) {
  const KaplanMeier curve = kaplan_meier(residuals, event, {.weights = options.weights});
  PlotScript script(file, {.title = options.title,
                           .x_label = "Cox-Snell residual",
                           .y_label = "Cumulative hazard of the residuals"});
  const double end = curve.time.back(), half = two_sided_quantile(curve.level);
  Values x = {0}, hazard = {0}, lower = {0}, upper = {0};
  double highest = end;
  for (std::size_t i : drawn(curve.time.size(), 100)) {
    const double h = curve.cumhaz[i], error = curve.std_err_nelson_aalen[i];
    // On the scale of its logarithm, on which the limits are not below 0.
    const double factor = h > 0 ? std::exp(half * error / h) : 1;
    x.insert(x.end(), 2, curve.time[i]);
    const auto step = [](Values& corners, double value) {
      corners.push_back(corners.back());
      corners.push_back(value);
    };
    step(hazard, h);
    step(lower, h / factor);
    step(upper, h * factor);
    highest = std::max(highest, h);
  }
  script.add("set xrange [0:{:.8g}]\nset yrange [0:{:.8g}]\nset key inside top left vertical\n",
             end, 1.25 * highest);
  script.add_data("steps", {x, hazard, lower, upper});
  const CurveStyle style = script.curve(0);
  script.add_clause(fmt::format("$steps using 1:3:4 with filledcurves linecolor rgb '{}' {}",
                                style.colour, title_clause("95% confidence limits")));
  script.add_clause(
      fmt::format("$steps using 1:2 with lines {} {}", style.line(), title_clause("Nelson-Aalen")));
  script.add_line("unit", Values{0, end}, Values{0, end}, script.quiet_line(reference_dashes, 1.6),
                  "unit exponential");
  script.draw();
}

void plot_residuals(const PlotFile& file, std::span<const double> x,
                    std::span<const double> residuals, const ResidualPlotOptions& options) {
  if (x.size() != residuals.size() || x.empty())
    throw InputError(
        fmt::format("there are {} x and {} residuals to plot", x.size(), residuals.size()));
  check_finite(x, "x");
  check_finite(residuals, "residual");
  PlotScript script(
      file, {.title = options.title, .x_label = options.x_label, .y_label = options.y_label});
  const auto [low, high] = std::ranges::minmax(x);
  script.add("set key outside top right horizontal\n");
  set_ranges(script, x, residuals);
  const std::vector<std::size_t> which = drawn(x.size(), 0);
  const Values xs = chosen(x, which), ys = chosen(residuals, which);
  script.add_data("points", {xs, ys});
  add_points(script, "points");
  script.add_line("zero", Values{low, high}, Values{0, 0}, script.quiet_line(reference_dashes));
  if (options.smooth) add_smooth(script, xs, ys);
  script.draw();
}

void plot_normal_qq(const PlotFile& file, std::span<const double> residuals,
                    const QqPlotOptions& options) {
  if (residuals.size() < 2) throw InputError("quantiles are plotted from two residuals on");
  check_finite(residuals, "residual");
  Values sorted(residuals.begin(), residuals.end());
  std::ranges::sort(sorted);
  const auto n = static_cast<double>(sorted.size());
  Values quantile;
  for (std::size_t i = 0; i < sorted.size(); ++i)
    quantile.push_back(normal_quantile((static_cast<double>(i) + 0.5) / n));
  PlotScript script(file, {.title = options.title,
                           .x_label = "Quantile of the normal distribution",
                           .y_label = options.name + ", in order"});
  const std::vector<std::size_t> which = drawn(sorted.size(), 200);
  const Values xs = chosen(quantile, which), ys = chosen(sorted, which);
  set_ranges(script, xs, ys);
  // Between the quartiles' neighbours in the sample, as R's quantile().
  const auto sample_quantile = [&](double p) {
    const double place = p * (n - 1);
    const auto below = static_cast<std::size_t>(place);
    const double above = sorted[std::min(below + 1, sorted.size() - 1)];
    return sorted[below] + (place - std::floor(place)) * (above - sorted[below]);
  };
  const double low = sample_quantile(0.25), high = sample_quantile(0.75);
  const double slope = (high - low) / (2 * normal_quantile(0.75)), middle = (low + high) / 2;
  script.add_data("points", {xs, ys});
  add_points(script, "points");
  script.add_line("line", Values{xs.front(), xs.back()},
                  Values{middle + slope * xs.front(), middle + slope * xs.back()},
                  script.quiet_line(reference_dashes));
  script.draw();
}

}  // namespace wald
