// What an AnomalyGuard is asked where results and derivatives are made. For the engine's own files.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <wald/engine/tensor.h>

namespace wald::anomaly {

/// Whether results of operations, and derivatives of nodes, are to be checked: not inside a rule.
bool checks_results();
bool checks_derivatives();

/// A sweep, or the forward of a user's Function, for one scope: its rules may make a nan and mask
/// it, and what they give is checked by whoever runs them.
class RuleScope {
 public:
  RuleScope();
  ~RuleScope();

 private:
  bool before_;
};

/// Throw NumericalError if there is a nan that was not there before. `number` counts the cotangents
/// of a node's inputs, or the tangents of its outputs.
void check_result(std::string_view op, std::span<const Tensor* const> in, const Tensor& out);
void check_derivative(const std::string& node, std::span<const Tensor> given, int number,
                      const Tensor& made);

}  // namespace wald::anomaly
