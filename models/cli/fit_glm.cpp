// wald fit logistic, poisson, negbin and gamma: generalized linear models of a CSV file.
#include <fmt/format.h>

#include <cmath>

#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/engine/ops/pointwise.h>
#include <wald/models/column_values.h>
#include <wald/models/glm_summary.h>
#include <wald/models/response.h>

#include "fit_command.h"
#include "fit_json.h"
#include "predict.h"

namespace wald::cli {
namespace {

struct GlmCommand {
  const char *name, *text, *response;
  GlmFamily family;
  std::vector<GlmLink> links;  // first the default
};

const GlmCommand commands[] = {
    {"logistic",
     "Binomial regression",
     "Column of 0 and 1, or of successes out of --trials",
     GlmFamily::binomial,
     {GlmLink::logit, GlmLink::probit, GlmLink::cloglog, GlmLink::cauchit}},
    {"poisson",
     "Poisson regression of counts",
     "Column of counts",
     GlmFamily::poisson,
     {GlmLink::log}},
    {"negbin",
     "Negative binomial (NB2) regression of counts",
     "Column of counts",
     GlmFamily::negative_binomial,
     {GlmLink::log}},
    {"gamma",
     "Gamma regression of positive measurements",
     "Column of positive numbers",
     GlmFamily::gamma,
     {GlmLink::log, GlmLink::inverse}},
};

struct FitGlm : FitArguments {
  const GlmCommand* command = nullptr;
  std::string link, trials;
};

GlmLink link_named(const std::string& name, const GlmCommand& command) {
  for (GlmLink link : command.links)
    if (name == name_of(link)) return link;
  return command.links[0];
}

using Rows = std::vector<std::size_t>;

/// Throws, naming the first place where the condition does not hold.
template <class Condition>
void require(const Table& table, const Expression& column, const Rows& rows,
             const std::vector<double>& values, const char* what, const Condition& condition) {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (!condition(i))
      throw InputError(
          fmt::format("{}: {}, not {}", place_of(column, table, rows[i]), what, values[i]));
}

/// y alone, as 0 and 1; y and --trials; or cbind(successes, failures).
void read_binomial(const Table& table, const Formula& formula, const FitGlm& o, const Rows& rows,
                   GlmData& data) {
  if (formula.response && formula.response->is_call("cbind")) {
    if (!o.trials.empty())
      throw InputError(
          fmt::format("formula '{}': cbind() already says the number of trials", formula.text));
    const auto [successes, failures] = counts_response(formula);
    data.y = from_vector(read_counts(table, successes, rows));
    data.trials = data.y + from_vector(read_counts(table, failures, rows));
    return;
  }
  const Expression response = number_response(formula);
  const std::vector<double> y = evaluate(response, table, rows);
  if (o.trials.empty()) {
    require(table, response, rows, y, "a binary response must be 0 or 1",
            [&](std::size_t i) { return y[i] == 0 || y[i] == 1; });
  } else {
    const std::vector<double> trials = read_counts(table, Expression::column(o.trials), rows);
    require(
        table, response, rows, y, "successes must be a whole number from 0 to the number of trials",
        [&](std::size_t i) { return y[i] >= 0 && y[i] <= trials[i] && y[i] == std::floor(y[i]); });
    data.trials = from_vector(trials);
  }
  data.y = from_vector(y);
}

void read_response(const Table& table, const Formula& formula, const FitGlm& o, const Rows& rows,
                   GlmData& data) {
  if (o.command->family == GlmFamily::binomial) return read_binomial(table, formula, o, rows, data);
  const Expression response = number_response(formula);
  if (o.command->family != GlmFamily::gamma) {
    data.y = from_vector(read_counts(table, response, rows));
    return;
  }
  const std::vector<double> y = evaluate(response, table, rows);
  require(table, response, rows, y, "the response of a gamma model must be positive",
          [&](std::size_t i) { return y[i] > 0; });
  data.y = from_vector(y);
}

/// The table ends with this function: its text need not lie in memory during the fit.
std::pair<GlmData, FitDesign> read_data(const FitGlm& o) {
  const Formula formula = formula_of(o);
  const Progress progress("reading " + o.data);
  const Table table = read_csv(o.data);
  DesignOptions also;
  if (!o.trials.empty()) also.also_used.push_back(o.trials);
  FitDesign read = read_design(table, formula, o, also);
  GlmData data;
  data.x = read.design.x;
  data.names = read.design.names;
  data.offset = read.design.offset;
  data.weights = read.weights;
  read_response(table, formula, o, read.design.rows, data);
  return {std::move(data), std::move(read)};
}

Json results_json(const GlmFit& fit) {
  Json out;
  out["deviance"] = fit.deviance;
  out["null_deviance"] = fit.null_deviance;
  out["df_residual"] = fit.df_residual;
  out["df_null"] = fit.df_null;
  out["pearson"] = fit.pearson;
  out["dispersion"] = fit.dispersion();
  const std::string other = other_name(fit.family);
  if (!other.empty()) out[other.substr(4, other.size() - 5)] = std::exp(fit.other());
  if (fit.has_lr_test()) out["lr_test"] = chi_squared_json(fit.lr_statistic(), fit.lr_df());
  return out;
}

FitResiduals residuals_of(const GlmFit& fit, const GlmData& data) {
  FitResiduals out;
  out.x = linear_predictor(fit, data).to_vector();
  out.deviance = glm_residuals(fit, data, GlmResidual::deviance).to_vector();
  if (data.weights.defined()) out.weights = data.weights.to_vector();
  return out;
}

int run_fit_glm(const FitGlm& o) {
  const auto [data, read] = read_data(o);
  const GlmLink link = link_named(o.link, *o.command);
  const GlmFit fit =
      fitted(o, [&] { return fit_glm(data, o.command->family, link, fit_options(o)); });
  const Regression regression = glm_regression(fit, data);
  FittedModel model{o.command->name, fit, summary_head(fit)};
  model.loglik = log_likelihood(regression);
  model.leverages = [=] { return leverages(regression, fit); };
  model.expected_information = expected_information(fit, data);
  model.settings = {{"link", name_of(link)}};
  model.results = results_json(fit);
  model.plots.residuals = [&] { return residuals_of(fit, data); };
  return report(std::move(model), read, o);
}

void add_command(CLI::App& fit, const GlmCommand& described, int& exit_code) {
  auto o = std::make_shared<FitGlm>();
  o->command = &described;
  o->link = name_of(described.links[0]);
  CLI::App* command = fit.add_subcommand(described.name, described.text);
  add_fit_options(*command, *o,
                  {.plots = {"forest", "ratios", "profile", "objective", "deviance", "qq"}});
  command->get_option("--y")->description(described.response);
  std::vector<std::string> links;
  for (GlmLink link : described.links) links.emplace_back(name_of(link));
  command->add_option("--link", o->link, "Of the mean to the linear predictor")
      ->check(CLI::IsMember(links));
  if (described.family == GlmFamily::binomial)
    command->add_option("--trials", o->trials, "Column of the numbers of trials")
        ->type_name("COLUMN");
  command->callback([o, &exit_code] { exit_code = run_fit_glm(*o); });
}

}  // namespace

void add_fit_glm(CLI::App& fit, int& exit_code) {
  for (const GlmCommand& command : commands) add_command(fit, command, exit_code);
}

PredictedQuantities predict_glm(const PredictRequest& request) {
  const std::string name = request.fit.settings.value("link", "");
  for (const GlmCommand& command : commands)
    for (GlmLink link : command.links)
      if (name == name_of(link))
        return {"",
                {{"", [&request](const Tensor& b) { return request.linear_predictor(b); },
                  [link](const Tensor& eta) { return glm_mean(link, eta); }}}};
  throw InputError(fmt::format("{}: there is no link '{}'", request.fit.path, name));
}

}  // namespace wald::cli
