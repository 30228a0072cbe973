#include "survival_plot.h"

#include <fmt/format.h>

#include <wald/engine/ops/ops.h>
#include <wald/models/kaplan_meier.h>
#include <wald/models/plot.h>
#include <wald/models/survival_prediction.h>

namespace wald {
namespace {

std::vector<double> values_of(const Tensor& x) {
  return x.defined() ? x.to_vector() : std::vector<double>();
}

/// Equidistant times from 0 on.
std::vector<double> times_until(double longest) {
  constexpr int steps = 200;
  std::vector<double> times;
  for (int i = 0; i <= steps; ++i) times.push_back(longest * i / steps);
  return times;
}

std::string label_of(const SurvivalFit& fit) { return std::string(fit.law().title) + " model"; }

/// Intervals have no Kaplan-Meier curve: the fitted one stands alone, with its own limits.
void plot_alone(const PlotFile& file, const SurvivalFit& fit, const SurvivalData& data,
                double level) {
  const double longest = max(SurvivalObservations(data, false).middle).item();
  const std::vector<double> times = times_until(longest);
  const SurvivalPrediction s = predict_mean_survival(fit, data.x, times, level, data.offset);
  const std::string limit = fmt::format("{:g}% lower limit", 100 * level);
  const std::string other = fmt::format("{:g}% upper limit", 100 * level);
  const PlotLine lines[] = {
      {label_of(fit), times, s.value}, {limit, times, s.lower}, {other, times, s.upper}};
  plot_lines(file, lines, {});
}

}  // namespace

void plot_fit(const PlotFile& file, const SurvivalFit& fit, const SurvivalData& data,
              double level) {
  if (data.time2.defined()) return plot_alone(file, fit, data, level);
  const std::vector<double> weights = values_of(data.weights), entry = values_of(data.entry);
  KaplanMeier curve = kaplan_meier(data.time.to_vector(), data.event.to_vector(),
                                   {.level = level, .weights = weights, .entry = entry});
  curve.label = "Kaplan-Meier";
  PlotLine line{label_of(fit), times_until(curve.time.back()), {}};
  line.y = mean_survival(fit, data, line.x);
  plot_survival(file, {&curve, 1}, {&line, 1});
}

}  // namespace wald
