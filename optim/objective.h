// An objective as the methods of minimize() see it: values and exact derivatives at points of one
// vector, counted. Knows no method and no stopping rule.
//
// It is also the border between two devices. The function is evaluated on its own; the vectors of a
// method lie wherever the method keeps them, mostly on the processor, and what an evaluation gives
// comes there in one copy.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include <wald/engine/tensor.h>
#include <wald/engine/transforms.h>

namespace wald::optim {

/// How often the objective was evaluated. A gradient comes with its value and counts in both.
struct Evaluations {
  std::int64_t values = 0, gradients = 0, hessians = 0, products = 0;
};

/// A point with what is known there: x [k], the value, the gradient [k]. They always belong
/// together. The gradient is undefined where only the value was asked for.
struct Point {
  Tensor x;
  double value = 0;
  Tensor gradient;
  /// The largest |element| of the gradient, where that came with the value from another device.
  std::optional<double> largest_slope = {};
  /// The slope along a direction, where at() was asked for it.
  std::optional<double> slope_along = {};

  /// Whether value and gradient are finite.
  bool is_finite() const;
  bool is_stationary() const;  ///< Whether the gradient is 0.
};

/// Called on one vector of parameters, float64 [k]. Tensors that it gives are detached, and lie
/// where the vector does.
class Objective {
 public:
  /// f gets its vectors on `device`, and is called under a guard for it.
  explicit Objective(ScalarFunction f, const Device& device = default_device());

  /// A cheaper way to the Hessian than the sweeps.
  void set_hessian(TensorFunction hessian) { hessian_of_ = std::move(hessian); }

  /// The value alone.
  double value(const Tensor& x);
  /// With the slope along a direction [k], if one is given.
  Point at(const Tensor& x, const Tensor& along = {});
  /// The same in one pass with the Hessian, which is kept: cheaper than to ask for it later.
  Point with_hessian(const Tensor& x);
  /// [k, k], exact. That of the last x is kept, and given again without a count.
  Tensor hessian(const Tensor& x);
  /// Keeps a Hessian that is known.
  void keep_hessian(const Tensor& x, const Tensor& hessian);
  /// The Hessian at x times v [k]: by the Hessian without a count if it is kept, else by a sweep.
  /// The gradient's graph at x is kept, so that further products at the same x cost one sweep each.
  Tensor hessian_times(const Tensor& x, const Tensor& v);

  /// Called before each evaluation; may throw to end the run.
  void set_guard(std::function<void()> guard) { guard_ = std::move(guard); }
  /// Whether some value was -inf.
  bool has_fallen_to_infinity() const { return has_fallen_to_infinity_; }

  /// For what is evaluated elsewhere: asks the guard and counts.
  void count(std::int64_t Evaluations::*kind) { begin(evaluations_.*kind); }
  const Evaluations& evaluations() const { return evaluations_; }
  void set_evaluations(const Evaluations& evaluations) { evaluations_ = evaluations; }

 private:
  void begin(std::int64_t& count);
  double note(double value);

  ScalarFunction f_;
  Device device_;
  TensorFunction hessian_of_;
  Evaluations evaluations_;
  std::function<void()> guard_;
  bool has_fallen_to_infinity_ = false;
  Tensor hessian_at_, hessian_;            // the last one
  Tensor products_at_, input_, gradient_;  // of the last hessian_times
};

}  // namespace wald::optim
