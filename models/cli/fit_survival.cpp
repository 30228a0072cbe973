// wald fit survival: parametric survival regression of a CSV file.
#include <fmt/format.h>

#include <cmath>

#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/distributions.h>
#include <wald/models/response.h>
#include <wald/models/survival.h>
#include <wald/models/survival_plot.h>
#include <wald/models/survival_summary.h>

#include "fit_command.h"
#include "predict.h"
#include "survival_table.h"

namespace wald::cli {
namespace {

struct FitSurvival : FitArguments {
  SurvivalColumns columns;
  std::string dist = "exponential", form = "ph", plot;
};

Tensor optional_column(const std::vector<double>& values) {
  return values.empty() ? Tensor() : from_vector(values);
}

Expression response_of(const FitSurvival& o) {
  if (o.columns.time.empty()) throw CLI::RequiredError("--time, or --formula,");
  if (o.columns.event.empty()) throw CLI::RequiredError("--event, or --formula,");
  return o.columns.response();
}

/// The table ends with this function: its text need not lie in memory during the fit.
std::pair<SurvivalData, FitDesign> read_data(const FitSurvival& o) {
  const Formula formula = formula_of(o, [&] { return response_of(o); });
  const SurvivalResponse response = survival_response(formula);
  if (response.time2)
    throw InputError(fmt::format("formula '{}': --dist {} takes no interval-censored times",
                                 formula.text, o.dist));
  const Table table = read_csv(o.data);
  FitDesign read = read_design(table, formula, o);
  if (read.design.offset.defined())
    throw InputError(fmt::format("formula '{}': survival models take no offset()", formula.text));
  const SurvivalValues values = read_survival(table, response, read.design.rows, false);
  SurvivalData data;
  data.x = read.design.x;
  data.names = read.design.names;
  data.time = from_vector(values.time);
  data.event = from_vector(values.event);
  data.entry = optional_column(values.entry);
  data.weights = read.weights;
  return {std::move(data), std::move(read)};
}

Json results_json(const SurvivalFit& fit) {
  Json out;
  out["loglik_logtime"] = fit.loglik_logtime;
  out["loglik_null"] = fit.loglik_null;
  if (!std::isnan(fit.loglik_null) && fit.lr_df() > 0)
    out["lr_test"] = {{"statistic", fit.lr_statistic()},
                      {"df", fit.lr_df()},
                      {"p", chi_squared_sf(fit.lr_statistic(), fit.lr_df())}};
  out["events"] = fit.events;
  out["time_at_risk"] = fit.time_at_risk;
  return out;
}

int run_fit_survival(const FitSurvival& o) {
  const auto [data, read] = read_data(o);
  const SurvivalForm form = o.form == "aft" ? SurvivalForm::aft : SurvivalForm::ph;
  const SurvivalFit fit = fit_exponential(data, form, fit_options(o));
  if (!o.plot.empty()) plot_fit(o.plot, fit, data, o.level);
  FittedModel model{"survival", fit, summary_head(fit)};
  model.loglik = [&data = data, form](const Tensor& b) {
    return exponential_log_likelihood(b, data, form);
  };
  model.settings = {{"dist", o.dist}, {"form", o.form}};
  model.results = results_json(fit);
  return report(std::move(model), read, o);
}

/// What is predicted of the exponential model, at a time or for a probability, on a scale on which
/// it is linear in the log hazard: log(-log S), log h, log t.
PredictedQuantity quantity_of(const PredictRequest& request, double at) {
  const bool is_ph = request.fit.settings.at("form") == "ph";
  const auto log_hazard = [&request, is_ph](const Tensor& b) {
    const Tensor eta = request.linear_predictor(b);
    return is_ph ? eta : -eta;
  };
  const auto exponential = [](const Tensor& u) { return exp(u); };
  if (request.type == "survival")
    return {label_of(at), [=](const Tensor& b) { return log_hazard(b) + std::log(at); },
            [](const Tensor& u) { return exp(-exp(u)); }};
  if (request.type == "hazard") return {label_of(at), log_hazard, exponential};
  return {label_of(at), [=](const Tensor& b) { return std::log(-std::log1p(-at)) - log_hazard(b); },
          exponential};
}

}  // namespace

PredictedQuantities predict_survival(const PredictRequest& request) {
  const bool is_quantile = request.type == "quantile";
  PredictedQuantities result{is_quantile ? "p" : "time", {}};
  for (double at : is_quantile ? request.probabilities() : request.times())
    result.quantities.push_back(quantity_of(request, at));
  return result;
}

void add_fit_survival(CLI::App& fit, int& exit_code) {
  auto o = std::make_shared<FitSurvival>();
  CLI::App* command = fit.add_subcommand("survival", "Parametric survival regression");
  add_fit_options(*command, *o, {.y = false, .offset = false});
  add_column_option(*command, "--time", o->columns.time, "Column of follow-up times, positive");
  add_column_option(*command, "--event", o->columns.event, "Column of events: 1 seen, 0 censored");
  add_column_option(*command, "--entry", o->columns.entry, "Column of times of delayed entry");
  command->add_option("--dist", o->dist, "Distribution of the time")
      ->check(CLI::IsMember({"exponential"}));
  command
      ->add_option("--form", o->form,
                   "Coefficients of the log hazard (ph) or of the log time (aft)")
      ->check(CLI::IsMember({"ph", "aft"}));
  command->add_option("--plot", o->plot, "Write Kaplan-Meier and the fitted curve to this SVG file")
      ->type_name("OUT.svg");
  command->callback([o, &exit_code] { exit_code = run_fit_survival(*o); });
}

}  // namespace wald::cli
