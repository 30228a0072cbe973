#include "survival_plot.h"

#include <wald/engine/ops/ops.h>
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
  PlotLine line{std::string(fit.law().title) + " model", {}, {}};
  std::vector<KaplanMeier> curves;
  double longest = max(SurvivalObservations(data, false).middle).item();
  if (data.event.defined()) {
    const std::vector<double> weights = values_of(data.weights), entry = values_of(data.entry);
    curves.push_back(kaplan_meier(data.time.to_vector(), data.event.to_vector(),
                                  {.level = level, .weights = weights, .entry = entry}));
    curves.front().label = "Kaplan-Meier";
    longest = curves.front().time.back();
  }
  constexpr int points = 200;
  for (int i = 0; i <= points; ++i) line.x.push_back(longest * i / points);
  line.y = mean_survival(fit, data, line.x);
  plot_survival(path, curves, {&line, 1});
}

}  // namespace wald
