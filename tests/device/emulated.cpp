#include "emulated.h"

#include <cstdlib>

namespace wald::testing {
namespace {

// Before anything asks for devices.
const bool is_guarded = setenv("WALD_EMULATED_GUARD", "1", 1) == 0;
[[maybe_unused]] const int two_devices = setenv("WALD_EMULATED_DEVICES", "2", 1);

}  // namespace

std::optional<Device> find_emulated() {
  for (const Device& device : devices())
    if (is_guarded && device.name() == "emulated") return device;
  return {};
}

}  // namespace wald::testing
