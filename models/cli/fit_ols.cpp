// wald fit ols: linear regression of a column of a CSV file.
#include <fmt/format.h>

#include <iostream>

#include <wald/engine/io/csv.h>
#include <wald/models/column_values.h>
#include <wald/models/covariate_list.h>
#include <wald/models/design.h>
#include <wald/models/ols.h>
#include <wald/models/summary.h>

#include "commands.h"
#include "fit_json.h"
#include "survival_table.h"

namespace wald::cli {
namespace {

struct FitOls {
  std::string data, formula, y, covariates;
  double level = 0.95;
  bool json = false;
};

Json fit_json(const OlsFit& fit, const FitOls& o, const std::string& formula, std::size_t dropped) {
  Json out;
  out["model"] = "ols";
  out["formula"] = formula;
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

// The formula given, or the one that the options for columns amount to.
Formula formula_of(const FitOls& o) {
  if (!o.formula.empty()) return parse_formula(o.formula);
  if (o.y.empty()) throw CLI::RequiredError("--y, or --formula,");
  Formula formula = covariate_list(o.covariates);
  formula.response = Expression::column(o.y);
  formula.text = to_string(formula);
  return formula;
}

int run_fit_ols(const FitOls& o) {
  const Formula formula = formula_of(o);
  const Expression response = number_response(formula);
  const Table table = read_csv(o.data);
  const Design design = make_design(table, formula);
  if (design.offset.defined())
    throw InputError(fmt::format(
        "formula '{}': ols takes no offset(); subtract it from the response", formula.text));
  if (design.k == 0)
    throw InputError(fmt::format("formula '{}': there is nothing to estimate", formula.text));
  report_dropped(design.dropped);
  const OlsFit fit =
      ols(design.x, from_vector(evaluate(response, table, design.rows)), design.names);
  if (o.json)
    print_json(fit_json(fit, o, to_string(formula), design.dropped));
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
  CLI::Option* formula = command
                             ->add_option("--formula", o->formula,
                                          "In place of the columns, as in: log(y) ~ age * C(sex)")
                             ->type_name("FORMULA");
  formula->excludes(
      command->add_option("--y", o->y, "Column of the response")->type_name("COLUMN"));
  formula->excludes(command
                        ->add_option("--covariates", o->covariates,
                                     "Columns, as in: age, C(sex), C(cell, ref=large)")
                        ->type_name("LIST"));
  command->add_option("--level", o->level, "Level of the confidence intervals")
      ->check(CLI::Range(0.5, 0.9999));
  command->add_flag("--json", o->json, "Print one JSON object");
  add_threads_option(*command);
  command->callback([o, &exit_code] { exit_code = run_fit_ols(*o); });
}

}  // namespace wald::cli
