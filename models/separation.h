// Directions in which a likelihood rises for ever, because no observation holds it back: separated
// data. Decided by linear programming before a fit. Knows designs and which way each row pulls.
#pragma once

#include <optional>
#include <vector>

#include <wald/engine/tensor.h>

namespace wald {

/// A change d of the coefficients that no row resists: side * x'd >= 0 in every row with a side,
/// > 0 in some, and x'd = 0 in the rows without.
struct SeparatingDirection {
  std::vector<double> coefficients;  ///< [k], the largest 1 in size, few digits where they suffice.
  bool is_complete = false;          ///< > 0 in every row of x that is not zero.
};

/// The direction, if there is one, in which the columns of x (float64 [n, k], of full rank) move
/// the linear predictor of each row to its side [n] or not at all. A side is 1 where the row's
/// likelihood rises with its predictor to the end, as of a success; -1 where it falls, as of a
/// failure or a count of 0; 0 where it has a maximum. Rows without weight are to be zero.
///
/// The maximum of a likelihood with such sides is finite if and only if there is none (Albert and
/// Anderson 1984; Konis 2007 for the linear program). Found as the residual of a least squares
/// problem with signs (Lawson and Hanson 1974), which is 0 without separation; a direction is
/// checked with every row before it is returned.
std::optional<SeparatingDirection> separating_direction(const Tensor& x, const Tensor& side);

}  // namespace wald
