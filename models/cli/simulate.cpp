// wald simulate: data from a model, by R's random stream.
#include "simulate.h"

#include <fmt/format.h>

#include <cmath>
#include <iostream>

#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/engine/ops/ops.h>

namespace wald::cli {

void add_simulate_options(CLI::App& command, SimulateArguments& o,
                          const std::string& coefficients) {
  command.add_option("--n", o.n, "Number of rows")->required()->check(require_positive);
  command.add_option("--coef", o.coefficients, coefficients)
      ->required()
      ->delimiter(',')
      ->type_name("B1,B2,...");
  command.add_option("--seed", o.seed, "As R's set.seed")->type_name("S");
  command.add_option("--out", o.out, "CSV file to write")->required()->type_name("FILE");
}

Columns draw_covariates(RRandom& random, const SimulateArguments& o, std::size_t count) {
  const Progress progress("simulating");
  Columns columns;
  for (std::size_t j = 0; j < count; ++j) columns.push_back(random.rnorm(o.rows()));
  return columns;
}

Tensor matrix_of(const Columns& columns, std::int64_t n) {
  std::vector<Tensor> parts;
  for (const auto& column : columns) parts.push_back(from_vector(column));
  return parts.empty() ? zeros({n, 0}) : stack(parts, 1);
}

std::vector<std::string> covariate_names(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t j = 1; j <= count; ++j) names.push_back(fmt::format("x{}", j));
  return names;
}

void require_finite(const std::vector<double>& values, const char* option) {
  for (double value : values)
    if (!std::isfinite(value)) throw InputError(fmt::format("{}: {} is not finite", option, value));
}

int write_sample(const SimulateArguments& o, std::vector<std::string> names, Columns columns,
                 const std::vector<std::string>& covariates, const Columns& of_covariates,
                 const std::string& besides) {
  names.insert(names.end(), covariates.begin(), covariates.end());
  columns.insert(columns.end(), of_covariates.begin(), of_covariates.end());
  {
    const Progress progress("writing " + o.out);
    write_csv(o.out, names, columns);
  }
  std::cerr << fmt::format("wald: {} rows{}, written to {}\n", o.n, besides, o.out);
  return done;
}

void add_simulate(CLI::App& app, int& exit_code) {
  CLI::App* simulate =
      app.add_subcommand("simulate", "Simulate data from a model, by R's random stream");
  simulate->require_subcommand(1);
  add_simulate_survival(*simulate, exit_code);
  add_simulate_cox(*simulate, exit_code);
  add_simulate_ordered(*simulate, exit_code);
  add_simulate_multinomial(*simulate, exit_code);
  add_simulate_clogit(*simulate, exit_code);
  add_simulate_glm(*simulate, exit_code);
  add_simulate_pln(*simulate, exit_code);
}

}  // namespace wald::cli
