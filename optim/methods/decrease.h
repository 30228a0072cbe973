// How far the objective fell from one point to another, where rounding may hide it.
#pragma once

#include <wald/optim/objective.h>

namespace wald::optim {

/// A difference of two values near `value` that may be rounding alone.
double rounding_of(double value);

/// here.value - there.value; but where both this and the `expected` decrease are no more than the
/// rounding of the values, the decrease by the trapezoidal rule on the gradients, if the gradient
/// became smaller by a tenth. -inf if it did not, and where `there` is not finite.
double decrease(const Point& here, const Point& there, double expected);

}  // namespace wald::optim
