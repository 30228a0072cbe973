// What the exact Hessian says of a point: how far below the minimum of a quadratic model lies, and
// whether there is one.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <wald/optim/run/bounds.h>
#include <wald/optim/run/spectrum.h>

namespace wald::optim {

/// Up to so many parameters the Hessian is formed and decomposed; above, conjugate gradients on
/// products with it say what they can.
constexpr std::int64_t dense_limit = 500;

/// Curvature of less than this part of the largest, in coordinates that make the diagonal 1, is
/// none: the Hessian's elements are sums whose rounding is some hundreds of epsilons.
constexpr double negligible_curvature = 1e-12;
/// Negative curvature that cannot be told from none where the value does not fall along it: a
/// direction that has 1e-8 of the largest changes the value by rounding alone over a step of which
/// the rest changes it by a whole.
constexpr double doubtful_curvature = 1e-8;

struct Certificate {
  Tensor x;        ///< Where.
  Tensor hessian;  ///< Undefined if there are too many parameters.
  std::shared_ptr<const Spectrum> spectrum;
  /// By how much the quadratic model's minimum lies below, in units of the objective. Curvature
  /// counts by its size; what is flat counts as the least that is not. NaN if the Hessian is not
  /// finite, infinite if the gradient is not zero where the Hessian is.
  double decrement = 0;
  Tensor step;               ///< Newton's, on what is neither flat nor held.
  double step_decrease = 0;  ///< What the model says that it gains.
  Tensor downward;           ///< A direction of negative curvature; undefined if there is none.
  Tensor fall;               ///< Against the gradient, where it has no curvature; maybe zero.
  double smallest = 0;       ///< Eigenvalue, relative to the largest.
  std::vector<Tensor> flat_directions;  ///< Those without curvature.
  std::vector<std::int64_t> flat;       ///< The coordinates in them.
};

Certificate certify(Objective& objective, const Point& here, const Bounds& bounds,
                    double negligible = negligible_curvature);

/// The model's decrease and step for another gradient, with the curvature of a certificate that has
/// a spectrum.
struct NewtonStep {
  double decrement, decrease;
  Tensor step;
};
NewtonStep newton_step(const Spectrum& spectrum, const Tensor& gradient,
                       double negligible = negligible_curvature);

/// The decrement alone; NaN if there are negative eigenvalues, or none.
double newton_decrement(const Spectrum& spectrum, const Tensor& gradient);

}  // namespace wald::optim
