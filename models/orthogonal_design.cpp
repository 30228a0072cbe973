#include "orthogonal_design.h"

#include <wald/engine/ops/ops.h>
#include <wald/kernels/cpu/lapack.h>

namespace wald {

OrthogonalDesign::OrthogonalDesign(const Tensor& x) : k_(static_cast<std::size_t>(x.size(1))) {
  const Tensor rows = contiguous(x);
  const auto n = static_cast<std::size_t>(x.size(0));
  r_ = kernels::qr_triangle(rows.data<double>(), x.size(0), static_cast<int>(k_));
  q_ = clone(rows);
  double* q = q_.mutable_data<double>();
  for (std::size_t i = 0; i < n; ++i) {
    double* row = q + i * k_;  // solves row r = x's row
    for (std::size_t j = 0; j < k_; ++j) {
      for (std::size_t l = 0; l < j; ++l) row[j] -= row[l] * r_[l * k_ + j];
      row[j] /= r_[j * k_ + j];
    }
  }
}

std::vector<double> OrthogonalDesign::to_orthogonal(const std::vector<double>& b) const {
  std::vector<double> g(k_, 0.0);
  for (std::size_t i = 0; i < k_; ++i)
    for (std::size_t j = i; j < k_; ++j) g[i] += r_[i * k_ + j] * b[j];
  return g;
}

/// g becomes the solution b of r b = g.
void OrthogonalDesign::solve(double* g, std::size_t stride) const {
  for (std::size_t i = k_; i-- > 0;) {
    for (std::size_t j = i + 1; j < k_; ++j) g[i * stride] -= r_[i * k_ + j] * g[j * stride];
    g[i * stride] /= r_[i * k_ + i];
  }
}

void OrthogonalDesign::from_orthogonal(Fit& fit) const {
  solve(fit.estimate.data(), 1);
  // r^-1 V r^-T, first down the columns, then along the rows.
  for (std::size_t j = 0; j < k_; ++j) solve(&fit.vcov[j], k_);
  for (std::size_t i = 0; i < k_; ++i) solve(&fit.vcov[i * k_], 1);
  for (std::size_t i = 0; i < k_; ++i)
    for (std::size_t j = 0; j < i; ++j) fit.vcov[i * k_ + j] = fit.vcov[j * k_ + i];
  const auto k = static_cast<std::int64_t>(k_);
  const Tensor r = from_vector(r_, {k, k}), information = from_vector(fit.information, {k, k});
  fit.information = matmul(t(r), matmul(information, r)).to_vector();
}

}  // namespace wald
