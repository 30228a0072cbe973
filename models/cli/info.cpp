// wald info: what this build runs on.
#include <fmt/format.h>

#include <iostream>

#include <wald/engine/device.h>
#include <wald/kernels/cpu/openblas.h>
#include <wald/kernels/cpu/parallel.h>
#include <wald/kernels/cpu/simd.h>

#include "commands.h"

namespace wald::cli {

void add_info(CLI::App& app, int& exit_code) {
  auto json = std::make_shared<bool>(false);
  CLI::App* info = app.add_subcommand("info", "Version, devices, instruction set, threads");
  info->add_flag("--json", *json, "Print one JSON object");
  info->callback([json, &exit_code] {
    exit_code = done;
    Json out;
    out["version"] = WALD_VERSION;
    std::string names;
    for (const Device& device : devices()) {
      out["devices"].push_back(device.name());
      names += (names.empty() ? "" : ", ") + device.name();
    }
    out["simd"] = kernels::simd().name;
    out["threads"] = num_threads();
    out["blas"] = kernels::openblas_description();
    if (*json) return print_json(out);
    std::cout << fmt::format(
        "wald      {}\ndevices   {}\nsimd      {}\nthreads   {}\nblas      {}\n", WALD_VERSION,
        names, kernels::simd().name, num_threads(), kernels::openblas_description());
  });
}

}  // namespace wald::cli
