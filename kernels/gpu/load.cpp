// Finds the objects of GPU kernels and asks them for their devices.
#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <memory>

#include "backend.h"

namespace wald::kernels {
namespace {

std::string program_folder() {
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0) return ".";
  const std::string program(path, static_cast<std::size_t>(length));
  return program.substr(0, program.rfind('/'));
}

/// An object stays loaded until the end: its driver may have threads of its own.
void* open_object(const std::string& file, std::string& problem) {
  const char* const asked = std::getenv("WALD_GPU_PATH");
  const std::string beside = program_folder() + "/../lib/" + file;
  std::vector<std::string> places{file, beside, WALD_LIBRARY_FOLDER "/" + file};
  if (asked && *asked) places = {std::string(asked) + "/" + file};
  for (const std::string& place : places) {
    if (void* const object = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL)) return object;
    const std::string why = dlerror();
    // An object that is not there is no problem; one that cannot be loaded is.
    if (place.find('/') != std::string::npos && access(place.c_str(), F_OK) == 0) problem = why;
  }
  return nullptr;
}

/// The table of an object, or null and, if the object is there, why.
const gpu::Table* load(const std::string& file, std::string& problem) {
  void* const object = open_object(file, problem);
  if (!object) return nullptr;
  const auto table_of = reinterpret_cast<const gpu::Table* (*)()>(dlsym(object, "wald_gpu_table"));
  const gpu::Table* const table = table_of ? table_of() : nullptr;
  if (table && table->version == gpu::table_version) return table;
  problem = "it belongs to another version of wald";
  return nullptr;
}

GpuBackends look_for_devices() {
  GpuBackends all;
  for (const char* file : {"libwald_cuda.so", "libwald_hip.so", "libwald_emulated.so"}) {
    std::string problem;
    const gpu::Table* const table = load(file, problem);
    int n = 0;
    if (table) {
      const int status = table->device_count(&n);
      if (status != 0) problem = table->message_of(status);
      if (status == 0 && n == 0) problem = "no device";
      for (int device = 0; status == 0 && device < n; ++device)
        all.found.push_back(new GpuBackend(*table, device));  // lives as long as its tensors
    }
    if (!problem.empty()) all.missing.push_back(std::string(file) + ": " + problem);
  }
  std::stable_partition(all.found.begin(), all.found.end(),
                        [](const GpuBackend* gpu) { return !gpu->is_integrated(); });
  return all;
}

}  // namespace

const GpuBackends& gpu_backends() {
  static const auto* const all = new GpuBackends(look_for_devices());
  return *all;
}

}  // namespace wald::kernels
