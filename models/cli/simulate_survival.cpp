// wald simulate survival, wald simulate cox.
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include <wald/engine/error.h>
#include <wald/models/simulate.h>

#include "simulate.h"
#include "survival_table.h"

namespace wald::cli {
namespace {

struct SimulateSurvival : SimulateArguments {
  std::string dist = "exponential", form;
  std::optional<double> shape, scale;
  double censor = std::numeric_limits<double>::infinity();
};

struct SimulateCoxCommand : SimulateArguments {
  SimulateCox how;
};

/// The coefficients and, where there is one, log(shape), shape or log(scale).
std::vector<double> parameters_of(const SimulateSurvival& o, const SurvivalModel& model) {
  const std::string parameter = law_of(model.distribution).parameter(model.form);
  const bool is_scale = parameter == "log(scale)";
  if ((o.shape && (is_scale || parameter.empty())) || (o.scale && !is_scale))
    throw InputError(fmt::format("--dist {} in this form has no {}", o.dist,
                                 o.scale && !is_scale ? "--scale" : "--shape"));
  std::vector<double> parameters = o.coefficients;
  if (parameter.empty()) return parameters;
  const double value = (is_scale ? o.scale : o.shape).value_or(parameter == "shape" ? 0.0 : 1.0);
  if (parameter != "shape" && !(value > 0))
    throw InputError(
        fmt::format("{} must be positive, not {}", is_scale ? "--scale" : "--shape", value));
  parameters.push_back(parameter == "shape" ? value : std::log(value));
  return parameters;
}

int write(const SimulateArguments& o, const SurvivalSample& sample,
          const std::vector<double>& stratum) {
  std::vector<std::string> names = {"time", "event"};
  Columns columns = {sample.time, sample.event};
  if (!stratum.empty()) {
    names.emplace_back("stratum");
    columns.push_back(stratum);
  }
  const double events = std::accumulate(sample.event.begin(), sample.event.end(), 0.0);
  return write_sample(o, names, columns, sample.covariates, sample.columns,
                      fmt::format(", {:g} events", events));
}

int run_simulate_survival(const SimulateSurvival& o) {
  RRandom random = o.random();
  const SurvivalModel model = survival_model(o.dist, o.form);
  const std::vector<double> parameters = parameters_of(o, model);
  return write(
      o, drawn([&] { return simulate_survival(random, o.rows(), model, parameters, o.censor); }),
      {});
}

int run_simulate_cox(const SimulateCoxCommand& o) {
  RRandom random = o.random();
  const CoxSample sample =
      drawn([&] { return simulate_cox(random, o.rows(), o.coefficients, o.how); });
  return write(o, sample, o.how.strata > 1 ? sample.stratum : std::vector<double>());
}

void add_censor_option(CLI::App& command, double& censor) {
  command.add_option("--censor", censor, "Censor everybody at this time")
      ->check(require_positive)
      ->type_name("C");
}

}  // namespace

void add_simulate_survival(CLI::App& simulate, int& exit_code) {
  auto o = std::make_shared<SimulateSurvival>();
  CLI::App* command = simulate.add_subcommand(
      "survival", "Survival times: column trt is 0 or 1, further covariates are standard normal");
  add_simulate_options(*command, *o,
                       "Coefficients of the log hazard (ph) or of the log time (aft): the "
                       "intercept, that of trt, those of x2, x3 ...");
  add_survival_model_options(*command, o->dist, o->form);
  command->add_option("--shape", o->shape,
                      "Of weibull as ph (the power of time; 1) or gompertz (the slope of the log "
                      "hazard; 0)");
  command->add_option("--scale", o->scale, "Of the log time, of distributions as aft (1)");
  add_censor_option(*command, o->censor);
  command->callback([o, &exit_code] { exit_code = run_simulate_survival(*o); });
}

void add_simulate_cox(CLI::App& simulate, int& exit_code) {
  auto o = std::make_shared<SimulateCoxCommand>();
  CLI::App* command = simulate.add_subcommand(
      "cox",
      "Survival times with the baseline hazard s p t^(p-1) in stratum s: column trt is 0 or 1, "
      "further covariates are standard normal");
  add_simulate_options(*command, *o, "Log hazard ratios: that of trt, those of x2, x3 ...");
  command->add_option("--shape", o->how.shape, "p of the baseline hazard")->check(require_positive);
  command->add_option("--strata", o->how.strata, "Number of strata, in a column stratum")
      ->check(require_positive);
  add_censor_option(*command, o->how.censor_time);
  command->callback([o, &exit_code] { exit_code = run_simulate_cox(*o); });
}

}  // namespace wald::cli
