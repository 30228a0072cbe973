// wald selftest: every operation of the engine on a device, against the processor.
#include <fmt/format.h>

#include <iostream>
#include <vector>

#include <tests/engine/op_device_check.h>

#include "commands.h"

namespace wald::cli {
namespace {

using Differences = std::vector<std::string>;

struct Group {
  const char* name;
  std::vector<testing::OpRow> (*rows)();
};

const std::vector<Group>& groups() {
  static const std::vector<Group> all = {{"pointwise", testing::pointwise_rows},
                                         {"special functions", testing::special_rows},
                                         {"incomplete gamma and beta", testing::incomplete_rows},
                                         {"reductions", testing::reducing_rows},
                                         {"extremes and norms", testing::extreme_rows},
                                         {"moving", testing::moving_rows},
                                         {"arranging", testing::arranging_rows},
                                         {"diagonals", testing::diagonal_rows},
                                         {"indexing", testing::indexing_rows},
                                         {"ordering", testing::ordering_rows},
                                         {"products", testing::product_rows},
                                         {"linear algebra", testing::linalg_rows}};
  return all;
}

/// One line, and one more for each difference. Whether there was none.
bool print_group(const char* name, std::size_t functions, const Differences& differences) {
  std::cout << fmt::format(
      "{:<26} {:>4} functions  {}\n", name, functions,
      differences.empty() ? "agree" : fmt::format("{} DIFFER", differences.size()));
  for (const std::string& difference : differences) std::cout << "  " << difference << "\n";
  std::cout.flush();
  return differences.empty();
}

int run_selftest() {
  const Device device = default_device();
  std::cout << fmt::format(
      "{} against the processor: values, gradients, tangents and second derivatives, in float64 "
      "and "
      "float32\n",
      device.name());
  bool agrees = true;
  for (const Group& group : groups()) {
    const std::vector<testing::OpRow> rows = group.rows();
    Differences differences;
    for (const testing::OpRow& row : rows) {
      const Differences found = testing::device_differences(row, device);
      differences.insert(differences.end(), found.begin(), found.end());
    }
    agrees = print_group(group.name, rows.size(), differences) && agrees;
  }
  agrees =
      print_group("random numbers", testing::random_draws, testing::random_differences(device)) &&
      agrees;
  return agrees ? done : not_converged;
}

}  // namespace

void add_selftest(CLI::App& app, int& exit_code) {
  CLI::App* selftest = app.add_subcommand(
      "selftest", "Compare every operation on a device with the processor; exit 1 on a difference");
  selftest->callback([&exit_code] { exit_code = run_selftest(); });
}

}  // namespace wald::cli
