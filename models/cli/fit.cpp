// wald fit: models fitted to a CSV file.
#include <fmt/format.h>

#include <cmath>
#include <iostream>

#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/models/covariate_list.h>
#include <wald/models/design.h>
#include <wald/models/distributions.h>
#include <wald/models/response.h>
#include <wald/models/summary.h>
#include <wald/models/survival.h>
#include <wald/models/survival_plot.h>

#include "commands.h"
#include "fit_json.h"
#include "survival_table.h"

namespace wald::cli {
namespace {

struct FitSurvival {
  std::string data, formula, covariates, dist = "exponential", form = "ph", plot;
  SurvivalColumns columns;
  double level = 0.95;
  bool json = false;
};

Json fit_json(const SurvivalFit& fit, const FitSurvival& o, const std::string& formula,
              std::size_t dropped) {
  Json out;
  out["model"] = "survival";
  out["formula"] = formula;
  out["dist"] = o.dist;
  out["form"] = o.form;
  out["n"] = fit.n;
  out["dropped"] = dropped;
  out["loglik"] = fit.loglik;
  out["loglik_logtime"] = fit.loglik_logtime;
  out["loglik_null"] = fit.loglik_null;
  if (!std::isnan(fit.loglik_null) && fit.lr_df() > 0)
    out["lr_test"] = {{"statistic", fit.lr_statistic()},
                      {"df", fit.lr_df()},
                      {"p", chi_squared_sf(fit.lr_statistic(), fit.lr_df())}};
  out["aic"] = fit.aic();
  out["bic"] = fit.bic();
  out["converged"] = fit.status != FitStatus::failed;
  out["status"] = name_of(fit.status);
  if (!fit.message.empty()) out["message"] = fit.message;
  out["certificate"] = {{"largest_score", fit.certificate.largest_score},
                        {"newton_decrement", fit.certificate.newton_decrement},
                        {"smallest_eigenvalue", fit.certificate.smallest_eigenvalue},
                        {"largest_eigenvalue", fit.certificate.largest_eigenvalue}};
  out["iterations"] = fit.iterations;
  out["evaluations"] = fit.evaluations;
  out["events"] = fit.events;
  out["time_at_risk"] = fit.time_at_risk;
  out["level"] = o.level;
  out["coefficients"] = coefficients_json(fit, o.level);
  out["vcov"] = matrix_json(fit.vcov, fit.names.size());
  return out;
}

Tensor optional_column(const std::vector<double>& values) {
  return values.empty() ? Tensor() : from_vector(values);
}

// The formula given, or the one that the options for columns amount to.
Formula formula_of(const FitSurvival& o) {
  if (!o.formula.empty()) return parse_formula(o.formula);
  if (o.columns.time.empty()) throw CLI::RequiredError("--time, or --formula,");
  if (o.columns.event.empty()) throw CLI::RequiredError("--event, or --formula,");
  Formula formula = covariate_list(o.covariates);
  formula.response = o.columns.response();
  formula.text = to_string(formula);
  return formula;
}

struct ReadSurvival {
  SurvivalData data;
  std::string formula;
  std::size_t dropped;
};

// The table ends with this function: its text need not lie in memory during the fit.
ReadSurvival read_data(const FitSurvival& o) {
  const Formula formula = formula_of(o);
  const SurvivalResponse response = survival_response(formula);
  if (response.time2)
    throw InputError(fmt::format("formula '{}': --dist {} takes no interval-censored times",
                                 formula.text, o.dist));
  const Table table = read_csv(o.data);
  std::vector<std::string> also_used;
  if (!o.columns.weights.empty()) also_used.push_back(o.columns.weights);
  const Design design = make_design(table, formula, {.also_used = also_used});
  if (design.offset.defined())
    throw InputError(fmt::format("formula '{}': survival models take no offset()", formula.text));
  if (design.k == 0)
    throw InputError(fmt::format("formula '{}': there is nothing to estimate", formula.text));
  const SurvivalValues values = read_survival(table, response, design.rows, false);
  SurvivalData data;
  data.x = design.x;
  data.names = design.names;
  data.time = from_vector(values.time);
  data.event = from_vector(values.event);
  data.entry = optional_column(values.entry);
  if (!o.columns.weights.empty())
    data.weights = from_vector(read_weights(table, o.columns.weights, design.rows));
  return {std::move(data), to_string(formula), design.dropped};
}

int run_fit_survival(const FitSurvival& o) {
  const auto [data, formula, dropped] = read_data(o);
  report_dropped(dropped);
  const SurvivalFit fit =
      fit_exponential(data, o.form == "aft" ? SurvivalForm::aft : SurvivalForm::ph);
  if (!o.plot.empty()) plot_fit(o.plot, fit, data, o.level);
  if (o.json)
    print_json(fit_json(fit, o, formula, dropped));
  else
    std::cout << summary(fit, o.level);
  return fit.status == FitStatus::failed ? not_converged : done;
}

void add_columns(CLI::App& survival, FitSurvival& o) {
  CLI::Option* formula =
      survival
          .add_option("--formula", o.formula,
                      "In place of the columns, as in: Surv(time, status) ~ age * C(sex)")
          ->type_name("FORMULA");
  const auto add_column = [&](const std::string& name, std::string& column,
                              const std::string& text) {
    return survival.add_option(name, column, text)->type_name("COLUMN");
  };
  formula->excludes(add_column("--time", o.columns.time, "Column of follow-up times, positive"));
  formula->excludes(add_column("--event", o.columns.event, "Column of events: 1 seen, 0 censored"));
  formula->excludes(add_column("--entry", o.columns.entry, "Column of times of delayed entry"));
  formula->excludes(survival
                        .add_option("--covariates", o.covariates,
                                    "Columns, as in: age, C(sex), C(cell, ref=large)")
                        ->type_name("LIST"));
  add_column("--weights", o.columns.weights, "Column of weights of the rows");
}

}  // namespace

void add_fit(CLI::App& app, int& exit_code) {
  CLI::App* fit = app.add_subcommand("fit", "Fit a model to a CSV file");
  fit->require_subcommand(1);
  auto o = std::make_shared<FitSurvival>();
  CLI::App* survival = fit->add_subcommand("survival", "Parametric survival regression");
  survival->add_option("--data", o->data, "CSV file with a header line")
      ->required()
      ->type_name("FILE");
  add_columns(*survival, *o);
  survival->add_option("--dist", o->dist, "Distribution of the time")
      ->check(CLI::IsMember({"exponential"}));
  survival
      ->add_option("--form", o->form,
                   "Coefficients of the log hazard (ph) or of the log time (aft)")
      ->check(CLI::IsMember({"ph", "aft"}));
  survival->add_option("--level", o->level, "Level of the confidence intervals")
      ->check(CLI::Range(0.5, 0.9999));
  survival
      ->add_option("--plot", o->plot, "Write Kaplan-Meier and the fitted curve to this SVG file")
      ->type_name("OUT.svg");
  survival->add_flag("--json", o->json, "Print one JSON object");
  add_threads_option(*survival);
  survival->callback([o, &exit_code] { exit_code = run_fit_survival(*o); });
  add_fit_ols(*fit, exit_code);
}

}  // namespace wald::cli
