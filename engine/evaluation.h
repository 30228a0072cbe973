// A function evaluated for a transform: fresh inputs, the graph from them to the outputs, and
// whether what is derived from it is recorded in turn. For the transforms' own files.
#pragma once

#include <optional>
#include <vector>

#include <wald/engine/autograd.h>
#include <wald/engine/transforms.h>

namespace wald {

struct Evaluation {
  /// Throws DTypeError if an input holds no floats, GraphError if f gives an undefined tensor.
  /// `directions` are what else the result is linear in; undefined ones are passed over.
  Evaluation(const char* transform, const FunctionToSeveral& f, const std::vector<Tensor>& inputs,
             const std::optional<bool>& create_graph, const std::vector<Tensor>& directions = {});

  /// Throws ShapeError if there is not one output of one element.
  void require_scalar() const;
  /// The gradients of the outputs' inner product with the cotangents; 1 for an undefined cotangent.
  std::vector<Tensor> gradients(const std::vector<Tensor>& cotangents, bool create_graph) const;
  /// A result as the caller gets it.
  Tensor finished(const Tensor& value) const { return is_recorded ? value : value.detach(); }
  std::vector<Tensor> finished(std::vector<Tensor> values) const;

  const char* name;
  bool is_recorded;
  std::vector<Tensor> x, y;
};

/// The type of a tangent of y.
inline DType tangent_dtype(const Tensor& y) {
  return is_floating(y.dtype()) ? y.dtype() : DType::float64;
}

inline FunctionToSeveral to_several(const TensorFunction& f) {
  return [&f](const std::vector<Tensor>& x) { return std::vector<Tensor>{f(x[0])}; };
}
inline FunctionToSeveral to_several(const FunctionOfSeveral& f) {
  return [&f](const std::vector<Tensor>& x) { return std::vector<Tensor>{f(x)}; };
}

}  // namespace wald
