// wald fit: models fitted to a CSV file.
#include <fmt/format.h>

#include <cmath>
#include <iostream>

#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/models/design.h>
#include <wald/models/distributions.h>
#include <wald/models/summary.h>
#include <wald/models/survival.h>
#include <wald/models/survival_plot.h>

#include "commands.h"
#include "fit_json.h"
#include "survival_table.h"

namespace wald::cli {
namespace {

struct FitSurvival {
  std::string data, covariates, dist = "exponential", form = "ph", plot;
  SurvivalColumns columns;
  double level = 0.95;
  bool json = false;
};

Json fit_json(const SurvivalFit& fit, const FitSurvival& o, std::size_t dropped) {
  Json out;
  out["model"] = "survival";
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

int run_fit_survival(const FitSurvival& o) {
  const Table table = read_csv(o.data);
  const Design design = make_design(table, o.covariates, {.also_used = o.columns.used()});
  report_dropped(design.dropped);
  const SurvivalValues values = read_survival(table, o.columns, design.rows, false);

  SurvivalData data;
  data.x = from_vector(design.x,
                       {static_cast<std::int64_t>(design.n), static_cast<std::int64_t>(design.k)});
  data.names = design.names;
  data.time = from_vector(values.time);
  data.event = from_vector(values.event);
  data.entry = optional_column(values.entry);
  data.weights = optional_column(values.weights);

  const SurvivalFit fit =
      fit_exponential(data, o.form == "aft" ? SurvivalForm::aft : SurvivalForm::ph);
  if (!o.plot.empty()) plot_fit(o.plot, fit, data, o.level);
  if (o.json)
    print_json(fit_json(fit, o, design.dropped));
  else
    std::cout << summary(fit, o.level);
  return fit.status == FitStatus::failed ? not_converged : done;
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
  survival->add_option("--time", o->columns.time, "Column of follow-up times, positive")
      ->required()
      ->type_name("COLUMN");
  survival->add_option("--event", o->columns.event, "Column of events: 1 seen, 0 censored")
      ->required()
      ->type_name("COLUMN");
  survival->add_option("--entry", o->columns.entry, "Column of times of delayed entry")
      ->type_name("COLUMN");
  survival->add_option("--weights", o->columns.weights, "Column of weights of the rows")
      ->type_name("COLUMN");
  survival
      ->add_option("--covariates", o->covariates, "Columns, as in: age, C(sex), C(cell, ref=large)")
      ->type_name("LIST");
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
