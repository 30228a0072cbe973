#include "device.h"

#include <fmt/format.h>

#include <wald/engine/error.h>
#include <wald/kernels/backend.h>

namespace wald {

Device::Device() : backend_(&kernels::cpu_backend()) {}

Device::Device(std::string_view name) : backend_(nullptr) {
  std::string known;
  for (const Device& device : devices()) {
    if (device.name() == name) backend_ = device.backend_;
    known += (known.empty() ? "" : ", ") + device.name();
  }
  if (!backend_)
    throw DeviceError(
        fmt::format("no device is called '{}'; this build of wald has found: {}", name, known));
}

std::string Device::name() const { return backend_->name; }

std::vector<Device> devices() { return {Device()}; }

}  // namespace wald
