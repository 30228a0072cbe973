// Where a tensor's numbers lie and its operations run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wald {

namespace kernels {
class Backend;
}

/// A device of this machine that this build of wald can use. A handle, cheap to copy.
class Device {
 public:
  Device();  ///< The processor: "cpu".
  /// The device of a name as in devices(). Throws DeviceError that lists them.
  explicit Device(std::string_view name);

  explicit Device(const kernels::Backend& backend) : backend_(&backend) {}

  std::string name() const;
  bool operator==(const Device&) const = default;

  const kernels::Backend& backend() const { return *backend_; }

 private:
  const kernels::Backend* backend_;
};

/// All that are there, the processor first.
std::vector<Device> devices();

/// Where functions that make tensors of numbers (zeros, tensor, arange, rand ...) put them unless
/// told: that of the innermost DeviceGuard of this thread, else $WALD_DEVICE, else the processor.
/// Throws DeviceError if the environment names a device that is not there.
Device default_device();

/// default_device() of this thread is another one while this lives.
class DeviceGuard {
 public:
  explicit DeviceGuard(const Device& device);
  ~DeviceGuard();
  DeviceGuard(const DeviceGuard&) = delete;
  DeviceGuard& operator=(const DeviceGuard&) = delete;

 private:
  const kernels::Backend* before_;
};

}  // namespace wald
