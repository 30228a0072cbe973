// The quadratic model of an objective at a point, in coordinates in which steps are measured.
#pragma once

#include <vector>

#include <wald/engine/io/npy.h>
#include <wald/optim/objective.h>

namespace wald::optim {

/// Units of steps in which the diagonal of the Hessian is the same for all parameters. They turn
/// with the units of the parameters, exactly, and not with those of the objective.
class StepUnits {
 public:
  /// By the Hessian at `here`, unless there are more than 500 parameters, for which it would cost
  /// too much: then they are 1.
  void begin(Objective& objective, const Point& here);
  /// By the Hessian at a further point; no curvature counts for less than a sixteenth of what it
  /// was.
  void update(Objective& objective, const Point& there);
  void reset() { curvature_ = units_ = {}; }

  /// [k]; undefined if they are 1.
  const Tensor& units() const { return units_; }

  void save(NamedTensors& state) const;
  void load(const NamedTensors& state);

 private:
  void set(const std::vector<double>& curvature);

  Tensor curvature_;      // [k]
  double reference_ = 0;  // the curvature of which the unit is 1
  Tensor units_;
};

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
