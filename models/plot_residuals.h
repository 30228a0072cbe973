// Plots of residuals: whether what is left over looks as the model says. Knows residuals as
// numbers, no model.
#pragma once

#include <span>
#include <string>

#include <wald/models/plot.h>

namespace wald {

struct CoxSnellPlotOptions {
  std::string title{};
  std::span<const double> weights = {};  ///< Of the rows, >= 0; or empty.
};

/// The Nelson-Aalen estimate of the cumulative hazard of Cox-Snell residuals r >= 0 (the fitted
/// cumulative hazard at each time, `event` 1 or 0) against r, with its 95 % limits: the unit
/// exponential's if the model holds, the line through 0 of slope 1. Cox and Snell (1968), JRSS B
/// 30, 248-275. Throws InputError for residuals that kaplan_meier() does not take, and as
/// plot_survival().
void plot_cox_snell(const PlotFile& file, std::span<const double> residuals,
                    std::span<const double> event, const CoxSnellPlotOptions& options = {});

struct ResidualPlotOptions {
  std::string title{};
  std::string x_label = "Linear predictor";
  std::string y_label = "Martingale residual";  ///< Or `Deviance residual`.
  bool smooth = true;  ///< Draws their local mean (lowess), from 10 points on.
};

/// Residuals, as martingale or deviance residuals, against x with a line at 0 and their local mean:
/// local lines over the nearest 2/3 of the points with tricube weights (Cleveland 1979, JASA 74,
/// 829-836, without its robust steps). Of more than 4000 points an even choice is drawn.
/// Throws InputError where x and residuals differ in number or are not finite, or there is none.
void plot_residuals(const PlotFile& file, std::span<const double> x,
                    std::span<const double> residuals, const ResidualPlotOptions& options = {});

struct QqPlotOptions {
  std::string title{};
  std::string name = "Residual";
};

/// Ordered residuals against normal quantiles at (i - 1/2) / n, with the line through the
/// quartiles. Of more than 4000 points an even choice of the middle and all of the tails are drawn.
/// Throws InputError for fewer than two residuals or ones that are not finite.
void plot_normal_qq(const PlotFile& file, std::span<const double> residuals,
                    const QqPlotOptions& options = {});

}  // namespace wald
