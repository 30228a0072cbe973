// What a device has computed, brought to the processor together: one copy and one wait in place of
// one for each.
#pragma once

#include <vector>

#include <wald/engine/tensor.h>

namespace wald::optim {

/// The values of tensors of one element each, of any types and devices.
std::vector<double> read_numbers(const std::vector<Tensor>& scalars);

/// The same tensors, float64 of any shapes, on this device.
std::vector<Tensor> brought(const std::vector<Tensor>& parts, const Device& device);

}  // namespace wald::optim
