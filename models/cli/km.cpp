// wald km: Kaplan-Meier curves of a CSV file.
#include <fmt/format.h>

#include <iostream>

#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/models/column_values.h>
#include <wald/models/distributions.h>
#include <wald/models/kaplan_meier.h>
#include <wald/models/log_rank.h>
#include <wald/models/plot.h>
#include <wald/models/response.h>

#include "commands.h"
#include "plot_option.h"
#include "progress.h"
#include "strata.h"
#include "survival_table.h"

namespace wald::cli {
namespace {

struct Km {
  std::string data, group, scale = "log";
  SurvivalColumns columns;
  double level = 0.95;
  bool json = false;
  PlotArguments plot;
};

ConfidenceScale scale_of(const std::string& name) {
  if (name == "log-log") return ConfidenceScale::kLogLog;
  return name == "plain" ? ConfidenceScale::kPlain : ConfidenceScale::kLog;
}

Json curve_json(const KaplanMeier& c) {
  const SurvivalQuantile median = c.median();
  Json out;
  if (!c.label.empty()) out["group"] = c.label;
  out["n"] = c.n;
  out["events"] = c.events;
  out["median"] = {{"estimate", median.estimate}, {"lower", median.lower}, {"upper", median.upper}};
  out["time"] = c.time;
  out["n_risk"] = c.n_risk;
  out["n_event"] = c.n_event;
  out["n_censor"] = c.n_censor;
  out["survival"] = c.survival;
  out["std_error"] = c.std_err;
  out["lower"] = c.lower;
  out["upper"] = c.upper;
  out["cumhaz"] = c.cumhaz;
  out["cumhaz_std_error"] = c.std_err_nelson_aalen;
  return out;
}

std::string number_or_dot(double x) { return std::isfinite(x) ? fmt::format("{:.9g}", x) : "."; }

std::string decimals_or_dot(double x) { return std::isfinite(x) ? fmt::format("{:.6f}", x) : "."; }

void print_curve(const KaplanMeier& c) {
  constexpr std::size_t most_lines = 60;
  const SurvivalQuantile median = c.median();
  std::cout << fmt::format("{}n = {}, events = {:g}, median = {} [{}, {}]\n",
                           c.label.empty() ? "" : c.label + ": ", c.n, c.events,
                           number_or_dot(median.estimate), number_or_dot(median.lower),
                           number_or_dot(median.upper));
  std::vector<std::size_t> lines;
  for (std::size_t i = 0; i < c.time.size(); ++i)
    if (c.n_event[i] > 0) lines.push_back(i);
  const std::size_t every = (lines.size() + most_lines - 1) / most_lines;
  std::cout << fmt::format("{:>12} {:>10} {:>9} {:>10} {:>10}   [{:g}% conf. interval]\n", "time",
                           "at risk", "events", "survival", "std. error", 100 * c.level);
  for (std::size_t at = 0; at < lines.size(); at += every) {
    const std::size_t i = lines[at];
    std::cout << fmt::format("{:>12.9g} {:>10.9g} {:>9.9g} {:>10} {:>10}   {:>9} {:>9}\n",
                             c.time[i], c.n_risk[i], c.n_event[i], decimals_or_dot(c.survival[i]),
                             decimals_or_dot(c.std_err[i]), decimals_or_dot(c.lower[i]),
                             decimals_or_dot(c.upper[i]));
  }
  if (every > 1)
    std::cout << fmt::format("(one in {} of {} event times; --json has all)\n", every,
                             lines.size());
  std::cout << "\n";
}

/// Whether the groups of the curves differ; nothing to say of one group. Weights do not enter.
struct GroupTest {
  LogRankTest test;
  bool is_possible = false;
};

GroupTest compare(const Strata& groups, const SurvivalValues& v,
                  const std::vector<double>& weights) {
  if (groups.labels.size() < 2) return {};
  try {
    return {log_rank({v.time, v.event, v.entry, weights}, groups.codes.to_vector<std::int64_t>(),
                     static_cast<std::int64_t>(groups.labels.size())),
            true};
  } catch (const NotIdentifiedError&) {
    return {};  // no two groups at risk together: curves there are nevertheless
  }
}

void print_test(const LogRankTest& test, const Strata& groups) {
  std::cout << fmt::format("Log-rank test: chi2({}) = {:.4f}, p = {:.4g}\n{:>16} {:>10} {:>10}\n",
                           test.df, test.statistic, test.p, "group", "observed", "expected");
  for (std::size_t g = 0; g < groups.labels.size(); ++g)
    std::cout << fmt::format("{:>16} {:>10g} {:>10.2f}\n", groups.labels[g], test.observed[g],
                             test.expected[g]);
}

/// What is known of the rows.
struct KmResult {
  std::size_t n = 0, dropped = 0;
  std::vector<KaplanMeier> curves;
  Strata groups;
  GroupTest compared;
};

KmResult read_and_estimate(const Km& o) {
  const Progress progress("reading " + o.data);
  const Table table = read_csv(o.data);
  std::vector<std::string> used = o.columns.used();
  if (!o.group.empty()) used.push_back(o.group);
  const std::vector<std::size_t> rows = complete_rows(table, used);
  KmResult result{rows.size(), table.rows() - rows.size(), {}, {}, {}};
  Formula formula;
  formula.response = o.columns.response();
  const SurvivalValues v = read_survival(table, survival_response(formula), rows, true);
  std::vector<double> weights;
  if (!o.columns.weights.empty()) weights = read_weights(table, o.columns.weights, rows);
  const KaplanMeierOptions options{
      .level = o.level, .scale = scale_of(o.scale), .weights = weights, .entry = v.entry};
  if (o.group.empty())
    result.curves.push_back(kaplan_meier(v.time, v.event, options));
  else
    result.curves = kaplan_meier_by(text_column(table, o.group, rows), v.time, v.event, options);
  result.groups = read_strata(table, o.group, rows);
  result.compared = compare(result.groups, v, weights);
  return result;
}

Json result_json(const KmResult& result, const Km& o) {
  Json out;
  out["n"] = result.n;
  out["level"] = o.level;
  out["scale"] = o.scale;
  out["curves"] = Json::array();
  for (const KaplanMeier& c : result.curves) out["curves"].push_back(curve_json(c));
  const LogRankTest& test = result.compared.test;
  if (result.compared.is_possible)
    out["log_rank"] = {{"statistic", test.statistic},
                       {"df", test.df},
                       {"p", test.p},
                       {"observed", test.observed},
                       {"expected", test.expected}};
  return out;
}

int run_km(const Km& o) {
  const KmResult result = read_and_estimate(o);
  report_dropped(result.dropped);
  if (o.json) {
    print_json(result_json(result, o));
  } else {
    for (const KaplanMeier& c : result.curves) print_curve(c);
    if (result.compared.is_possible) print_test(result.compared.test, result.groups);
    std::cout << std::flush;
  }
  for (const PlotRequest& plot : o.plot.plots) {
    const Progress progress("drawing " + plot.file.path);
    plot_survival({plot.file.path, o.plot.theme}, result.curves);
  }
  return done;
}

}  // namespace

void add_km(CLI::App& app, int& exit_code) {
  auto o = std::make_shared<Km>();
  CLI::App* km = app.add_subcommand("km", "Kaplan-Meier survival curves");
  km->add_option("--data", o->data, "CSV file with a header line")->required()->type_name("FILE");
  km->add_option("--time", o->columns.time, "Column of follow-up times")
      ->required()
      ->type_name("COLUMN");
  km->add_option("--event", o->columns.event, "Column of events: 1 seen, 0 censored")
      ->required()
      ->type_name("COLUMN");
  km->add_option("--entry", o->columns.entry, "Column of times of delayed entry")
      ->type_name("COLUMN");
  km->add_option("--weights", o->columns.weights, "Column of weights of the rows")
      ->type_name("COLUMN");
  km->add_option("--group", o->group, "Column of groups: one curve for each")->type_name("COLUMN");
  km->add_option("--conf", o->scale, "Scale on which the limits are symmetric")
      ->check(CLI::IsMember({"log", "log-log", "plain"}));
  km->add_option("--level", o->level, "Level of the limits")->check(CLI::Range(0.5, 0.9999));
  add_plot_options(*km, o->plot, {"survival"});
  km->add_flag("--json", o->json, "Print one JSON object");
  km->callback([o, &exit_code] { exit_code = run_km(*o); });
}

}  // namespace wald::cli
