// Differentiation of recorded graphs: backward, grad, and the guards that turn recording off and
// on.
#pragma once

#include <span>
#include <vector>

#include <wald/engine/tensor.h>

namespace wald {

/// Whether operations called from this thread are recorded.
bool is_grad_enabled();

/// Sets recording on this thread for one scope.
class GradMode {
 public:
  explicit GradMode(bool enabled);
  ~GradMode();
  GradMode(const GradMode&) = delete;
  GradMode& operator=(const GradMode&) = delete;

 private:
  bool before_;
};
/// No operation in this scope is recorded.
class NoGradGuard : GradMode {
 public:
  NoGradGuard() : GradMode(false) {}
};
/// Operations in this scope are recorded, also inside a NoGradGuard.
class EnableGradGuard : GradMode {
 public:
  EnableGradGuard() : GradMode(true) {}
};

struct GradOptions {
  /// The cotangent of each output, of its shape; needed for those of more than one element.
  std::vector<Tensor> grad_outputs = {};
  /// Keep the values saved in the graph, so that it can be gone through again.
  bool retain_graph = false;
  /// Record the computation of the gradient, so that it can be differentiated again. Implies
  /// retain_graph.
  bool create_graph = false;
  /// An input that the outputs do not depend on gives an undefined tensor, not an error.
  bool allow_unused = false;
};

/// The gradients of the outputs' sum with respect to each input, which need not be a leaf. Nothing
/// is accumulated.
/// Throws GraphError if an input is not in the graph, or the graph has been freed.
std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                         const GradOptions& options = {});
Tensor grad(const Tensor& output, const Tensor& input, const GradOptions& options = {});

/// Accumulates the gradients of the outputs' sum into grad() of the leaves.
void backward(const std::vector<Tensor>& outputs, const GradOptions& options = {});

/// The gradients of several functions of the outputs in one sweep: each cotangent has one leading
/// axis of K, [K, shape of the output], and each result is [K, shape of the input]; undefined where
/// no output depends on the input. The graph is kept. Recorded if recording is on.
std::vector<Tensor> reverse_sweep(const std::vector<Tensor>& outputs,
                                  const std::vector<Tensor>& inputs,
                                  const std::vector<Tensor>& cotangents);

/// A sweep forward over a recorded graph: the tangents of the outputs, given those of the inputs,
/// each with one leading axis of K tangents: [K, shape of the input] to [K, shape of the output].
/// Undefined where an output does not depend on the inputs. Recorded if recording is on.
std::vector<Tensor> forward_sweep(const std::vector<Tensor>& outputs,
                                  const std::vector<Tensor>& inputs,
                                  const std::vector<Tensor>& tangents);

}  // namespace wald
