// wald simulate clogit.
#include <wald/models/simulate_matched.h>

#include "simulate.h"

namespace wald::cli {
namespace {

struct SimulateClogit : SimulateArguments {
  SimulateMatched how;
};

int run_simulate_clogit(const SimulateClogit& o) {
  RRandom random = o.random();
  const MatchedSample sample =
      drawn([&] { return simulate_matched(random, o.rows(), o.coefficients, o.how); });
  return write_sample(o, {"y", "stratum"}, {sample.y, sample.stratum}, sample.covariates,
                      sample.columns);
}

}  // namespace

void add_simulate_clogit(CLI::App& simulate, int& exit_code) {
  auto o = std::make_shared<SimulateClogit>();
  CLI::App* command = simulate.add_subcommand(
      "clogit", "Matched sets with cases y = 1: the covariates x1, x2 ... are standard normal");
  add_simulate_options(*command, *o, "Log odds ratios of x1, x2 ...");
  command->add_option("--size", o->how.size, "Rows of a stratum")->check(require_positive);
  command->add_option("--cases", o->how.cases, "Cases of a stratum")->check(require_positive);
  command->callback([o, &exit_code] { exit_code = run_simulate_clogit(*o); });
}

}  // namespace wald::cli
