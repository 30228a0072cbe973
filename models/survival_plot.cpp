#include "survival_plot.h"

#include <wald/models/kaplan_meier.h>
#include <wald/models/plot.h>
#include <wald/models/survival_prediction.h>

namespace wald {
namespace {

std::vector<double> values_of(const Tensor& x) {
  return x.defined() ? x.to_vector() : std::vector<double>();
}

}  // namespace

void plot_fit(const std::string& path, const SurvivalFit& fit, const SurvivalData& data,
              double level) {
  const std::vector<double> weights = values_of(data.weights), entry = values_of(data.entry);
  KaplanMeier curve = kaplan_meier(data.time.to_vector(), data.event.to_vector(),
                                   {.level = level, .weights = weights, .entry = entry});
  curve.label = "Kaplan-Meier";
  PlotLine line{std::string(fit.law().title) + " model", {}, {}};
  constexpr int points = 200;
  for (int i = 0; i <= points; ++i) line.x.push_back(curve.time.back() * i / points);
  line.y = mean_survival(fit, data, line.x);
  plot_survival(path, {&curve, 1}, {&line, 1});
}

}  // namespace wald
