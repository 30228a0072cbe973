// What op.cpp and autograd.cpp ask of an AnomalyGuard. For the engine's own files.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <wald/engine/tensor.h>

namespace wald::anomaly {

/// Whether results of operations are to be checked: not inside a sweep, whose rules may make a nan
/// and mask it.
bool checks_results();
bool checks_derivatives();

/// A sweep, for one scope.
class SweepScope {
 public:
  SweepScope();
  ~SweepScope();

 private:
  bool before_;
};

/// Throw NumericalError if there is a nan that was not there before. `number` counts the cotangents
/// of a node's inputs, or the tangents of its outputs.
void check_result(std::string_view op, std::span<const Tensor* const> in, const Tensor& out);
void check_derivative(const std::string& node, std::span<const Tensor> given, int number,
                      const Tensor& made);

}  // namespace wald::anomaly
