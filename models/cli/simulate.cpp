// wald simulate: data from a model, by R's random stream.
#include <fmt/format.h>

#include <cmath>
#include <iostream>
#include <limits>
#include <optional>

#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/models/simulate.h>

#include "commands.h"
#include "survival_table.h"

namespace wald::cli {
namespace {

struct SimulateSurvival {
  std::int64_t n = 0;
  std::vector<double> coefficients;
  std::int32_t seed = 1;
  std::string dist = "exponential", form;
  std::optional<double> shape, scale;
  double censor = std::numeric_limits<double>::infinity();
  std::string out;
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

int run_simulate_survival(const SimulateSurvival& o) {
  RRandom random(static_cast<std::uint32_t>(o.seed));
  const SurvivalModel model = survival_model(o.dist, o.form);
  const SurvivalSample sample = simulate_survival(random, static_cast<std::size_t>(o.n), model,
                                                  parameters_of(o, model), o.censor);
  std::vector<std::string> names = {"time", "event"};
  std::vector<std::vector<double>> columns = {sample.time, sample.event};
  names.insert(names.end(), sample.covariates.begin(), sample.covariates.end());
  columns.insert(columns.end(), sample.columns.begin(), sample.columns.end());
  write_csv(o.out, names, columns);
  double events = 0;
  for (double e : sample.event) events += e;
  std::cerr << fmt::format("wald: {} rows, {:g} events, written to {}\n", o.n, events, o.out);
  return done;
}

}  // namespace

void add_simulate(CLI::App& app, int& exit_code) {
  CLI::App* simulate =
      app.add_subcommand("simulate", "Simulate data from a model, by R's random stream");
  simulate->require_subcommand(1);
  auto o = std::make_shared<SimulateSurvival>();
  CLI::App* survival = simulate->add_subcommand(
      "survival", "Survival times: column trt is 0 or 1, further covariates are standard normal");
  survival->add_option("--n", o->n, "Number of rows")->required()->check(require_positive);
  survival
      ->add_option(
          "--coef", o->coefficients,
          "Coefficients of the log hazard (ph) or of the log time (aft): the intercept, that of "
          "trt, those of x2, x3 ...")
      ->required()
      ->delimiter(',')
      ->type_name("B0 [B1 ...]");
  add_survival_model_options(*survival, o->dist, o->form);
  survival->add_option("--shape", o->shape,
                       "Of weibull as ph (the power of time; 1) or gompertz (the slope of the log "
                       "hazard; 0)");
  survival->add_option("--scale", o->scale, "Of the log time, of distributions as aft (1)");
  survival->add_option("--seed", o->seed, "As R's set.seed")->type_name("S");
  survival->add_option("--censor", o->censor, "Censor everybody at this time")
      ->check(require_positive)
      ->type_name("C");
  survival->add_option("--out", o->out, "CSV file to write")->required()->type_name("FILE");
  survival->callback([o, &exit_code] { exit_code = run_simulate_survival(*o); });
  add_simulate_ordered(*simulate, exit_code);
  add_simulate_multinomial(*simulate, exit_code);
  add_simulate_glm(*simulate, exit_code);
}

}  // namespace wald::cli
