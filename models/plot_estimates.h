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
/// where there is no effect. Rows without a finite estimate and interval are left out. Throws
/// InputError if there is none, and as plot_survival().
void plot_coefficients(const std::string& path, std::span<const CoefficientRow> rows,
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
void plot_profile(const std::string& path, const ProfileCurve& profile,
                  const ProfilePlotOptions& options = {});

/// The objective from iteration 0 on; with a logarithmic axis how far it lies above the lowest.
/// Throws InputError for fewer than two values, and as plot_survival().
void plot_objective(const std::string& path, std::span<const double> values,
                    bool logarithmic = false, const std::string& title = {});

}  // namespace wald
