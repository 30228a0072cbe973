// The plot of a fitted survival model: how well the curve lies on the data.
#pragma once

#include <string>

#include <wald/models/survival.h>

namespace wald {

/// Writes an SVG file: the Kaplan-Meier curve of the data with its confidence band at `level`, and
/// the fitted survival function, averaged over the subjects, over it; of interval-censored times
/// the fitted function with limits of its own. Throws Error if gnuplot is not there or the file
/// cannot be written.
void plot_fit(const std::string& path, const SurvivalFit& fit, const SurvivalData& data,
              double level = 0.95);

}  // namespace wald
