// Levenberg's and Marquardt's method for sums of squares, within bounds: one step after the other.
// Knows residuals and their Jacobian, no stopping rule.
#pragma once

#include <memory>

#include <wald/optim/descent.h>

namespace wald::optim {

/// Where parameters [k] may be; infinite where there is no bound.
struct Box {
  Tensor lower, upper;

  Tensor project(const Tensor& x) const;
  /// Whether a step is possible against the gradient: not at a bound beyond which it leads.
  Tensor is_free(const Tensor& x, const Tensor& gradient) const;

  /// From the options' bounds, of any shape that broadcasts to [k]. Throws InputError if a lower
  /// bound is above an upper one, or either is nan.
  static Box of(const MinimizeOptions& options, std::int64_t k);
};

/// A point of a sum of squares: value |residuals|^2 / 2, gradient J' residuals, and J = Q R.
struct Linearization {
  Point point;
  Tensor residuals;  ///< [m]
  Tensor jacobian;   ///< [m, k]
  Tensor basis;      ///< Q, [m, min(m, k)]
  Tensor triangle;   ///< R, [min(m, k), k]
  Tensor projected;  ///< Q' residuals, [min(m, k)]
};

/// More (1978), Numerical Analysis, Lecture Notes in Mathematics 630, 105-116: a trust region in
/// units of the Jacobian's columns. Where the step would leave the box, the parameters concerned go
/// to their bounds and the others are asked again. Steps are bent by the second derivative of the
/// residuals along them.
class LevenbergMarquardt : public Descent {
 public:
  /// residuals: [k] to [m].
  LevenbergMarquardt(TensorFunction residuals, Box box);

  /// The linearization at x; that of the last point is kept.
  const Linearization& at(Objective& objective, const Tensor& x);

  std::optional<Point> next(Objective& objective, const Point& here) override;
  /// By the linear model of the residuals, along the parameters that are free.
  double expected_decrease(Objective& objective, const Point& here) override;
  void reset() override;
  NamedTensors state() const override;
  void load(const NamedTensors& state) override;

 private:
  struct Step {
    Tensor x;
    double length, slope, predicted;
    bool is_bounded;  // by the radius
  };
  Step step_from(const Linearization& here) const;
  void adapt_radius(const Step& step, double change);

  TensorFunction residuals_;
  Box box_;
  Linearization here_;
  Tensor scale_;        // of each parameter: the longest column of the Jacobian so far
  double radius_ = -1;  // negative before the first step
};

}  // namespace wald::optim
