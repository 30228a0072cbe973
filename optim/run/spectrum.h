// A Hessian in its eigenvectors, in coordinates that make its diagonal about 1: what Newton's
// steps, trust regions and the certificate of a minimum are made of.
//
// The coordinates are scaled by powers of two only. So nothing here changes by a bit, but for the
// powers themselves, when parameters or objective are scaled by powers of two.
#pragma once

#include <cstdint>
#include <vector>

#include <wald/engine/tensor.h>

namespace wald::optim {

/// The size of each diagonal element; where it is 0 that which another element of the row would
/// bound it by from below, were the matrix positive semidefinite; 0 if there is none either. It
/// turns with the units of parameters and objective as the diagonal does.
std::vector<double> curvatures(const Tensor& hessian);

/// Whole numbers s for which diagonal[i] * 4^s[i] is within a factor of two of 2^unit; 0 where the
/// element is 0 or not finite. Signs do not matter.
std::vector<int> binary_scale(const std::vector<double>& diagonal, int unit);

class Spectrum {
 public:
  /// The coordinates that are held take no part; empty for none.
  explicit Spectrum(const Tensor& hessian, const std::vector<bool>& held = {});

  /// Whether the Hessian is. Without that there are no eigenvalues.
  bool is_finite() const { return is_finite_; }
  /// Of the scaled Hessian, ascending, one for each coordinate that is free.
  const std::vector<double>& values() const { return values_; }
  /// The largest |eigenvalue|.
  double largest() const;

  /// A gradient [k] in the scaled eigenvectors; 2^unit is taken out of it.
  std::vector<double> project(const Tensor& gradient) const;
  /// The step [k] that has these coordinates in the scaled eigenvectors; 0 where held.
  Tensor step(const std::vector<double>& coordinates) const;
  /// A decrease in the scaled objective, in the units of the objective.
  double to_objective(double decrease) const;
  /// Which coordinates take part in eigenvector j: those with more than a twentieth of it.
  std::vector<std::int64_t> coordinates_of(std::size_t j) const;

 private:
  void decompose(const Tensor& hessian, const std::vector<double>& curvature);

  std::int64_t k_ = 0;
  std::vector<std::int64_t> free_;
  std::vector<int> scale_;  // of the free coordinates
  int unit_ = 0;
  bool is_finite_ = true;
  std::vector<double> values_, vectors_;  // an eigenvector a row
};

}  // namespace wald::optim
