// wald info: what this build runs on.
#include <fmt/format.h>

#include <iostream>

#include <wald/engine/device.h>
#include <wald/kernels/cpu/openblas.h>
#include <wald/kernels/cpu/parallel.h>
#include <wald/kernels/cpu/simd.h>
#include <wald/kernels/gpu/backend.h>

#include "commands.h"

namespace wald::cli {

static double gib(std::size_t bytes) { return static_cast<double>(bytes) / (1 << 30); }

/// The GPUs and what there is to know of them; objects of kernels that found none, and why.
static void describe_gpus(Json& out, std::string& text) {
  for (const kernels::GpuBackend* gpu : kernels::gpu_backends().found) {
    const gpu::DeviceFacts facts = gpu->facts();
    out["gpus"].push_back({{"device", gpu->name},
                           {"name", facts.name},
                           {"capability", facts.capability},
                           {"driver", facts.driver},
                           {"memory", facts.memory},
                           {"free_memory", facts.free_memory}});
    text += fmt::format("{:9} {}", gpu->name, facts.name);
    if (*facts.capability) text += fmt::format(", {}, {}", facts.capability, facts.driver);
    if (facts.memory > 0)
      text += fmt::format(", {:.1f} GiB, {:.1f} free", gib(facts.memory), gib(facts.free_memory));
    text += '\n';
  }
  for (const std::string& missing : kernels::gpu_backends().missing) {
    out["missing"].push_back(missing);
    text += fmt::format("missing   {}\n", missing);
  }
}

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
    std::string gpus;
    describe_gpus(out, gpus);
    out["simd"] = kernels::simd().name;
    out["threads"] = num_threads();
    out["blas"] = kernels::openblas_description();
    if (*json) return print_json(out);
    std::cout << fmt::format(
        "wald      {}\ndevices   {}\n{}simd      {}\nthreads   {}\nblas      {}\n", WALD_VERSION,
        names, gpus, kernels::simd().name, num_threads(), kernels::openblas_description());
  });
}

}  // namespace wald::cli
