// wald fit cox: Cox regression of a CSV file, and what is predicted from it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/cox_baseline.h>
#include <wald/models/cox_residuals.h>
#include <wald/models/cox_summary.h>
#include <wald/models/response.h>

#include "fit_command.h"
#include "fit_json.h"
#include "predict.h"
#include "strata.h"
#include "survival_table.h"

namespace wald::cli {
namespace {

struct FitCox : FitArguments {
  SurvivalColumns columns;
  std::string ties = "efron", strata;
  bool test_hazards = false;
};

struct CoxInput {
  CoxData data;
  FitDesign read;
  std::string strata;  // the column
  std::vector<std::string> labels;
};

Expression response_of(const FitCox& o) {
  if (o.columns.time.empty()) throw CLI::RequiredError("--time, or --formula,");
  if (o.columns.event.empty()) throw CLI::RequiredError("--event, or --formula,");
  return o.columns.response();
}

/// The table ends with this function: its text need not lie in memory during the fit.
CoxInput read_data(const FitCox& o) {
  CoxInput in;
  Formula formula = formula_of(o, [&] { return response_of(o); });
  const std::string written = to_string(formula);
  in.strata = strata_of(formula, o.strata);
  const SurvivalResponse response = survival_response(formula);
  if (response.time2)
    throw InputError(
        fmt::format("formula '{}': cox takes no interval-censored times", formula.text));
  const Progress progress("reading " + o.data);
  const Table table = read_csv(o.data);
  DesignOptions options{.intercept = false};
  if (!in.strata.empty()) options.also_used.push_back(in.strata);
  in.read = read_design(table, formula, o, options);
  in.read.formula = written;
  if (in.read.design.k == 0)
    throw InputError(fmt::format("formula '{}': there is nothing to estimate", formula.text));
  const SurvivalValues values = read_survival(table, response, in.read.design.rows, true);
  Strata strata = read_strata(table, in.strata, in.read.design.rows);
  in.data.x = in.read.design.x;
  in.data.names = in.read.design.names;
  in.data.time = from_vector(values.time);
  in.data.event = from_vector(values.event);
  if (!values.entry.empty()) in.data.entry = from_vector(values.entry);
  in.data.weights = in.read.weights;
  in.data.offset = in.read.design.offset;
  in.data.strata = strata.codes;
  in.labels = std::move(strata.labels);
  return in;
}

Json results_json(const CoxFit& fit) {
  Json out;
  out["events"] = fit.events;
  out["loglik_null"] = fit.loglik_null;
  if (fit.contains_null && fit.df() > 0) {
    out["lr_test"] = chi_squared_json(fit.lr_statistic(), fit.df());
    out["wald_test"] = chi_squared_json(fit.wald_statistic(), fit.df());
  }
  if (!std::isnan(fit.score_statistic))
    out["score_test"] = chi_squared_json(fit.score_statistic, fit.df());
  out["concordance"] = fit.concordance.index();
  return out;
}

Json hazards_json(const ProportionalHazardsTest& test) {
  Json out;
  for (std::size_t j = 0; j < test.names.size(); ++j)
    out[test.names[j]] = chi_squared_json(test.statistic[j], 1);
  out["global"] = chi_squared_json(test.global_statistic, test.global_df);
  return out;
}

std::string hazards_note(const ProportionalHazardsTest& test) {
  std::string text = "Proportional hazards (Grambsch and Therneau, 1 - Kaplan-Meier), p:";
  for (std::size_t j = 0; j < test.names.size(); ++j)
    text += fmt::format(" {} {:.3g},", test.names[j], test.p[j]);
  return text + fmt::format(" together {:.3g}.", test.global_p);
}

/// What predictions need: the baseline hazard of each stratum.
Json baseline_json(const CoxInput& in, const CoxFit& fit) {
  const CoxBaseline baseline = cox_baseline(in.data, fit);
  Json out = {{"center", baseline.center}, {"labels", in.labels}, {"strata", Json::array()}};
  for (const BaselineHazard& h : baseline.strata)
    out["strata"].push_back({{"stratum", h.stratum},
                             {"time", h.time},
                             {"cumhaz", h.cumhaz},
                             {"variance", h.variance},
                             {"gradient", h.gradient}});
  return out;
}

FitResiduals residuals_of(const CoxData& data, const CoxFit& fit) {
  const Tensor martingale = martingale_residuals(data, fit);
  Tensor eta = mv(data.x, from_vector(fit.estimate));
  if (data.offset.defined()) eta = eta + data.offset;
  FitResiduals out{eta.to_vector(),        maximum(data.event - martingale, 0.0).to_vector(),
                   martingale.to_vector(), deviance_residuals(data, fit).to_vector(),
                   data.event.to_vector(), {}};
  if (data.weights.defined()) out.weights = data.weights.to_vector();
  return out;
}

int run_fit_cox(const FitCox& o) {
  const CoxInput in = read_data(o);
  const Ties ties = o.ties == "breslow" ? Ties::breslow : Ties::efron;
  const CoxFit fit = fitted(o, [&] { return fit_cox(in.data, ties, fit_options(o)); });
  FittedModel model{"cox", fit, summary_head(fit)};
  model.loglik = cox_log_likelihood(in.data, ties);
  model.settings = {{"ties", o.ties}};
  if (!in.strata.empty()) model.settings["strata"] = in.strata;
  model.results = results_json(fit);
  if (o.test_hazards) {
    const ProportionalHazardsTest test = test_proportional_hazards(in.data, fit);
    model.results["proportional_hazards"] = hazards_json(test);
    model.head.notes.push_back(hazards_note(test));
  }
  model.plots.residuals = [&] { return residuals_of(in.data, fit); };
  if (!o.save.empty()) model.saved = baseline_json(in, fit);
  return report(std::move(model), in.read, o);
}

std::vector<double> numbers(const Json& json) { return json.get<std::vector<double>>(); }

/// The baseline hazard at a time, row by row in the row's stratum.
struct HazardAt {
  Tensor cumhaz, variance;  // [n]
  Tensor gradient;          // [n, k]
};

HazardAt hazard_at(const PredictRequest& request, double time) {
  const Json& saved = request.fit.saved;
  const Json settings = request.fit.settings;
  const std::vector<std::size_t> stratum =
      find_strata(request.table, settings.value("strata", ""),
                  saved.at("labels").get<std::vector<std::string>>(), request.design.rows);
  const std::size_t k = request.fit.fit.names.size();
  const std::size_t strata = std::max<std::size_t>(saved.at("labels").size(), 1);
  // A stratum without events has no hazard: NaN.
  std::vector<double> cumhaz(strata, NAN), variance(strata, NAN), gradient(strata * k, NAN);
  for (const Json& one : saved.at("strata")) {
    BaselineHazard h{one.at("stratum"), numbers(one.at("time")), numbers(one.at("cumhaz")),
                     numbers(one.at("variance")), numbers(one.at("gradient"))};
    const std::int64_t j = h.at(time);
    cumhaz[h.stratum] = j < 0 ? 0 : h.cumhaz.at(j);
    variance[h.stratum] = j < 0 ? 0 : h.variance.at(j);
    for (std::size_t i = 0; i < k; ++i)
      gradient[h.stratum * k + i] = j < 0 ? 0 : h.gradient.at(j * k + i);
  }
  std::vector<std::int64_t> of_row(stratum.begin(), stratum.end());
  const Tensor row = from_vector(of_row, {static_cast<std::int64_t>(of_row.size())});
  const auto count = static_cast<std::int64_t>(strata), columns = static_cast<std::int64_t>(k);
  return {index_select(from_vector(cumhaz), 0, row), index_select(from_vector(variance), 0, row),
          index_select(from_vector(gradient, {count, columns}), 0, row)};
}

/// exp(x'b), against the center of the covariates.
Tensor hazard_ratio(const PredictRequest& request, const Tensor& b) {
  return exp(request.linear_predictor(b) -
             dot(from_vector(numbers(request.fit.saved.at("center"))), b));
}

/// The cumulative hazard at a time, with the baseline's own variance beside that of b.
PredictedQuantity cumulative_hazard(const PredictRequest& request, double time) {
  const Tensor b0 = from_vector(request.fit.fit.estimate);
  const HazardAt at = hazard_at(request, time);
  PredictedQuantity quantity{label_of(time), [&request, at, b0](const Tensor& b) {
                               return hazard_ratio(request, b) *
                                      (at.cumhaz + mv(at.gradient, b - b0));
                             }};
  quantity.inverse = [](const Tensor& u) { return maximum(u, 0.0); };
  if (request.type == "survival")
    quantity.inverse = [](const Tensor& u) { return exp(-maximum(u, 0.0)); };
  quantity.variance = square(hazard_ratio(request, b0)) * at.variance;
  return quantity;
}

}  // namespace

PredictedQuantities predict_cox(const PredictRequest& request) {
  if (request.type == "risk")
    return {"",
            {{"", [&request](const Tensor& b) { return log(hazard_ratio(request, b)); },
              [](const Tensor& u) { return exp(u); }}}};
  PredictedQuantities result{"time", {}};
  for (double time : request.times()) result.quantities.push_back(cumulative_hazard(request, time));
  return result;
}

void add_fit_cox(CLI::App& fit, int& exit_code) {
  auto o = std::make_shared<FitCox>();
  CLI::App* command = fit.add_subcommand("cox", "Cox's proportional hazards regression");
  add_fit_options(*command, *o,
                  {.y = false,
                   .no_intercept = false,
                   .plots = {"forest", "ratios", "profile", "objective", "cox-snell", "martingale",
                             "deviance", "qq"}});
  add_column_option(*command, "--time", o->columns.time, "Column of follow-up times");
  add_column_option(*command, "--event", o->columns.event, "Column of events: 1 seen, 0 censored");
  add_column_option(*command, "--entry", o->columns.entry, "Column of times of delayed entry");
  command
      ->add_option("--strata", o->strata,
                   "Column of strata with hazards of their own; in a formula: + strata(COLUMN)")
      ->type_name("COLUMN");
  command->add_option("--ties", o->ties, "How events at one time are taken")
      ->check(CLI::IsMember({"efron", "breslow"}));
  command->add_flag("--test-hazards", o->test_hazards,
                    "Test whether the hazards are proportional, for each coefficient");
  command->callback([o, &exit_code] { exit_code = run_fit_cox(*o); });
}

}  // namespace wald::cli
