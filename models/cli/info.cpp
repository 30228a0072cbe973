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
namespace {

Json gpu_json(const kernels::GpuBackend& gpu) {
  const gpu::DeviceFacts facts = gpu.facts();
  Json out;
  out["device"] = gpu.name;
  out["name"] = facts.name;
  out["memory"] = facts.memory;
  out["free_memory"] = facts.free_memory;
  out["capability"] = facts.capability;
  out["driver"] = facts.driver;
  return out;
}

/// "cuda:0    NVIDIA H100 80GB HBM3, 79.2 GiB (78.9 free), capability 9.0, CUDA 12.4", and what was
/// found and cannot be used.
void print_gpus(const Json& info) {
  constexpr double gib = 1024. * 1024 * 1024;
  for (const Json& gpu : info.value("gpus", Json::array())) {
    std::string text = gpu.at("name");
    if (gpu.at("memory") > 0)
      text += fmt::format(", {:.1f} GiB ({:.1f} free)", gpu.at("memory").get<double>() / gib,
                          gpu.at("free_memory").get<double>() / gib);
    if (const std::string capability = gpu.at("capability"); !capability.empty())
      text += ", capability " + capability;
    if (const std::string driver = gpu.at("driver"); !driver.empty()) text += ", " + driver;
    std::cout << fmt::format("{:<9} {}\n", gpu.at("device").get<std::string>(), text);
  }
  for (const Json& sentence : info.value("missing", Json::array()))
    std::cout << "          " << sentence.get<std::string>() << "\n";
}

}  // namespace

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
    for (const kernels::GpuBackend* gpu : kernels::gpu_backends().found)
      out["gpus"].push_back(gpu_json(*gpu));
    for (const std::string& sentence : kernels::gpu_backends().missing)
      out["missing"].push_back(sentence);
    out["simd"] = kernels::simd().name;
    out["threads"] = num_threads();
    out["blas"] = kernels::openblas_description();
    if (*json) return print_json(out);
    std::cout << fmt::format(
        "wald      {}\ndevices   {}\nsimd      {}\nthreads   {}\nblas      {}\n", WALD_VERSION,
        names, kernels::simd().name, num_threads(), kernels::openblas_description());
    print_gpus(out);
  });
}

}  // namespace wald::cli
