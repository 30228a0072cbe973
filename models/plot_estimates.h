// Plots of a fit: its coefficients, a profile of its likelihood, the way of its optimizer. Knows
// numbers with names, no model.
#pragma once

#include <limits>
#include <span>
#include <string>
#include <vector>

#include <wald/models/inference.h>
#include <wald/models/plot.h>
#include <wald/models/profile.h>

namespace wald {

struct CoefficientPlotOptions {
  std::string title{};
  std::string x_label = "Estimate";
  /// Draws exp() of estimates and limits on a logarithmic axis, for hazard and odds ratios.
  bool exponentiate = false;
};

/// A forest: a dot for each coefficient with its interval, from the first at the top, and a line
/// where there is no effect. Rows without a finite estimate and interval are left out, and ratios
/// beyond the range of double. Throws
/// InputError if there is none, and as plot_survival().
void plot_coefficients(const PlotFile& file, std::span<const CoefficientRow> rows,
                       const CoefficientPlotOptions& options = {});

struct ProfilePlotOptions {
  std::string title{};
  double level = 0.95;  ///< Of the limits.
  double lower =
      std::numeric_limits<double>::quiet_NaN();  ///< As of profile_interval(), NaN: none.
  double upper = std::numeric_limits<double>::quiet_NaN();
  double std_error = std::numeric_limits<double>::quiet_NaN();  ///< Draws the parabola of Wald.
};

/// The profile with its largest point, which is the estimate, the height that the likelihood-ratio
/// test at the level takes off, and limits where it is crossed. Throws InputError for fewer than
/// two points, and as plot_survival().
void plot_profile(const PlotFile& file, const ProfileCurve& profile,
                  const ProfilePlotOptions& options = {});

struct ObjectivePlotOptions {
  std::string title{};
  std::string name = "Objective";
  bool logarithmic = false;  ///< Draws how far it lies above its lowest value.
};

/// The objective from iteration 0 on. Throws InputError for fewer than two values, or, with a
/// logarithmic axis, none above the lowest, and as plot_survival().
void plot_objective(const PlotFile& file, std::span<const double> values,
                    const ObjectivePlotOptions& options = {});

}  // namespace wald
