// wald fit ols: linear regression of a column of a CSV file.
#include <iostream>

#include <wald/engine/io/csv.h>
#include <wald/models/design.h>
#include <wald/models/ols.h>
#include <wald/models/summary.h>

#include "commands.h"
#include "fit_json.h"
#include "survival_table.h"

namespace wald::cli {
namespace {

struct FitOls {
  std::string data, y, covariates;
  double level = 0.95;
  bool json = false;
};

Json fit_json(const OlsFit& fit, const FitOls& o, std::size_t dropped) {
  Json out;
  out["model"] = "ols";
  out["n"] = fit.n;
  out["dropped"] = dropped;
  out["df"] = fit.degrees_of_freedom;
  out["rss"] = fit.rss;
  out["residual_std_dev"] = fit.residual_std_dev;
  out["r_squared"] = fit.r_squared;
  out["adjusted_r_squared"] = fit.adjusted_r_squared();
  if (fit.f_df > 0)
    out["f_test"] = {{"statistic", fit.f_statistic},
                     {"df1", fit.f_df},
                     {"df2", fit.degrees_of_freedom},
                     {"p", fit.f_p_value()}};
  out["loglik"] = fit.loglik;
  out["aic"] = fit.aic();
  out["bic"] = fit.bic();
  out["status"] = name_of(fit.status);
  out["level"] = o.level;
  out["coefficients"] = coefficients_json(fit, o.level);
  out["vcov"] = matrix_json(fit.vcov, fit.names.size());
  return out;
}

int run_fit_ols(const FitOls& o) {
  const Table table = read_csv(o.data);
  const Design design = make_design(table, o.covariates, {.also_used = {o.y}});
  report_dropped(design.dropped);
  const Tensor x = from_vector(
      design.x, {static_cast<std::int64_t>(design.n), static_cast<std::int64_t>(design.k)});
  const OlsFit fit = ols(x, from_vector(number_column(table, o.y, design.rows)), design.names);
  if (o.json)
    print_json(fit_json(fit, o, design.dropped));
  else
    std::cout << summary(fit, o.level);
  return done;
}

}  // namespace

void add_fit_ols(CLI::App& fit, int& exit_code) {
  auto o = std::make_shared<FitOls>();
  CLI::App* command = fit.add_subcommand("ols", "Linear regression by ordinary least squares");
  command->add_option("--data", o->data, "CSV file with a header line")
      ->required()
      ->type_name("FILE");
  command->add_option("--y", o->y, "Column of the response")->required()->type_name("COLUMN");
  command
      ->add_option("--covariates", o->covariates, "Columns, as in: age, C(sex), C(cell, ref=large)")
      ->type_name("LIST");
  command->add_option("--level", o->level, "Level of the confidence intervals")
      ->check(CLI::Range(0.5, 0.9999));
  command->add_flag("--json", o->json, "Print one JSON object");
  add_threads_option(*command);
  command->callback([o, &exit_code] { exit_code = run_fit_ols(*o); });
}

}  // namespace wald::cli
