// Checks of derivatives against differences, for operations and functions of the user's own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/engine/transforms.h>

namespace wald {

/// What gradcheck throws: the message names the derivative, the input and its element, and the two
/// numbers that differ.
class GradcheckError : public Error {
  using Error::Error;
};

struct GradcheckOptions {
  double eps = 1e-6;   ///< Step of the central differences.
  double atol = 1e-5;  ///< A derivative a passes for a difference d if |a - d| <= atol + rtol |d|.
  double rtol = 1e-3;
  /// Throw GradcheckError if a check fails; else the report says so.
  bool raise = true;
  /// Sweeps forward too, against the same differences.
  bool check_forward = true;
  /// Several directions in one sweep, backward (and forward), against one at a time.
  bool check_batched = true;
  /// By how much two evaluations at the same point may differ, and two gradients.
  double nondeterminism_tol = 0;
  /// Compare u'Jv for a random u and v for each pair of output and input in place of every element
  /// of J: two evaluations of f for each input instead of two for each of its elements.
  bool is_projected = false;
  std::uint32_t seed = 1;  ///< Of random directions.
};

struct GradcheckReport {
  bool passed = true;
  /// What failed first, or the warning that inputs are float32; empty if there is nothing to say.
  std::string message;
  double worst = 0;  ///< The largest difference between a derivative and its check.

  explicit operator bool() const { return passed; }
};

/// Compares the derivatives of f at the inputs by every input that holds floats with central
/// differences: gradients backward, sweeps forward, batched sweeps. f must be differentiable at the
/// inputs and within eps of them. float32 inputs are refused no check, but their differences have
/// few digits: the message says so; use float64.
/// Throws GradcheckError as options.raise says; GraphError if no input holds floats.
GradcheckReport gradcheck(const TensorFunction& f, const Tensor& x,
                          const GradcheckOptions& options = {});
GradcheckReport gradcheck(const FunctionOfSeveral& f, const std::vector<Tensor>& inputs,
                          const GradcheckOptions& options = {});
GradcheckReport gradcheck(const FunctionToSeveral& f, const std::vector<Tensor>& inputs,
                          const GradcheckOptions& options = {});

/// The same for the gradients of f as functions of the inputs and of random cotangents: second
/// derivatives. In the messages, "output i" is the gradient by input i (counting those that hold
/// floats), and the inputs after f's own are the cotangents.
GradcheckReport gradgradcheck(const TensorFunction& f, const Tensor& x,
                              const GradcheckOptions& options = {});
GradcheckReport gradgradcheck(const FunctionOfSeveral& f, const std::vector<Tensor>& inputs,
                              const GradcheckOptions& options = {});
GradcheckReport gradgradcheck(const FunctionToSeveral& f, const std::vector<Tensor>& inputs,
                              const GradcheckOptions& options = {});

}  // namespace wald
