// What the functions of the op table give on a device, against what they give on the processor.
// Free of the test framework: `wald selftest` asks the same.
#pragma once

#include <string>
#include <vector>

#include "op_table.h"

namespace wald::testing {

/// Values, gradients, tangents and second derivatives of a row's function, in float64 (also laid
/// out column by column) and float32: a sentence for each call that differs by more than rounding,
/// or at all where it holds whole numbers.
std::vector<std::string> device_differences(const OpRow& row, const Device& device);

/// Random draws, of which these many kinds have the same bits on every device.
constexpr std::size_t random_draws = 9;
std::vector<std::string> random_differences(const Device& device);

}  // namespace wald::testing
