// The quadratic model of an objective at a point, in coordinates in which steps are measured.
#pragma once

#include <wald/optim/objective.h>

namespace wald::optim {

/// Units of steps [k] in which the diagonal of the Hessian at `here` is equal; undefined, for none,
/// beyond 500 parameters, where it would cost too much. They turn with the units of the parameters,
/// by more than powers of two, and not with those of the objective.
Tensor step_units(Objective& objective, const Point& here);

/// g'u + u'Hu/2 for steps u in such units. Must not outlive what it was made of.
class QuadraticModel {
 public:
  QuadraticModel(Objective& objective, const Point& here, const Tensor& units);

  const Tensor& gradient() const { return gradient_; }
  Tensor hessian() const;
  Tensor hessian_times(const Tensor& u) const;
  /// The step in the objective's coordinates.
  Tensor step(const Tensor& u) const;
  const Point& here() const { return here_; }

 private:
  Objective& objective_;
  const Point& here_;
  const Tensor& units_;
  Tensor gradient_;
};

}  // namespace wald::optim
