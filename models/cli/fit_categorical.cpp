// wald fit ordered, wald fit multinomial: a column of categories, and what is predicted of them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/engine/io/number.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/categorical_summary.h>
#include <wald/models/column_values.h>
#include <wald/models/levels.h>

#include "fit_command.h"
#include "fit_json.h"
#include "predict.h"

namespace wald::cli {
namespace {

struct FitCategorical : FitArguments {
  std::vector<std::string> levels;  // --levels
  std::string link = "logit";
  bool is_ordered = false;
};

std::string response_column(const Formula& formula) {
  const Expression& y = *formula.response;
  if (y.kind != Expression::Kind::name)
    throw InputError(
        fmt::format("formula '{}': the left side must be a column of categories, not {}",
                    formula.text, to_string(y)));
  return y.name;
}

void check_levels(const std::vector<std::string>& levels) {
  for (auto it = levels.begin(); it != levels.end(); ++it)
    if (std::find(levels.begin(), it, *it) != it)
      throw InputError(fmt::format("--levels: '{}' stands there twice", *it));
}

/// The categories of the rows by --levels, or by the sort order of what occurs.
void read_categories(const Table& table, const std::string& column, const FitCategorical& o,
                     const std::vector<std::size_t>& rows, CategoricalData& data) {
  const std::vector<std::string> labels = text_column(table, column, rows);
  const std::vector<std::string_view> views(labels.begin(), labels.end());
  const Factor factor = make_factor(views);
  data.levels = o.levels.empty() ? factor.levels : o.levels;
  const auto is_number = [](const std::string& level) { return parse_number(level).has_value(); };
  if (o.is_ordered && o.levels.empty() && !std::ranges::all_of(data.levels, is_number))
    throw InputError(
        fmt::format("{}, column '{}': words have no order of their own: --levels gives it, the "
                    "lowest first, as in --levels {}",
                    table.file(), column, fmt::join(data.levels, ",")));
  std::vector<std::int64_t> codes;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto code = find_level(data.levels, labels[i]);
    if (!code)
      throw InputError(fmt::format("{}, column '{}': '{}' is none of the levels {}",
                                   table.place(rows[i]), column, labels[i],
                                   fmt::join(data.levels, ", ")));
    codes.push_back(*code);
  }
  data.y = from_vector(codes);
}

/// The table ends with this function: its text need not lie in memory during the fit.
std::pair<CategoricalData, FitDesign> read_data(const FitCategorical& o) {
  check_levels(o.levels);
  const Formula formula = formula_of(o);
  const std::string column = response_column(formula);
  const Progress progress("reading " + o.data);
  const Table table = read_csv(o.data);
  FitDesign read = read_design(table, formula, o, {.intercept = !o.is_ordered});
  CategoricalData data;
  data.x = read.design.x;
  data.names = read.design.names;
  data.offset = read.design.offset;
  data.weights = read.weights;
  read_categories(table, column, o, read.design.rows, data);
  return {std::move(data), std::move(read)};
}

template <class CategoricalFit>
Json results_json(const CategoricalFit& fit) {
  Json out;
  out["counts"] = fit.totals;
  out["loglik_null"] = fit.loglik_null;
  if (!std::isnan(fit.loglik_null) && fit.lr_df > 0)
    out["lr_test"] = chi_squared_json(fit.lr_statistic(), fit.lr_df);
  return out;
}

OrderedLink link_named(const std::string& name) {
  return name == "probit" ? OrderedLink::probit : OrderedLink::logit;
}

int run_fit_ordered(const FitCategorical& o) {
  const auto [data, read] = read_data(o);
  const OrderedLink link = link_named(o.link);
  const OrderedFit fit = fitted(o, [&] { return fit_ordered(data, link, fit_options(o)); });
  FittedModel model{"ordered", fit, summary_head(fit)};
  model.loglik = ordered_log_likelihood(data, link);
  model.settings = {{"levels", fit.levels}, {"link", o.link}};
  model.results = results_json(fit);
  return report(std::move(model), read, o);
}

int run_fit_multinomial(const FitCategorical& o) {
  const auto [data, read] = read_data(o);
  const MultinomialFit fit = fitted(o, [&] { return fit_multinomial(data, fit_options(o)); });
  FittedModel model{"multinomial", fit, summary_head(fit)};
  model.loglik = multinomial_log_likelihood(data);
  model.equations.assign(fit.levels.begin() + 1, fit.levels.end());
  model.settings = {{"levels", fit.levels}};
  model.results = results_json(fit);
  return report(std::move(model), read, o);
}

CLI::App* add_command(CLI::App& fit, FitCategorical& o, const std::string& name,
                      const std::string& text, const std::string& levels) {
  CLI::App* command = fit.add_subcommand(name, text);
  add_fit_options(*command, o, {.no_intercept = !o.is_ordered});
  command->add_option("--levels", o.levels, levels)->delimiter(',')->type_name("A,B,C");
  return command;
}

/// Of each category its probability, with intervals on the scale of the log odds.
PredictedQuantities probabilities(const PredictRequest& request,
                                  const std::function<Tensor(const Tensor&)>& log_odds) {
  PredictedQuantities result{"category", {}};
  const auto levels = request.fit.settings.at("levels").get<std::vector<std::string>>();
  for (std::size_t j = 0; j < levels.size(); ++j)
    result.quantities.push_back({levels[j],
                                 [log_odds, j](const Tensor& b) {
                                   return select(log_odds(b), 1, static_cast<std::int64_t>(j));
                                 },
                                 [](const Tensor& u) { return sigmoid(u); }});
  return result;
}

}  // namespace

PredictedQuantities predict_multinomial(const PredictRequest& request) {
  return probabilities(request, [&request](const Tensor& b) {
    return multinomial_log_odds(b, request.design.x, request.design.offset);
  });
}

PredictedQuantities predict_ordered(const PredictRequest& request) {
  const OrderedLink link = link_named(request.fit.settings.at("link"));
  return probabilities(request, [&request, link](const Tensor& b) {
    return ordered_log_odds(b, request.design.x, link, request.design.offset);
  });
}

void add_fit_ordered(CLI::App& fit, int& exit_code) {
  auto o = std::make_shared<FitCategorical>();
  o->is_ordered = true;
  CLI::App* command =
      add_command(fit, *o, "ordered", "Ordered logit or probit of a column of ordered categories",
                  "Categories from the lowest up; needed unless they are numbers");
  command->add_option("--link", o->link, "Distribution of the latent error")
      ->check(CLI::IsMember({"logit", "probit"}));
  command->callback([o, &exit_code] { exit_code = run_fit_ordered(*o); });
}

void add_fit_multinomial(CLI::App& fit, int& exit_code) {
  auto o = std::make_shared<FitCategorical>();
  CLI::App* command =
      add_command(fit, *o, "multinomial", "Multinomial logit of a column of categories",
                  "Categories, the baseline first (default: in sort order)");
  command->callback([o, &exit_code] { exit_code = run_fit_multinomial(*o); });
}

}  // namespace wald::cli
