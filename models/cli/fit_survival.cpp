// wald fit survival: parametric survival regression of a CSV file.
#include <fmt/format.h>

#include <cmath>

#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/response.h>
#include <wald/models/survival.h>
#include <wald/models/survival_plot.h>
#include <wald/models/survival_prediction.h>
#include <wald/models/survival_summary.h>

#include "fit_command.h"
#include "fit_json.h"
#include "predict.h"
#include "survival_table.h"

namespace wald::cli {
namespace {

struct FitSurvival : FitArguments {
  SurvivalColumns columns;
  std::string dist = "exponential", form;
};

Tensor optional_column(const std::vector<double>& values) {
  return values.empty() ? Tensor() : from_vector(values);
}

Expression response_of(const FitSurvival& o) {
  if (o.columns.time.empty()) throw CLI::RequiredError("--time, or --formula,");
  if (o.columns.event.empty() && o.columns.time2.empty())
    throw CLI::RequiredError("--event or --time2, or --formula,");
  return o.columns.response();
}

/// The table ends with this function: its text need not lie in memory during the fit.
std::pair<SurvivalData, FitDesign> read_data(const FitSurvival& o) {
  const Formula formula = formula_of(o, [&] { return response_of(o); });
  const SurvivalResponse response = survival_response(formula);
  const bool is_interval = response.time2.has_value(), has_entry = !o.columns.entry.empty();
  const Progress progress("reading " + o.data);
  const Table table = read_csv(o.data);
  DesignOptions options;
  if (is_interval && has_entry)
    options.also_used = {o.columns.entry};  // Surv() has no place for it
  FitDesign read = read_design(table, formula, o, options);
  const SurvivalValues values = read_survival(table, response, read.design.rows, is_interval);
  SurvivalData data;
  data.x = read.design.x;
  data.names = read.design.names;
  data.time = from_vector(values.time);
  data.event = optional_column(values.event);
  data.entry = optional_column(values.entry);
  if (is_interval && has_entry)
    data.entry = column_tensor(table, Expression::column(o.columns.entry), read.design);
  data.time2 = optional_column(values.time2);
  data.weights = read.weights;
  data.offset = read.design.offset;
  return {std::move(data), std::move(read)};
}

Json results_json(const SurvivalFit& fit) {
  Json out;
  out["loglik_logtime"] = fit.loglik_logtime;
  out["loglik_null"] = fit.loglik_null;
  if (!std::isnan(fit.loglik_null) && fit.lr_df() > 0)
    out["lr_test"] = chi_squared_json(fit.lr_statistic(), fit.lr_df());
  out["events"] = fit.events;
  out["time_at_risk"] = fit.time_at_risk;
  return out;
}

FitResiduals residuals_of(const SurvivalFit& fit, const SurvivalData& data) {
  const SurvivalResiduals r = survival_residuals(fit, data);
  Tensor eta = mv(data.x, slice(from_vector(fit.estimate), 0, 0, data.x.size(1)));
  if (data.offset.defined()) eta = eta + data.offset;
  FitResiduals out{eta.to_vector(), r.cox_snell, r.martingale, r.deviance, {}, {}};
  if (data.event.defined()) out.event = data.event.to_vector();
  if (data.weights.defined()) out.weights = data.weights.to_vector();
  return out;
}

/// Refuses before the fit.
void check_plots(const FitSurvival& o, const SurvivalData& data) {
  for (const PlotRequest& plot : o.plot.plots)
    if (plot.kind == "cox-snell" && data.time2.defined())
      throw InputError(
          "--plot cox-snell: where events are known to lie in intervals, so do their residuals");
}

int run_fit_survival(const FitSurvival& o) {
  const SurvivalModel how = survival_model(o.dist, o.form);
  const auto [data, read] = read_data(o);
  check_plots(o, data);
  const SurvivalFit fit = fitted(o, [&] { return fit_survival(data, how, fit_options(o)); });
  FittedModel model{"survival", fit, summary_head(fit)};
  model.loglik = log_likelihood(survival_regression(data, how));
  model.settings = {{"dist", o.dist}, {"form", fit.form == SurvivalForm::ph ? "ph" : "aft"}};
  model.results = results_json(fit);
  model.plots.curve = [&](const PlotFile& file) { plot_fit(file, fit, data, o.level); };
  model.plots.residuals = [&] { return residuals_of(fit, data); };
  return report(std::move(model), read, o);
}

SurvivalQuantity quantity_of(const std::string& type) {
  if (type == "survival") return SurvivalQuantity::survival;
  if (type == "hazard") return SurvivalQuantity::hazard;
  if (type == "cumulative-hazard") return SurvivalQuantity::cumulative_hazard;
  return SurvivalQuantity::quantile;
}

}  // namespace

PredictedQuantities predict_survival(const PredictRequest& request) {
  const SurvivalQuantity quantity = quantity_of(request.type);
  const bool is_quantile = quantity == SurvivalQuantity::quantile;
  const Json& settings = request.fit.settings;
  const SurvivalModel model = survival_model(settings.at("dist"), settings.at("form"));
  const auto inverse = [quantity](const Tensor& u) {
    return quantity == SurvivalQuantity::survival ? exp(-exp(u)) : exp(u);
  };
  PredictedQuantities result{is_quantile ? "p" : "time", {}};
  for (double at : is_quantile ? request.probabilities() : request.times())
    result.quantities.push_back(
        {label_of(at),
         survival_log_scale(model, quantity, request.design.x, request.design.offset, at),
         inverse});
  return result;
}

void add_fit_survival(CLI::App& fit, int& exit_code) {
  auto o = std::make_shared<FitSurvival>();
  CLI::App* command = fit.add_subcommand("survival", "Parametric survival regression");
  add_fit_options(*command, *o,
                  {.y = false,
                   .plots = {"survival", "forest", "ratios", "profile", "objective", "cox-snell",
                             "martingale", "deviance", "qq"}});
  SurvivalColumns& columns = o->columns;
  add_column_option(*command, "--time", columns.time, "Column of follow-up times, positive");
  CLI::Option* event =
      add_column_option(*command, "--event", columns.event, "Column of events: 1 seen, 0 censored");
  add_column_option(*command, "--time2", columns.time2,
                    "Column of the ends of the intervals, begun at --time, in which the events "
                    "were; missing: none seen")
      ->excludes(event);
  add_column_option(*command, "--entry", columns.entry, "Column of times of delayed entry");
  add_survival_model_options(*command, o->dist, o->form);
  command->callback([o, &exit_code] { exit_code = run_fit_survival(*o); });
}

}  // namespace wald::cli
