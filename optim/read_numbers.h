// Numbers that a device has computed, brought to the processor together.
#pragma once

#include <vector>

#include <wald/engine/tensor.h>

namespace wald::optim {

/// The values of tensors of one element each, of any types. Those of another device come in one
/// copy: one wait in place of one for each.
std::vector<double> read_numbers(const std::vector<Tensor>& scalars);

}  // namespace wald::optim
