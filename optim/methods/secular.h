// The trust-region subproblem in the coordinates of the Hessian's eigenvectors, where it is one
// equation in one unknown. More and Sorensen (1983).
#pragma once

#include <vector>

namespace wald::optim {

/// g's + s'Hs/2 for H = Q diag(values) Q' and g = Q slopes; values ascending.
struct EigenModel {
  std::vector<double> values, slopes;

  double decrease(const std::vector<double>& steps) const;
  /// What the gradient has of a direction of negative curvature by rounding alone does not choose
  /// between its two ends: such slopes become 0, so that the answer does not hang on rounding.
  void drop_noise();
  /// Which eigenvalues count: all but those that are 0 up to rounding and whose slope, over the
  /// radius, would gain no more than `negligible`; with no radius, those that are 0 do not.
  std::vector<bool> relevant(double radius, double negligible) const;
};

struct EigenStep {
  std::vector<double> steps;  ///< s = Q steps
  double decrease = 0;
  bool is_model_minimum =
      false;  ///< The relevant eigenvalues are positive, and the radius is not met.
};

/// The global minimum within the radius, exactly. In the hard case, where the slope along the
/// lowest eigenvector is 0, the end of positive coordinate. An infinite radius asks for the model's
/// minimum, and the step means nothing if it has none.
EigenStep minimize_within(EigenModel model, double radius, double negligible);

}  // namespace wald::optim
