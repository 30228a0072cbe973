// Derivatives of functions of tensors: products with the Jacobian and the Hessian, and the matrices
// themselves, in batches of directions under a budget of memory.
//
// Every transform evaluates the function at fresh tensors with the values of the inputs, so that
// the caller's graph and gradients stay as they are. Inputs must be float64 or float32
// (DTypeError); what the function ignores has derivative zero, as has a function that is constant.
//
// Transforms nest: a result is itself recorded, so that it can be differentiated again, if
// recording is on and an input (or a direction) requires grad. Inside the function of another
// transform that is the case: jacobian of x -> hessian(f, x) gives third derivatives. The option
// create_graph says otherwise: true also records how the result depends on tensors that the
// function captures, false detaches it.
//
// Which overload is meant shows in the parameter of the function given, const Tensor& or
// const std::vector<Tensor>&, which a lambda must spell out.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include <wald/engine/tensor.h>

namespace wald {

/// A function of one tensor; transforms that want a scalar throw ShapeError if it gives another
/// number of elements than one.
using TensorFunction = std::function<Tensor(const Tensor& x)>;
using ScalarFunction = TensorFunction;
/// A function of several tensors.
using FunctionOfSeveral = std::function<Tensor(const std::vector<Tensor>& x)>;
/// A function of several tensors that gives several.
using FunctionToSeveral = std::function<std::vector<Tensor>(const std::vector<Tensor>& x)>;

struct TransformOptions {
  /// Whether the results are recorded; see the head of this file for what holds if it is not said.
  std::optional<bool> create_graph = {};
};

struct ValueAndGradient {
  Tensor value, gradient;
};
struct ValueAndGradients {
  Tensor value;
  std::vector<Tensor> gradients;  ///< By each input, of its shape.
};

/// f and its gradient. f must give a scalar.
ValueAndGradient value_and_gradient(const ScalarFunction& f, const Tensor& x,
                                    const TransformOptions& options = {});
ValueAndGradients value_and_gradient(const FunctionOfSeveral& f, const std::vector<Tensor>& inputs,
                                     const TransformOptions& options = {});

/// f, and a cotangent of f taken back to the inputs.
template <class Value, class Inputs>
struct Vjp {
  Value value;
  Inputs vjp;  ///< Of the shapes of the inputs.
};
/// A row vector times the Jacobian, by one sweep backward. The cotangent has the shape of f's value
/// (ShapeError); of a scalar f it may be undefined, for 1. Of several outputs, an undefined one
/// stands for zero.
Vjp<Tensor, Tensor> vjp(const TensorFunction& f, const Tensor& x, const Tensor& cotangent = {},
                        const TransformOptions& options = {});
Vjp<Tensor, std::vector<Tensor>> vjp(const FunctionOfSeveral& f, const std::vector<Tensor>& inputs,
                                     const Tensor& cotangent = {},
                                     const TransformOptions& options = {});
Vjp<std::vector<Tensor>, std::vector<Tensor>> vjp(const FunctionToSeveral& f,
                                                  const std::vector<Tensor>& inputs,
                                                  const std::vector<Tensor>& cotangents,
                                                  const TransformOptions& options = {});

/// f, and a tangent of the inputs taken forward to f.
template <class Value>
struct Jvp {
  Value value;
  Value jvp;  ///< Of the shape of the value; float64 where the value holds no floats.
};
/// The Jacobian times a vector, by one sweep forward over the recorded function. The tangent has
/// the shape of the input (ShapeError). Of several inputs, an undefined tangent stands for zero.
Jvp<Tensor> jvp(const TensorFunction& f, const Tensor& x, const Tensor& tangent,
                const TransformOptions& options = {});
Jvp<Tensor> jvp(const FunctionOfSeveral& f, const std::vector<Tensor>& inputs,
                const std::vector<Tensor>& tangents, const TransformOptions& options = {});
Jvp<std::vector<Tensor>> jvp(const FunctionToSeveral& f, const std::vector<Tensor>& inputs,
                             const std::vector<Tensor>& tangents,
                             const TransformOptions& options = {});

/// f, its gradient, and the product of its Hessian with a vector.
template <class Inputs>
struct HessianProduct {
  Tensor value;
  Inputs gradient, product;
};
/// The Hessian times v: one sweep forward over the gradient's graph. f must give a scalar; v has
/// the shape of the input (ShapeError).
HessianProduct<Tensor> hvp(const ScalarFunction& f, const Tensor& x, const Tensor& v,
                           const TransformOptions& options = {});
HessianProduct<std::vector<Tensor>> hvp(const FunctionOfSeveral& f,
                                        const std::vector<Tensor>& inputs,
                                        const std::vector<Tensor>& v,
                                        const TransformOptions& options = {});
/// v times the Hessian: a sweep backward over the gradient's graph. Equal to hvp where the second
/// derivatives are continuous; cheaper in memory, dearer in time.
HessianProduct<Tensor> vhp(const ScalarFunction& f, const Tensor& x, const Tensor& v,
                           const TransformOptions& options = {});
HessianProduct<std::vector<Tensor>> vhp(const FunctionOfSeveral& f,
                                        const std::vector<Tensor>& inputs,
                                        const std::vector<Tensor>& v,
                                        const TransformOptions& options = {});

/// A quarter of the memory of this machine, or of that which its control group may use: the budget
/// of a batched sweep if none is given.
std::size_t default_max_bytes();

/// The bytes that one direction takes in forward_sweep, or one cotangent in reverse_sweep: the
/// largest sum, over the steps of the sweep, of the sizes of all values carried at once and of the
/// step's own terms. It is an estimate: a rule that makes large temporaries of its own takes more,
/// constant directions take less.
std::size_t forward_sweep_bytes(const std::vector<Tensor>& outputs,
                                const std::vector<Tensor>& inputs);
std::size_t reverse_sweep_bytes(const std::vector<Tensor>& outputs,
                                const std::vector<Tensor>& inputs);

enum class JacobianMode {
  automatic,  ///< Forward if the inputs have no more elements than the outputs, else reverse.
  forward,    ///< Columns: a direction for each element of the inputs.
  reverse     ///< Rows: a cotangent for each element of the outputs.
};

struct JacobianOptions {
  JacobianMode mode = JacobianMode::automatic;
  /// Directions go through the graph together, as many as fit this many bytes by the estimate
  /// above; 0 for default_max_bytes(). The result itself does not count. Throws Error stating both
  /// numbers if a single direction does not fit.
  std::size_t max_bytes = 0;
  /// At most so many directions together; 0 for no limit.
  std::int64_t max_directions = 0;
  std::optional<bool> create_graph = {};  ///< As in TransformOptions.
};

/// The matrix of first derivatives, of shape [shape of f, shape of the input], in the wider type of
/// the two. Of several inputs, one for each; of several outputs, [output][input].
Tensor jacobian(const TensorFunction& f, const Tensor& x, const JacobianOptions& options = {});
std::vector<Tensor> jacobian(const FunctionOfSeveral& f, const std::vector<Tensor>& inputs,
                             const JacobianOptions& options = {});
std::vector<std::vector<Tensor>> jacobian(const FunctionToSeveral& f,
                                          const std::vector<Tensor>& inputs,
                                          const JacobianOptions& options = {});

template <class Value, class Matrix>
struct ValueAndJacobian {
  Value value;
  Matrix jacobian;
};
/// The same with f's value, which costs nothing more.
ValueAndJacobian<Tensor, Tensor> value_and_jacobian(const TensorFunction& f, const Tensor& x,
                                                    const JacobianOptions& options = {});
ValueAndJacobian<Tensor, std::vector<Tensor>> value_and_jacobian(
    const FunctionOfSeveral& f, const std::vector<Tensor>& inputs,
    const JacobianOptions& options = {});
ValueAndJacobian<std::vector<Tensor>, std::vector<std::vector<Tensor>>> value_and_jacobian(
    const FunctionToSeveral& f, const std::vector<Tensor>& inputs,
    const JacobianOptions& options = {});

enum class HessianMethod {
  batched,  ///< Sweeps forward over the gradient's graph, with many directions as a batch.
  rows      ///< The gradient of each element of the gradient in turn: K sweeps backward.
};

struct HessianOptions {
  HessianMethod method = HessianMethod::batched;
  /// As in JacobianOptions; `rows` takes one direction at a time and heeds neither.
  std::size_t max_bytes = 0;
  std::int64_t max_directions = 0;
  std::optional<bool> create_graph = {};  ///< As in TransformOptions.
};

/// The matrix of second derivatives of a scalar function at x, of shape [shape of x, shape of x].
/// Throws ShapeError if f does not give a scalar.
Tensor hessian(const ScalarFunction& f, const Tensor& x, const HessianOptions& options = {});
Tensor hessian(const ScalarFunction& f, const Tensor& x, HessianMethod method);
/// Of several inputs: block [i][j] is of shape [shape of input i, shape of input j], in the wider
/// type of the two.
std::vector<std::vector<Tensor>> hessian(const FunctionOfSeveral& f,
                                         const std::vector<Tensor>& inputs,
                                         const HessianOptions& options = {});

template <class Inputs, class Matrix>
struct ValueGradientAndHessian {
  Tensor value;
  Inputs gradient;
  Matrix hessian;
};
/// The same with f's value and gradient, which cost nothing more.
ValueGradientAndHessian<Tensor, Tensor> value_gradient_and_hessian(
    const ScalarFunction& f, const Tensor& x, const HessianOptions& options = {});
ValueGradientAndHessian<std::vector<Tensor>, std::vector<std::vector<Tensor>>>
value_gradient_and_hessian(const FunctionOfSeveral& f, const std::vector<Tensor>& inputs,
                           const HessianOptions& options = {});

struct ScoresOptions {
  std::size_t max_bytes = 0;              ///< As in JacobianOptions.
  std::int64_t max_directions = 0;        ///< As in JacobianOptions.
  std::optional<bool> create_graph = {};  ///< As in TransformOptions.
};
/// The gradients of n terms, as those of a log-likelihood by observation: for f giving [n]
/// (ShapeError), the matrix [n, shape of theta], laid out by rows; for theta [k], [n, k]. One sweep
/// forward with a direction for each element of theta, or several under a budget.
Tensor scores(const TensorFunction& f, const Tensor& theta, const ScoresOptions& options = {});
/// Of several parameters, a matrix for each.
std::vector<Tensor> scores(const FunctionOfSeveral& f, const std::vector<Tensor>& parameters,
                           const ScoresOptions& options = {});

}  // namespace wald
