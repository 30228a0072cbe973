// The plots of a fit that `wald fit MODEL --plot` draws.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/models/inference.h>
#include <wald/models/summary.h>

#include "plot_option.h"

namespace wald::cli {

/// Residuals of the rows, and what they stand against, all [n]; empty where a model has none.
struct FitResiduals {
  std::vector<double> x, cox_snell, martingale, deviance;
  std::vector<double> event,
      weights;  ///< Of cox_snell; no weights: 1. Rows of weight 0 are left out.
  std::string x_label = "Linear predictor", deviance_label = "Deviance residual";
};

/// A fit and the log-likelihood that it is the maximum of, in its parameters.
struct FittedLikelihood {
  LogLikelihood loglik;
  Fit fit;
};

/// What can be drawn of a fit; what a model has not is empty.
struct FitPlots {
  /// The model's own plot, `survival`.
  std::function<void(const PlotFile& file)> curve{};
  std::function<FitResiduals()> residuals{};
  /// For `profile`.
  std::function<FittedLikelihood()> likelihood{};
  std::string objective = "Minus log-likelihood";
};

/// Draws what was asked for; of a fit that failed its objective alone, and says so. Throws
/// InputError for a parameter that the fit has not, and as plot_survival().
void draw_plots(const PlotArguments& asked, const FitPlots& plots, const Fit& fit,
                const SummaryHead& head, double level);

}  // namespace wald::cli
