#include "orthogonal_design.h"

#include <algorithm>
#include <cmath>

#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>
#include <wald/kernels/cpu/parallel.h>
#include <wald/models/design_triangle.h>

namespace wald {
namespace {

/// Puts into q the rows with q r = x, some at a time: side by side in memory, so that they are one
/// vector operation.
void solve_rows(const double* x, double* q, std::int64_t n, const std::vector<double>& r,
                std::size_t k) {
  constexpr std::size_t together = 16;
  std::vector<double> columns(k * together);
  for (std::int64_t begin = 0; begin < n; begin += together) {
    const std::size_t at = static_cast<std::size_t>(begin) * k;
    const auto count = std::min(together, static_cast<std::size_t>(n - begin));
    for (std::size_t j = 0; j < k; ++j) {
      double column[together] = {};
      for (std::size_t i = 0; i < count; ++i) column[i] = x[at + i * k + j];
      for (std::size_t l = 0; l < j; ++l) {
        const double *other = &columns[l * together], factor = r[l * k + j];
        for (std::size_t i = 0; i < together; ++i) column[i] -= factor * other[i];
      }
      for (std::size_t i = 0; i < together; ++i)
        columns[j * together + i] = column[i] / r[j * k + j];
      for (std::size_t i = 0; i < count; ++i) q[at + i * k + j] = columns[j * together + i];
    }
  }
}

}  // namespace

OrthogonalDesign::OrthogonalDesign(const Tensor& x, std::size_t equations)
    : k_(static_cast<std::size_t>(x.size(1))), equations_(equations) {
  r_ = design_triangle(x);
  const Tensor rows = contiguous(to(x, Device()));
  Tensor q = empty(x.shape(), DType::float64, Device());
  const double* from = rows.data<double>();
  double* into = q.mutable_data<double>();
  constexpr std::int64_t block = 4096;
  kernels::parallel_for((x.size(0) + block - 1) / block, [&](std::int64_t i) {
    const std::int64_t at = i * block * x.size(1);
    solve_rows(from + at, into + at, std::min(block, x.size(0) - i * block), r_, k_);
  });
  q_ = to(q, x.device());
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
