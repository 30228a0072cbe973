// Rows of the op table for pointwise functions, made from a function and its formula for one
// element.
#pragma once

#include <string>
#include <vector>

#include "op_table.h"

namespace wald::testing {

using Real = long double;
using Unary = Tensor(const Tensor&);
using Binary = Tensor(const Tensor&, const Tensor&);

OpRow pointwise_row(std::string name, Builder build, std::vector<Sampler> inputs,
                    ScalarReference scalar);
OpRow unary_row(std::string name, Unary* f, Sampler x, Real (*formula)(Real));
OpRow binary_row(std::string name, Binary* f, Sampler x, Sampler y, Real (*formula)(Real, Real));
OpRow ternary_row(std::string name, Tensor (*f)(const Tensor&, const Tensor&, const Tensor&),
                  std::vector<Sampler> inputs, Real (*formula)(Real, Real, Real));
/// A function of one tensor that is not a kernel of its own; `op` is one that it records.
OpRow composed_row(std::string name, std::string op, Tensor (*f)(const Tensor&), Sampler x,
                   Real (*formula)(Real));

/// Integers stay integers.
OpRow on_integers(OpRow row);
/// The engine records it under another name.
OpRow named_in_graph(OpRow row, std::string op);
/// With another bound on the error of the kernels.
OpRow within_ulps(OpRow row, double ulps);
/// The error counts in last places of this magnitude, where that of the value cannot be kept.
OpRow measured_by(OpRow row, ScalarReference magnitude);
/// Gives booleans.
OpRow to_booleans(OpRow row);

/// Near -2, -1 ... 2, at most `jitter` from `offset` above.
Sampler around_whole(double offset, double jitter);

std::vector<OpRow> elementary_rows();
std::vector<OpRow> activation_rows();
std::vector<OpRow> comparison_rows();

}  // namespace wald::testing
