#include <fmt/format.h>

#include <wald/engine/error.h>
#include <wald/kernels/cpu/memory.h>
#include <wald/kernels/gpu/backend.h>

#include "device.h"

namespace wald {

/// Null for the processor.
static const kernels::GpuBackend* gpu_of(const Device& device) {
  return dynamic_cast<const kernels::GpuBackend*>(&device.backend());
}

static const kernels::GpuBackend& require_gpu(const Device& device, const char* what) {
  if (const kernels::GpuBackend* gpu = gpu_of(device)) return *gpu;
  throw DeviceError(
      fmt::format("{}: the memory of '{}' is not counted; a GPU's is", what, device.name()));
}

DeviceMemory device_memory(const Device& device) {
  const gpu::MemoryUse use = require_gpu(device, "device_memory").memory_use();
  return {use.in_use, use.kept, use.most, use.limit};
}

void set_memory_limit(const Device& device, std::size_t bytes) {
  require_gpu(device, "set_memory_limit").set_memory_limit(bytes);
}

void release_memory(const Device& device) {
  if (const kernels::GpuBackend* gpu = gpu_of(device))
    gpu->trim();
  else
    kernels::release_kept_memory();
}

void synchronize(const Device& device) { device.backend().synchronize(); }

}  // namespace wald
