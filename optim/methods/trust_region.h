// The frame of the trust-region methods: a step minimizes a quadratic model within a radius, and
// how well the model foretold the decrease decides whether the step is taken and what the radius
// becomes. Conn, Gould and Toint (2000), Trust-Region Methods, algorithm 6.1.1.
#pragma once

#include <optional>

#include <wald/engine/ops/decompositions.h>
#include <wald/optim/methods/descent.h>
#include <wald/optim/methods/quadratic_model.h>
#include <wald/optim/methods/secular.h>

namespace wald::optim {

struct TrustStep {
  Tensor step;                    ///< [k], in the model's units.
  double decrease = 0;            ///< Of the model; 0 if it has no lower point.
  bool is_model_minimum = false;  ///< The model is convex, and this is its minimum.
};

class TrustRegion : public Descent {
 public:
  std::optional<Point> next(Objective& objective, const Point& here) final;
  /// Infinite where the model's minimum lies beyond the radius.
  double expected_decrease(Objective& objective, const Point& here) final;
  void reset() override;
  NamedTensors state() const final;
  void load(const NamedTensors& state) final;

 protected:
  /// The model's minimum, or a low point, within the radius. An infinite radius asks for the
  /// model's minimum if it has one, roughly.
  virtual TrustStep step(const QuadraticModel& model, double radius) = 0;
  /// Whether the method needs the Hessian at each point, so that units can follow it.
  virtual bool uses_hessian() const { return false; }

 private:
  const TrustStep& solve(Objective& objective, const Point& here);
  double first_radius(const QuadraticModel& model);

  double radius_ = 0;  // 0: none yet, nor units
  StepUnits units_;
  Tensor solved_at_;
  double solved_radius_ = 0;
  TrustStep solved_;
};

/// Where the model is the exact Hessian, decomposed: what is left is to choose a step among the
/// eigenvectors.
class EigenTrustRegion : public TrustRegion {
 public:
  void reset() override;

 protected:
  /// A gain of `negligible` is none.
  virtual EigenStep choose(const EigenModel& model, double radius, double negligible) const = 0;

  TrustStep step(const QuadraticModel& model, double radius) final;
  bool uses_hessian() const final { return true; }

 private:
  void decompose(const QuadraticModel& model);

  Tensor decomposed_at_;
  Eigh decomposed_;  // undefined where the Hessian is not finite
};

}  // namespace wald::optim
