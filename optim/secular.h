// The trust-region subproblem in the coordinates of the Hessian's eigenvectors, where it is one
// equation in one unknown. More and Sorensen (1983).
#pragma once

#include <vector>

namespace wald::optim {

/// g's + s'Hs/2 for H = Q diag(values) Q' and g = Q slopes; values ascending.
struct EigenModel {
  std::vector<double> values, slopes;

  double decrease(const std::vector<double>& steps) const;
  /// Which eigenvalues count: all but those that are 0 up to rounding and whose slope, over the
  /// radius, would gain no more than `negligible`.
  std::vector<bool> relevant(double radius, double negligible) const;
};

struct EigenStep {
  std::vector<double> steps;  ///< s = Q steps
  double decrease = 0;
  bool is_model_minimum =
      false;  ///< The relevant eigenvalues are positive, and the radius is not met.
};

/// The global minimum within the radius, exactly, in the hard case too.
EigenStep minimize_within(const EigenModel& model, double radius, double negligible);

}  // namespace wald::optim
