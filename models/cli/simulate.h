// What the commands `wald simulate MODEL` share. Knows no model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/models/random.h>

#include "commands.h"
#include "progress.h"

namespace wald::cli {

struct SimulateArguments {
  std::int64_t n = 0;
  std::vector<double> coefficients;
  std::int32_t seed = 1;
  std::string out;

  /// R's random stream after set.seed(seed).
  RRandom random() const { return RRandom(static_cast<std::uint32_t>(seed)); }
  std::size_t rows() const { return static_cast<std::size_t>(n); }
};

/// Adds --n, --coef, of which `coefficients` says what they are, --seed and --out.
void add_simulate_options(CLI::App& command, SimulateArguments& arguments,
                          const std::string& coefficients);

/// What `draw` gives, with a line of progress.
template <class Function>
auto drawn(const Function& draw) {
  const Progress progress("simulating");
  return draw();
}

using Columns = std::vector<std::vector<double>>;

/// Standard normal covariates x1, x2 ..., drawn column by column.
Columns draw_covariates(RRandom& random, const SimulateArguments& arguments, std::size_t count);
/// Their matrix [n, count].
Tensor matrix_of(const Columns& columns, std::int64_t n);
/// x1, x2 ...
std::vector<std::string> covariate_names(std::size_t count);

/// Throws InputError that names the option if a number is not finite.
void require_finite(const std::vector<double>& values, const char* option);

/// Writes --out and says so, with what else there is to say, as ", 12 events"; gives the exit code.
int write_sample(const SimulateArguments& arguments, std::vector<std::string> names,
                 Columns columns, const std::vector<std::string>& covariates,
                 const Columns& of_covariates, const std::string& besides = "");

}  // namespace wald::cli
