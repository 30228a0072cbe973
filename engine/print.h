// Printing tensors, in the form that libtorch's users know.
#pragma once

#include <iosfwd>
#include <string>

#include <wald/engine/tensor.h>

namespace wald {

/// The values, then `[ CPUDoubleType{2,1} ]` and, if it applies, `[ requires_grad = TRUE ]` or
/// `[ grad_fn = <ExpBackward0> ]`.
std::string to_string(const Tensor& x);
std::ostream& operator<<(std::ostream& out, const Tensor& x);

}  // namespace wald
