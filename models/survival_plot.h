// The plot of a fitted survival model: how well the curve lies on the data.
#pragma once

#include <wald/models/plot.h>
#include <wald/models/survival.h>

namespace wald {

/// Draws the Kaplan-Meier curve of the data with its confidence band at `level`, and
/// the fitted survival function, averaged over the subjects, over it; of interval-censored times
/// the fitted function with limits of its own. Throws as plot_survival().
void plot_fit(const PlotFile& file, const SurvivalFit& fit, const SurvivalData& data,
              double level = 0.95);

}  // namespace wald
