// Nonlinear least squares with exact derivatives: the minimum of a sum of squared residuals, and
// what statistics makes of it.
#pragma once

#include <wald/optim/minimize.h>

namespace wald::optim {

/// value is rss / 2, with its gradient and exact Hessian; parameters at a bound against which the
/// gradient presses count as known in newton_decrement, covariance and std_errors.
struct LeastSquaresResult : MinimizeResult {
  Tensor residuals;  ///< [m], at x.
  Tensor jacobian;   ///< [m, k], of the residuals.
  double rss = 0;    ///< The sum of their squares.
  /// m less the number of parameters that no bound holds.
  std::int64_t degrees_of_freedom = 0;
  /// s^2 (J'J)^-1, [k, k], with s^2 = rss / degrees_of_freedom; zero in rows and columns of
  /// parameters that a bound holds. NaN where the residuals do not determine the parameters, or
  /// there are no degrees of freedom.
  Tensor covariance;
  Tensor std_errors;  ///< [k], the roots of its diagonal.

  double residual_std_dev() const;  ///< s
};

/// Minimizes the sum of the squares of residuals(x), of any shape, from x0, float64 of any shape.
/// Levenberg-Marquardt (More 1978) on the exact Jacobian, by its QR decomposition; at the end,
/// Newton steps with the exact Hessian on the gradient alone, which near the minimum knows more
/// digits than the value. A step to residuals that are not finite is shortened.
///
/// Options mean what they do in minimize(); bounds are kept, the method and polish do not apply.
/// Converged when the Newton decrement is at most `tolerance` of rss / 2 (the relative offset of
/// Bates and Watts (1981) squared), or Newton's step moves no parameter by more than the root of
/// `tolerance` of itself; and the Hessian is positive definite in the free parameters, or flat
/// where the residuals do not determine them, which the message then names. Throws InputError for
/// options out of range, ShapeError if there are no residuals.
LeastSquaresResult least_squares(const TensorFunction& residuals, const Tensor& x0,
                                 const MinimizeOptions& options = {});

}  // namespace wald::optim
