#include "fit_plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include <wald/engine/error.h>
#include <wald/models/plot_estimates.h>
#include <wald/models/plot_residuals.h>
#include <wald/models/profile.h>

#include "progress.h"

namespace wald::cli {
namespace {

/// An intercept is not a matter of what has an effect, and may lie far from what is.
void draw_forest(const PlotFile& file, const Fit& fit, double level) {
  std::vector<CoefficientRow> rows = coefficient_table(fit, level);
  const auto is_intercept = [](const CoefficientRow& row) {
    return row.name.ends_with("(Intercept)");
  };
  if (!std::ranges::all_of(rows, is_intercept)) std::erase_if(rows, is_intercept);
  plot_coefficients(
      file, rows, {.x_label = fmt::format("Estimate with {:g}% confidence interval", 100 * level)});
}

void draw_ratios(const PlotFile& file, const Fit& fit, const SummaryHead& head, double level) {
  std::vector<CoefficientRow> rows;
  const std::vector<CoefficientRow> all = coefficient_table(fit, level);
  for (std::size_t i = 0; i < all.size(); ++i)
    if (head.has_ratio(fit, i)) rows.push_back(all[i]);
  if (rows.empty())
    throw InputError("--plot ratios: no coefficient of this model is the logarithm of a ratio");
  const std::string name = head.ratio == "Haz. ratio" ? "Hazard ratio" : head.ratio;
  plot_coefficients(file, rows,
                    {.x_label = fmt::format("{} with {:g}% confidence interval", name, 100 * level),
                     .exponentiate = true});
}

void draw_profile(const PlotFile& file, const std::string& parameter, const FitPlots& plots,
                  double level) {
  const FittedLikelihood of = plots.likelihood();
  const auto place = std::ranges::find(of.fit.names, parameter) - of.fit.names.begin();
  if (place == std::ssize(of.fit.names))
    throw InputError(fmt::format("--plot profile: there is no parameter '{}', only {}", parameter,
                                 fmt::join(of.fit.names, ", ")));
  const ProfileInterval limits = profile_interval(of.loglik, of.fit, parameter, level);
  // Beyond the limits by a little.
  const double reach = std::max(0.99, 1 - (1 - level) / 5);
  const ProfileCurve curve = profile_curve(of.loglik, of.fit, parameter, {.level = reach});
  plot_profile(file, curve,
               {.level = level,
                .lower = limits.lower,
                .upper = limits.upper,
                .std_error = of.fit.std_error(static_cast<std::size_t>(place))});
}

void draw_objective(const PlotFile& file, const Fit& fit, const std::string& name) {
  std::vector<double> objective;
  for (double loglik : fit.loglik_path) objective.push_back(-loglik);
  if (fit.iterations == 0 || objective.size() < 2)
    throw InputError("--plot objective: the fit took no iteration, there is nothing to draw");
  plot_objective(file, objective, {.name = name, .logarithmic = true});
}

/// Rows of weight 0 are not seen by the fit.
void keep_weighted(FitResiduals& r) {
  if (r.weights.empty()) return;
  const std::vector<double> weights = r.weights;
  for (std::vector<double>* values :
       {&r.x, &r.cox_snell, &r.martingale, &r.deviance, &r.event, &r.weights}) {
    if (values->empty()) continue;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < weights.size(); ++i)
      if (weights[i] > 0) (*values)[kept++] = (*values)[i];
    values->resize(kept);
  }
}

void draw_residuals(const PlotFile& file, const std::string& kind, FitResiduals r) {
  keep_weighted(r);
  if (kind == "cox-snell")
    plot_cox_snell(file, r.cox_snell, r.event, {.weights = r.weights});
  else if (kind == "qq")
    plot_normal_qq(file, r.deviance, {.name = r.deviance_label});
  else if (kind == "martingale")
    plot_residuals(file, r.x, r.martingale, {.x_label = r.x_label});
  else
    plot_residuals(file, r.x, r.deviance, {.x_label = r.x_label, .y_label = r.deviance_label});
}

}  // namespace

void draw_plots(const PlotArguments& asked, const FitPlots& plots, const Fit& fit,
                const SummaryHead& head, double level) {
  for (const PlotRequest& request : asked.plots) {
    const PlotFile file(request.file.path, asked.theme);
    const std::string& kind = request.kind;
    if (kind != "objective" && fit.status == FitStatus::failed) {
      std::cerr << fmt::format(
          "wald: --plot {}: the fit did not converge, only its objective is drawn\n", kind);
      continue;
    }
    const Progress progress("drawing " + file.path);
    if (kind == "objective")
      draw_objective(file, fit, plots.objective);
    else if (kind == "forest")
      draw_forest(file, fit, level);
    else if (kind == "ratios")
      draw_ratios(file, fit, head, level);
    else if (kind == "profile")
      draw_profile(file, request.parameter, plots, level);
    else if (kind == "survival")
      plots.curve(file);
    else
      draw_residuals(file, kind, plots.residuals());
  }
}

}  // namespace wald::cli
