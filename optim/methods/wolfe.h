// A line search on values and slopes for the strong Wolfe conditions, after More and Thuente
// (1994), ACM TOMS 20, 286-307. Where rounding hides how the values differ, their differences are
// those of the slopes by the trapezoidal rule; the conditions are then the approximate ones of
// Hager and Zhang (2005), SIAM J. Optim. 16, 170-192.
#pragma once

#include <limits>
#include <optional>

#include <wald/optim/objective.h>
#include <wald/optim/run/bounds.h>

namespace wald::optim {

struct WolfeOptions {
  /// The value falls at least by this share of what the slope at the start promises.
  double decrease = 1e-4;
  /// The slope shrinks at least to this share.
  double curvature = 0.9;
  double longest = std::numeric_limits<double>::infinity();
  int max_trials = 40;
  /// Points are put back within, where a step of the longest length leaves them by rounding.
  Bounds bounds;
};

/// A point along `direction`, which must lead down with this slope at `here`, that meets the
/// conditions; failing that, the lowest one that was seen below `here`, or nothing. A trial where
/// value or gradient is not finite turns the search back.
std::optional<Point> wolfe_search(Objective& objective, const Point& here, const Tensor& direction,
                                  double slope, double first_length,
                                  const WolfeOptions& options = {});

/// How far it is along `direction` to the minimum of a parabola with the slope and the curvature
/// there, the curvature taken as positive: a length that knows the units of parameters and
/// objective. One Hessian-vector product.
double parabola_length(Objective& objective, const Point& here, const Tensor& direction);

}  // namespace wald::optim
