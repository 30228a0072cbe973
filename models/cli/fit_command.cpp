#include "fit_command.h"

#include <fmt/format.h>

#include <wald/engine/creation.h>
#include <wald/engine/error.h>
#include <wald/engine/io/number.h>
#include <wald/models/column_values.h>
#include <wald/models/covariance.h>
#include <wald/models/covariate_list.h>
#include <wald/models/response.h>
#include <wald/optim/minimize.h>

#include "saved_fit.h"
#include "standard_errors.h"

namespace wald::cli {
namespace {

Expression one() {
  Expression number;
  number.kind = Expression::Kind::number;
  number.number = 1;
  return number;
}

/// terms + added, as the parser would have it.
Expression sum_of(Expression terms, Expression added) {
  if (!terms.is_call("+")) return Expression::call("+", {std::move(terms), std::move(added)});
  terms.arguments.push_back(std::move(added));
  return Expression::call("+", std::move(terms.arguments));
}

void add_iteration_options(CLI::App& command, FitArguments& o) {
  command.add_option("--fix", o.fix, "Hold a parameter at a value, as in: x=0; may be repeated")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_option("--init", o.init, "A saved fit whose estimates are the starting values")
      ->type_name("FIT.json");
  command
      .add_option("--method", o.method,
                  "How to maximize: bfgs, l-bfgs, newton-exact, ... (default: as the likelihood "
                  "needs)")
      ->type_name("METHOD");
  command.add_option("--max-iter", o.max_iter, "Iterations at most")->check(require_positive);
  command.add_flag("--progress", o.progress,
                   "Show the iterations, if standard error is a terminal");
}

/// The last `=` is what separates: names such as I(x == 1) have others.
std::pair<std::string, double> fixed_value(const std::string& text) {
  const auto equals = text.rfind('=');
  const auto value =
      equals == text.npos ? std::nullopt : parse_number(std::string_view(text).substr(equals + 1));
  if (!value || equals == 0)
    throw InputError(
        fmt::format("--fix '{}': expected NAME=VALUE, a parameter and a number", text));
  return {text.substr(0, equals), *value};
}

}  // namespace

CLI::Option* add_column_option(CLI::App& command, const std::string& name, std::string& column,
                               const std::string& text) {
  CLI::Option* option = command.add_option(name, column, text)->type_name("COLUMN");
  command.get_option("--formula")->excludes(option);
  return option;
}

void add_fit_options(CLI::App& command, FitArguments& o, const FitFeatures& features) {
  command.add_option("--data", o.data, "CSV file with a header line")
      ->required()
      ->type_name("FILE");
  CLI::Option* formula =
      command
          .add_option("--formula", o.formula,
                      features.y ? "In place of the columns, as in: log(y) ~ age * C(sex)"
                                 : "In place of the columns, as in: Surv(time, status) ~ age")
          ->type_name("FORMULA");
  if (features.y) add_column_option(command, "--y", o.y, "Column of the response");
  formula->excludes(command
                        .add_option("--covariates", o.covariates,
                                    "Columns, as in: age, C(sex), C(cell, ref=large)")
                        ->type_name("LIST"));
  if (features.no_intercept)
    formula->excludes(command.add_flag("--no-intercept", o.no_intercept,
                                       "Without a constant, as `- 1` in a formula"));
  if (features.weights)
    command
        .add_option("--weights", o.weights,
                    "Column of weights, which multiply the rows' log-likelihoods")
        ->type_name("COLUMN");
  if (features.offset)
    command
        .add_option("--offset", o.offset, "Column that is added to the linear predictor as it is")
        ->type_name("COLUMN");
  add_se_options(command, o);
  command.add_option("--level", o.level, "Level of the confidence intervals")
      ->check(CLI::Range(0.5, 0.9999));
  if (features.iterations) add_iteration_options(command, o);
  command.add_flag("--json", o.json, "Print one JSON object");
  command.add_option("--save", o.save, "Write the fit to this file, for predict and test")
      ->type_name("FIT.json");
  add_plot_options(command, o.plot, features.plots);
  add_threads_option(command);
}

FitOptions fit_options(const FitArguments& o) {
  FitOptions options;
  options.max_iter = o.max_iter;
  for (const std::string& text : o.fix)
    if (!options.fixed.insert(fixed_value(text)).second)
      throw InputError(fmt::format("--fix '{}': the parameter is fixed twice", text));
  if (!o.method.empty()) options.method = optim::method_named(o.method);
  if (!o.init.empty()) {
    const Fit from = read_saved_fit(o.init).fit;
    for (std::size_t i = 0; i < from.names.size(); ++i)
      options.start[from.names[i]] = from.estimate[i];
  }
  options.show_progress = o.progress;
  return options;
}

Formula formula_of(const FitArguments& o, const std::function<Expression()>& response) {
  Formula formula;
  if (!o.formula.empty()) {
    formula = parse_formula(o.formula);
    if (o.offset.empty()) return formula;
  } else {
    Expression left = response();
    formula = covariate_list(o.covariates);
    formula.response = std::move(left);
    if (o.no_intercept) formula.terms = Expression::call("-", {formula.terms, one()});
  }
  if (!o.offset.empty())
    formula.terms = sum_of(std::move(formula.terms),
                           Expression::call("offset", {Expression::column(o.offset)}));
  formula.text = to_string(formula);
  return formula;
}

Formula formula_of(const FitArguments& o) {
  return formula_of(o, [&] {
    if (o.y.empty()) throw CLI::RequiredError("--y, or --formula,");
    return Expression::column(o.y);
  });
}

FitDesign read_design(const Table& table, const Formula& formula, const FitArguments& o,
                      DesignOptions options) {
  const std::string cluster = cluster_column(o.se);
  for (const std::string& column : {o.weights, o.offset, cluster})
    if (!column.empty()) options.also_used.push_back(column);
  FitDesign data;
  data.formula = to_string(formula);
  data.response = to_string(*formula.response);
  data.intercept = options.intercept;
  data.design = make_design(table, formula, options);
  if (data.design.k == 0 && options.intercept)
    throw InputError(fmt::format("formula '{}': there is nothing to estimate", formula.text));
  if (!o.weights.empty())
    data.weights = from_vector(read_weights(table, o.weights, data.design.rows));
  if (!cluster.empty()) data.clusters = groups_of(text_column(table, cluster, data.design.rows));
  return data;
}

Tensor column_tensor(const Table& table, const Expression& column, const Design& design) {
  return from_vector(evaluate(column, table, design.rows));
}

}  // namespace wald::cli
