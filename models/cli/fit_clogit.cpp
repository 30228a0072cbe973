// wald fit clogit: conditional logistic regression of a CSV file.
#include <fmt/format.h>

#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/column_values.h>
#include <wald/models/conditional_logit.h>
#include <wald/models/cox_summary.h>

#include "fit_command.h"
#include "fit_json.h"
#include "predict.h"
#include "strata.h"

namespace wald::cli {
namespace {

struct FitClogit : FitArguments {
  std::string strata;
};

struct ClogitInput {
  ConditionalLogitData data;
  FitDesign read;
  std::string strata;
};

/// An outcome that is not 0 or 1 is told with its place in the file.
Tensor read_outcome(const Table& table, const Expression& y, const Design& design) {
  const Tensor values = column_tensor(table, y, design);
  const std::vector<double> numbers = values.to_vector();
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (numbers[i] != 0 && numbers[i] != 1)
      throw InputError(fmt::format("{}: the outcome must be 0 or 1 (a case), not {}",
                                   place_of(y, table, design.rows[i]), numbers[i]));
  return values;
}

ClogitInput read_data(const FitClogit& o) {
  ClogitInput in;
  Formula formula = formula_of(o);
  const std::string written = to_string(formula);
  in.strata = strata_of(formula, o.strata);
  if (in.strata.empty())
    throw InputError("clogit: --strata, or strata() in the formula, is needed");
  const Expression y = number_response(formula);
  const Progress progress("reading " + o.data);
  const Table table = read_csv(o.data);
  in.read = read_design(table, formula, o, {.intercept = false, .also_used = {in.strata}});
  in.read.formula = written;
  if (in.read.design.k == 0)
    throw InputError(fmt::format("formula '{}': there is nothing to estimate", formula.text));
  in.data = {in.read.design.x, in.read.design.names, read_outcome(table, y, in.read.design),
             read_strata(table, in.strata, in.read.design.rows).codes, in.read.design.offset};
  return in;
}

int run_fit_clogit(const FitClogit& o) {
  const ClogitInput in = read_data(o);
  const ConditionalLogitFit fit =
      fitted(o, [&] { return fit_conditional_logit(in.data, fit_options(o)); });
  FittedModel model{"clogit", fit, summary_head(fit)};
  model.loglik = conditional_log_likelihood(in.data);
  model.settings = {{"strata", in.strata}};
  model.results = {{"n_strata", fit.strata},
                   {"dropped_strata", fit.dropped_strata},
                   {"cases", fit.cases},
                   {"loglik_null", fit.loglik_null}};
  if (fit.contains_null && fit.df() > 0)
    model.results["lr_test"] = chi_squared_json(fit.lr_statistic(), fit.df());
  return report(std::move(model), in.read, o);
}

}  // namespace

PredictedQuantities predict_clogit(const PredictRequest& request) {
  return {"",
          {{"", [&request](const Tensor& b) { return request.linear_predictor(b); },
            [](const Tensor& u) { return exp(u); }}}};
}

void add_fit_clogit(CLI::App& fit, int& exit_code) {
  auto o = std::make_shared<FitClogit>();
  CLI::App* command =
      fit.add_subcommand("clogit", "Conditional logistic regression of matched strata");
  add_fit_options(*command, *o, {.no_intercept = false, .weights = false});
  command
      ->add_option("--strata", o->strata,
                   "Column of the matched sets; in a formula: + strata(COLUMN)")
      ->type_name("COLUMN");
  command->callback([o, &exit_code] { exit_code = run_fit_clogit(*o); });
}

}  // namespace wald::cli
