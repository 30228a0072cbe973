// wald simulate ordered, wald simulate multinomial.
#include <fmt/format.h>

#include <algorithm>

#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/multinomial_logit.h>
#include <wald/models/ordered_logit.h>

#include "simulate.h"

namespace wald::cli {
namespace {

struct SimulateCategorical : SimulateArguments {
  std::int64_t categories = 0;
  std::vector<double> cuts;
  std::string link = "logit";
};

/// Categories count from 1.
int write(const SimulateCategorical& o, const Tensor& codes, const Columns& columns) {
  return write_sample(o, {"y"}, {to(codes + 1, DType::float64).to_vector()},
                      covariate_names(columns.size()), columns);
}

int run_simulate_ordered(const SimulateCategorical& o) {
  require_finite(o.coefficients, "--coef");
  require_finite(o.cuts, "--cuts");
  if (std::ranges::adjacent_find(o.cuts, std::greater_equal<>()) != o.cuts.end())
    throw InputError("--cuts: the cut points must ascend");
  RRandom random = o.random();
  const Columns columns = draw_covariates(random, o, o.coefficients.size());
  std::vector<double> parameters = o.coefficients;
  parameters.insert(parameters.end(), o.cuts.begin(), o.cuts.end());
  const Tensor p =
      ordered_probabilities(from_vector(parameters), matrix_of(columns, o.n),
                            o.link == "probit" ? OrderedLink::probit : OrderedLink::logit);
  return write(o, drawn([&] { return simulate_categories(random, p); }), columns);
}

int run_simulate_multinomial(const SimulateCategorical& o) {
  require_finite(o.coefficients, "--coef");
  const auto equations = static_cast<std::size_t>(o.categories - 1);
  if (o.categories < 2 || o.coefficients.size() % equations != 0)
    throw InputError(
        fmt::format("--coef: {} numbers are not the same for each of {} categories "
                    "beside the baseline",
                    o.coefficients.size(), o.categories - 1));
  RRandom random = o.random();
  const Columns columns = draw_covariates(random, o, o.coefficients.size() / equations - 1);
  const Tensor x = cat({ones({o.n, 1}), matrix_of(columns, o.n)}, 1);
  const Tensor p = multinomial_probabilities(from_vector(o.coefficients), x);
  return write(o, drawn([&] { return simulate_categories(random, p); }), columns);
}

}  // namespace

void add_simulate_ordered(CLI::App& simulate, int& exit_code) {
  auto o = std::make_shared<SimulateCategorical>();
  CLI::App* command = simulate.add_subcommand(
      "ordered", "Ordered categories 1, 2 ...: covariates are standard normal");
  add_simulate_options(*command, *o, "Coefficients of x1, x2 ...");
  command->add_option("--cuts", o->cuts, "Cut points, ascending")
      ->required()
      ->delimiter(',')
      ->type_name("Z1,...");
  command->add_option("--link", o->link, "Distribution of the latent error")
      ->check(CLI::IsMember({"logit", "probit"}));
  command->callback([o, &exit_code] { exit_code = run_simulate_ordered(*o); });
}

void add_simulate_multinomial(CLI::App& simulate, int& exit_code) {
  auto o = std::make_shared<SimulateCategorical>();
  CLI::App* command = simulate.add_subcommand(
      "multinomial", "Categories 1, 2 ..., 1 the baseline: covariates are standard normal");
  add_simulate_options(
      *command, *o,
      "Of category 2 the intercept and the coefficients of x1, x2 ..., then of 3 ...");
  command->add_option("--categories", o->categories, "Their number, the baseline included")
      ->required()
      ->check(require_positive)
      ->type_name("J");
  command->callback([o, &exit_code] { exit_code = run_simulate_multinomial(*o); });
}

}  // namespace wald::cli
