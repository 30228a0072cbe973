// A design matrix in coordinates in which its columns are orthonormal. Fits of linear predictors
// are made there, since nearly collinear columns, or columns far from their origin, cost no digits.
#pragma once

#include <vector>

#include <wald/engine/tensor.h>
#include <wald/models/inference.h>

namespace wald {

/// x = q r with q' q = 1 and r an upper triangle, so that x b = q g for g = r b. Parameters are the
/// coefficients of one equation or of several, one after the other, and any others after them,
/// which stay as they are.
class OrthogonalDesign {
 public:
  /// x is float64 [n, k] of full rank (require_full_rank).
  explicit OrthogonalDesign(const Tensor& x, std::size_t equations = 1);

  const Tensor& q() const { return q_; }  ///< [n, k]

  /// g = r b of each equation.
  std::vector<double> to_orthogonal(const std::vector<double>& b) const;
  /// r^-1 g, with 0 where there is no more than rounding: a direction among parameters g as one
  /// among b.
  std::vector<double> direction(const std::vector<double>& g) const;
  /// Turns estimate, covariance and information of a fit of g into those of b. The certificate
  /// stays that of g.
  void from_orthogonal(Fit& fit) const;

 private:
  void solve(double* g, std::size_t stride) const;
  void multiply_transposed(double* g, std::size_t stride) const;

  std::size_t k_, equations_;
  std::vector<double> r_;  // [k, k]
  Tensor q_;
};

}  // namespace wald
