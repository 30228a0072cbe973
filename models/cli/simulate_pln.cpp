// wald simulate pln: a table of counts, and the covariates that belong to it.
#include <fmt/format.h>

#include <cmath>

#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/poisson_lognormal.h>

#include "simulate.h"

namespace wald::cli {
namespace {

struct SimulatePln : SimulateArguments {
  std::int64_t species = 0;
  std::vector<double> variance = {1};
  double correlation = 0;
  std::string covariates;
};

/// Of the latent variables [species, species].
Tensor covariance_of(const SimulatePln& o) {
  if (o.variance.size() != 1 && std::ssize(o.variance) != o.species)
    throw InputError(
        fmt::format("--variance: {} numbers for {} species", o.variance.size(), o.species));
  for (double v : o.variance)
    if (!(v >= 0 && std::isfinite(v)))
      throw InputError(fmt::format("--variance: {} is no variance", v));
  const double least = o.species > 1 ? -1 / static_cast<double>(o.species - 1) : -1;
  if (!(o.correlation >= least && o.correlation <= 1))
    throw InputError(
        fmt::format("--correlation: any two of {} variables can have {:.4g} to 1, not {}",
                    o.species, least, o.correlation));
  const Tensor sd = sqrt(expand(from_vector(o.variance), {o.species}));
  const Tensor correlation =
      full({o.species, o.species}, o.correlation) + (1 - o.correlation) * eye(o.species);
  return unsqueeze(sd, 1) * correlation * sd;
}

int run_simulate_pln(const SimulatePln& o) {
  require_finite(o.coefficients, "--coef");
  const auto p = static_cast<std::size_t>(o.species);
  if (o.coefficients.size() % p != 0)
    throw InputError(fmt::format("--coef: {} numbers are not the same for each of {} species",
                                 o.coefficients.size(), o.species));
  const std::size_t d = o.coefficients.size() / p;
  if ((d > 1) == o.covariates.empty())
    throw InputError(d > 1 ? "--coef: covariates need --covariates-out, a file to be written to"
                           : "--covariates-out: with one coefficient for each species there are "
                             "no covariates");
  RRandom random = o.random();
  const Columns columns = draw_covariates(random, o, d - 1);
  const Tensor x = cat({ones({o.n, 1}), matrix_of(columns, o.n)}, 1);
  const Tensor b = t(from_vector(o.coefficients, {o.species, static_cast<std::int64_t>(d)}));
  const Tensor sigma = covariance_of(o);
  const Tensor counts = drawn([&] { return simulate_poisson_lognormal(random, x, b, sigma); });
  std::vector<std::string> names;
  Columns of_species;
  for (std::int64_t j = 0; j < o.species; ++j) {
    names.push_back(fmt::format("s{}", j + 1));
    of_species.push_back(select(counts, 1, j).to_vector());
  }
  if (d > 1) write_csv(o.covariates, covariate_names(d - 1), columns);
  return write_sample(o, names, of_species, {}, {});
}

}  // namespace

void add_simulate_pln(CLI::App& simulate, int& exit_code) {
  auto o = std::make_shared<SimulatePln>();
  CLI::App* command = simulate.add_subcommand(
      "pln",
      "Poisson-lognormal counts of species s1, s2 ...: the covariates x1, x2 ... are standard "
      "normal");
  add_simulate_options(
      *command, *o,
      "Of species s1 the intercept and the coefficients of x1, x2 ..., then of s2 ...");
  command->add_option("--species", o->species, "Their number")
      ->required()
      ->check(require_positive)
      ->type_name("P");
  command->add_option("--variance", o->variance, "Of the latent variables: of all, or of each")
      ->delimiter(',')
      ->type_name("V,...");
  command->add_option("--correlation", o->correlation, "Of any two of them")->type_name("R");
  command->add_option("--covariates-out", o->covariates, "CSV file of covariates to write")
      ->type_name("FILE");
  command->callback([o, &exit_code] { exit_code = run_simulate_pln(*o); });
}

}  // namespace wald::cli
