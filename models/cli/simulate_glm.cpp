// wald simulate ols, logistic, poisson, negbin and gamma.
#include <wald/models/simulate_glm.h>

#include "simulate.h"

namespace wald::cli {
namespace {

struct Simulate : SimulateArguments {
  std::string link;
  SimulateGlm model;
};

int run(const Simulate& o) {
  RRandom random = o.random();
  SimulateGlm model = o.model;
  for (GlmLink link : {GlmLink::logit, GlmLink::probit, GlmLink::cloglog, GlmLink::cauchit,
                       GlmLink::log, GlmLink::inverse, GlmLink::identity})
    if (o.link == name_of(link)) model.link = link;
  const GlmSample sample =
      drawn([&] { return simulate_glm(random, o.rows(), o.coefficients, model); });
  std::vector<std::string> names = {"y"};
  Columns columns = {sample.y};
  if (model.trials > 1) {
    names.push_back("trials");
    columns.emplace_back(sample.y.size(), model.trials);
  }
  return write_sample(o, names, columns, sample.covariates, sample.columns);
}

CLI::App* add_command(CLI::App& simulate, const std::string& name, const std::string& text,
                      const std::vector<std::string>& links, std::shared_ptr<Simulate> o,
                      int& exit_code) {
  CLI::App* command =
      simulate.add_subcommand(name, text + "; the covariates x1, x2 ... are standard normal");
  add_simulate_options(*command, *o, "Coefficients: the intercept, that of x1 ...");
  o->link = links[0];
  command->add_option("--link", o->link, "Of the mean to the linear predictor")
      ->check(CLI::IsMember(links));
  command->callback([o, &exit_code] { exit_code = run(*o); });
  return command;
}

}  // namespace

void add_simulate_glm(CLI::App& simulate, int& exit_code) {
  const auto of = [](GlmFamily family) {
    auto o = std::make_shared<Simulate>();
    o->model.family = family;
    return o;
  };
  auto binomial = of(GlmFamily::binomial), negbin = of(GlmFamily::negative_binomial),
       gamma = of(GlmFamily::gamma), gaussian = of(GlmFamily::gaussian);
  add_command(simulate, "ols", "Normal measurements", {"identity"}, gaussian, exit_code)
      ->add_option("--sigma", gaussian->model.other, "Standard deviation about the mean")
      ->check(require_positive);
  add_command(simulate, "logistic", "Binary responses, or binomial counts",
              {"logit", "probit", "cloglog", "cauchit"}, binomial, exit_code)
      ->add_option("--trials", binomial->model.trials, "Trials of each row")
      ->check(require_positive);
  add_command(simulate, "poisson", "Poisson counts", {"log"}, of(GlmFamily::poisson), exit_code);
  add_command(simulate, "negbin", "Negative binomial counts", {"log"}, negbin, exit_code)
      ->add_option("--theta", negbin->model.other, "Of the variance mu + mu^2 / theta")
      ->check(require_positive);
  add_command(simulate, "gamma", "Gamma measurements", {"log", "inverse"}, gamma, exit_code)
      ->add_option("--shape", gamma->model.other, "Of the variance mu^2 / shape")
      ->check(require_positive);
}

}  // namespace wald::cli
