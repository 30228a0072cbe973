#include "device.h"

#include <fmt/format.h>

#include <cstdlib>

#include <wald/engine/error.h>
#include <wald/kernels/gpu/backend.h>

namespace wald {

Device::Device() : backend_(&kernels::cpu_backend()) {}

Device::Device(std::string_view name) : backend_(nullptr) {
  std::string known;
  for (const Device& device : devices()) {
    if (device.name() == name) backend_ = device.backend_;
    known += (known.empty() ? "" : ", ") + device.name();
  }
  if (backend_) return;
  std::string message =
      fmt::format("no device is called '{}'; this build of wald has found: {}", name, known);
  for (const std::string& missing : kernels::gpu_backends().missing)
    message += fmt::format(" ({})", missing);
  throw DeviceError(message);
}

std::string Device::name() const { return backend_->name; }

std::vector<Device> devices() {
  std::vector<Device> all{Device()};
  for (const kernels::GpuBackend* gpu : kernels::gpu_backends().found) all.push_back(Device(*gpu));
  return all;
}

/// Of the guards of this thread; null without any.
static thread_local const kernels::Backend* guarded = nullptr;

static Device device_of_environment() {
  const char* const name = std::getenv("WALD_DEVICE");
  return name && *name ? Device(name) : Device();
}

Device default_device() {
  if (guarded) return Device(*guarded);
  static const Device device = device_of_environment();
  return device;
}

DeviceGuard::DeviceGuard(const Device& device) : before_(guarded) { guarded = &device.backend(); }
DeviceGuard::~DeviceGuard() { guarded = before_; }

}  // namespace wald
