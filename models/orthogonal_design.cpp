#include "orthogonal_design.h"

#include <algorithm>
#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/kernels/cpu/lapack.h>

namespace wald {

OrthogonalDesign::OrthogonalDesign(const Tensor& x, std::size_t equations)
    : k_(static_cast<std::size_t>(x.size(1))), equations_(equations) {
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
  std::vector<double> g = b;
  for (std::size_t first = 0; first < equations_ * k_; first += k_)
    for (std::size_t i = 0; i < k_; ++i) {
      double sum = 0;
      for (std::size_t j = i; j < k_; ++j) sum += r_[i * k_ + j] * b[first + j];
      g[first + i] = sum;
    }
  return g;
}

/// The coefficients g in a vector of parameters become the solutions b of r b = g.
void OrthogonalDesign::solve(double* g, std::size_t stride) const {
  for (std::size_t equation = 0; equation < equations_; ++equation, g += k_ * stride)
    for (std::size_t i = k_; i-- > 0;) {
      for (std::size_t j = i + 1; j < k_; ++j) g[i * stride] -= r_[i * k_ + j] * g[j * stride];
      g[i * stride] /= r_[i * k_ + i];
    }
}

/// The coefficients g become r' g.
void OrthogonalDesign::multiply_transposed(double* g, std::size_t stride) const {
  for (std::size_t equation = 0; equation < equations_; ++equation, g += k_ * stride)
    for (std::size_t i = k_; i-- > 0;) {
      double sum = 0;
      for (std::size_t j = 0; j <= i; ++j) sum += r_[j * k_ + i] * g[j * stride];
      g[i * stride] = sum;
    }
}

std::vector<double> OrthogonalDesign::direction(const std::vector<double>& g) const {
  std::vector<double> b = g, size = g;
  solve(b.data(), 1);
  double largest = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    size[i] = std::abs(b[i]);
    if (i < equations_ * k_) {
      double length = 0;
      for (std::size_t row = 0; row < k_; ++row) length = std::hypot(length, r_[row * k_ + i % k_]);
      size[i] *= length;
    }
    largest = std::max(largest, size[i]);
  }
  for (std::size_t i = 0; i < b.size(); ++i)
    if (size[i] < 1e-5 * largest) b[i] = 0;
  return b;
}

void OrthogonalDesign::from_orthogonal(Fit& fit) const {
  const std::size_t p = fit.estimate.size();
  solve(fit.estimate.data(), 1);
  // r' H r and r^-1 V r^-T, first down the columns, then along the rows.
  for (std::size_t j = 0; j < p; ++j) multiply_transposed(&fit.information[j], p);
  for (std::size_t i = 0; i < p; ++i) multiply_transposed(&fit.information[i * p], 1);
  if (fit.vcov.empty()) return;
  for (std::size_t j = 0; j < p; ++j) solve(&fit.vcov[j], p);
  for (std::size_t i = 0; i < p; ++i) solve(&fit.vcov[i * p], 1);
  for (std::size_t i = 0; i < p; ++i)
    for (std::size_t j = 0; j < i; ++j) fit.vcov[i * p + j] = fit.vcov[j * p + i];
}

}  // namespace wald
