// Where a tensor's numbers lie and its operations run.
#pragma once

#include <cstddef>
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

/// Bytes of a GPU's memory.
struct DeviceMemory {
  std::size_t in_use = 0;  ///< Held by tensors and running operations.
  std::size_t kept = 0;    ///< Given back, and kept for what comes next.
  std::size_t most = 0;    ///< The largest in_use so far.
  std::size_t limit = 0;   ///< Of in_use and kept together; 0: what the device has.
};
/// Throws DeviceError for the processor, whose memory is not counted.
DeviceMemory device_memory(const Device& device);
/// Bytes that tensors of a GPU and what is kept for them may take together; 0: what the device has.
/// Beyond it tensors throw DeviceError, as they do here for the processor.
void set_memory_limit(const Device& device, std::size_t bytes);
/// Gives the memory that is kept for later back to the device, so that other programs may have it.
void release_memory(const Device& device);
/// Waits for all that is queued on a device, for what measures time or uses its memory otherwise.
void synchronize(const Device& device);

}  // namespace wald
