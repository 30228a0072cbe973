// Where a tensor's numbers lie and its operations run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wald {

class Tensor;
namespace kernels {
class Backend;
}

/// A device of this machine that this build of wald can use. A handle, cheap to copy.
class Device {
 public:
  Device();  ///< The processor: "cpu".
  /// The device of a name as in devices(). Throws DeviceError that lists them.
  explicit Device(std::string_view name);

  std::string name() const;
  bool operator==(const Device&) const = default;

  const kernels::Backend& backend() const { return *backend_; }

 private:
  friend class Tensor;
  friend std::vector<Device> devices();
  explicit Device(const kernels::Backend& backend) : backend_(&backend) {}

  const kernels::Backend* backend_;
};

/// All that are there, the processor first.
std::vector<Device> devices();

}  // namespace wald
