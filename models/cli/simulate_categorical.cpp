// wald simulate ordered, wald simulate multinomial.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>

#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/multinomial_logit.h>
#include <wald/models/ordered_logit.h>

#include "commands.h"

namespace wald::cli {
namespace {

struct SimulateCategorical {
  std::int64_t n = 0, categories = 0;
  std::vector<double> coefficients, cuts;
  std::string link = "logit";
  std::int32_t seed = 1;
  std::string out;
};

void require_finite(const std::vector<double>& values, const char* option) {
  for (double value : values)
    if (!std::isfinite(value)) throw InputError(fmt::format("{}: {} is not finite", option, value));
}

/// Standard normal covariates x1, x2 ..., column by column.
std::vector<std::vector<double>> draw_columns(RRandom& random, const SimulateCategorical& o,
                                              std::size_t count) {
  std::vector<std::vector<double>> columns;
  for (std::size_t j = 0; j < count; ++j)
    columns.push_back(random.rnorm(static_cast<std::size_t>(o.n)));
  return columns;
}

Tensor matrix_of(const std::vector<std::vector<double>>& columns, std::int64_t n) {
  std::vector<Tensor> parts;
  for (const auto& column : columns) parts.push_back(from_vector(column));
  return parts.empty() ? zeros({n, 0}) : stack(parts, 1);
}

/// Categories count from 1.
int write(const SimulateCategorical& o, const Tensor& codes,
          std::vector<std::vector<double>> columns) {
  std::vector<std::string> names = {"y"};
  for (std::size_t j = 0; j < columns.size(); ++j) names.push_back(fmt::format("x{}", j + 1));
  columns.insert(columns.begin(), to(codes + 1, DType::float64).to_vector());
  write_csv(o.out, names, columns);
  std::cerr << fmt::format("wald: {} rows, written to {}\n", o.n, o.out);
  return done;
}

int run_simulate_ordered(const SimulateCategorical& o) {
  require_finite(o.coefficients, "--coef");
  require_finite(o.cuts, "--cuts");
  if (std::ranges::adjacent_find(o.cuts, std::greater_equal<>()) != o.cuts.end())
    throw InputError("--cuts: the cut points must ascend");
  RRandom random(static_cast<std::uint32_t>(o.seed));
  auto columns = draw_columns(random, o, o.coefficients.size());
  std::vector<double> parameters = o.coefficients;
  parameters.insert(parameters.end(), o.cuts.begin(), o.cuts.end());
  const Tensor p =
      ordered_probabilities(from_vector(parameters), matrix_of(columns, o.n),
                            o.link == "probit" ? OrderedLink::probit : OrderedLink::logit);
  return write(o, simulate_categories(random, p), std::move(columns));
}

int run_simulate_multinomial(const SimulateCategorical& o) {
  require_finite(o.coefficients, "--coef");
  const auto equations = static_cast<std::size_t>(o.categories - 1);
  if (o.categories < 2 || o.coefficients.size() % equations != 0)
    throw InputError(
        fmt::format("--coef: {} numbers are not the same for each of {} categories "
                    "beside the baseline",
                    o.coefficients.size(), o.categories - 1));
  RRandom random(static_cast<std::uint32_t>(o.seed));
  auto columns = draw_columns(random, o, o.coefficients.size() / equations - 1);
  const Tensor x = cat({ones({o.n, 1}), matrix_of(columns, o.n)}, 1);
  const Tensor p = multinomial_probabilities(from_vector(o.coefficients), x);
  return write(o, simulate_categories(random, p), std::move(columns));
}

CLI::App* add_command(CLI::App& simulate, SimulateCategorical& o, const std::string& name,
                      const std::string& text, const std::string& coefficients) {
  CLI::App* command = simulate.add_subcommand(name, text);
  command->add_option("--n", o.n, "Number of rows")->required()->check(require_positive);
  command->add_option("--coef", o.coefficients, coefficients)
      ->required()
      ->delimiter(',')
      ->type_name("B1,...");
  command->add_option("--seed", o.seed, "As R's set.seed")->type_name("S");
  command->add_option("--out", o.out, "CSV file to write")->required()->type_name("FILE");
  return command;
}

}  // namespace

void add_simulate_ordered(CLI::App& simulate, int& exit_code) {
  auto o = std::make_shared<SimulateCategorical>();
  CLI::App* command = add_command(simulate, *o, "ordered",
                                  "Ordered categories 1, 2 ...: covariates are standard normal",
                                  "Coefficients of x1, x2 ...");
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
  CLI::App* command =
      add_command(simulate, *o, "multinomial",
                  "Categories 1, 2 ..., 1 the baseline: covariates are standard normal",
                  "Of category 2 the intercept and the coefficients of x1, x2 ..., then of 3 ...");
  command->add_option("--categories", o->categories, "Their number, the baseline included")
      ->required()
      ->check(require_positive)
      ->type_name("J");
  command->callback([o, &exit_code] { exit_code = run_simulate_multinomial(*o); });
}

}  // namespace wald::cli
