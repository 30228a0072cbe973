// Operands on one device. For functions that broadcast before they record.
#pragma once

#include <span>
#include <string_view>

#include <wald/engine/tensor.h>

namespace wald {

/// Brings tensors without axes on the processor to the device of the others. Throws DeviceError if
/// they then lie on several.
void bring_together(std::string_view op, std::span<Tensor> in);

}  // namespace wald
