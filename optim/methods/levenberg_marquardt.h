// Levenberg's and Marquardt's method for sums of squares, within bounds: one step after the other.
// Knows residuals and their Jacobian, no stopping rule.
#pragma once

#include <optional>

#include <wald/optim/objective.h>
#include <wald/optim/run/bounds.h>

namespace wald::optim {

/// A point of a sum of squares: value |residuals|^2 / 2, gradient J' residuals, and J = Q R. What
/// has m rows lies on the device of the residuals, all else on the processor.
struct Linearization {
  Point point;
  Tensor residuals;  ///< [m]
  Tensor jacobian;   ///< [m, k]
  Tensor basis;      ///< Q, [m, min(m, k)]
  Tensor triangle;   ///< R, [min(m, k), k]
  Tensor projected;  ///< Q' residuals, [min(m, k)]
};

/// Whether no bound holds a parameter, [k].
Tensor is_free(const Bounds& bounds, const Point& point);

/// More (1978), Numerical Analysis, Lecture Notes in Mathematics 630, 105-116: a trust region in
/// units of the Jacobian's columns. Where the step would cross bounds, the parameters concerned go
/// to their bounds and the others are asked again. Steps are bent by the second derivative of the
/// residuals along them.
class LevenbergMarquardt {
 public:
  /// residuals: [k] to [m], evaluated on `device`.
  LevenbergMarquardt(TensorFunction residuals, Bounds bounds, const Device& device);

  /// The linearization at x; that of the last point is kept.
  const Linearization& at(Objective& objective, const Tensor& x);

  /// A point with a lower value; nothing if none is found.
  std::optional<Point> next(Objective& objective, const Point& here);
  /// By the linear model of the residuals, along the parameters that no bound holds.
  double expected_decrease(Objective& objective, const Point& here);
  /// Forgets radius and scale.
  void reset();

 private:
  struct Step {
    Tensor x;
    double length, slope, predicted;
    bool is_bounded;  // by the radius
  };
  Step step_from(const Linearization& here) const;
  void adapt_radius(const Step& step, double change);

  TensorFunction residuals_;
  Device device_;
  Bounds bounds_;
  Linearization here_;
  Tensor scale_;        // of each parameter: the longest column of the Jacobian so far
  double radius_ = -1;  // negative before the first step
};

}  // namespace wald::optim
