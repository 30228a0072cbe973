#include "design_triangle.h"

#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/kernels/cpu/lapack.h>

namespace wald {
namespace {

/// The triangle from x'x; empty where what a column adds to those before it is small.
std::vector<double> triangle_of_cross_product(const Tensor& x) {
  constexpr double far_from_collinear = 1e-3;
  const int k = static_cast<int>(x.size(1));
  std::vector<double> factor = matmul(t(x), x).to_vector(), triangle(factor.size(), 0.0);
  const std::vector<double> cross = factor;
  if (kernels::cholesky(factor.data(), k) != 0) return {};
  for (int j = 0; j < k; ++j) {
    const double length = std::sqrt(cross[j * k + j]);
    if (!(factor[j * k + j] > far_from_collinear * length) || !std::isfinite(length)) return {};
    for (int i = 0; i <= j; ++i) triangle[i * k + j] = factor[j * k + i];
  }
  return triangle;
}

}  // namespace

std::vector<double> design_triangle(const Tensor& x) {
  constexpr std::int64_t is_long = 20000;
  if (x.size(0) >= is_long) {
    std::vector<double> triangle = triangle_of_cross_product(x);
    if (!triangle.empty()) return triangle;
  }
  const Tensor rows = contiguous(to(x, Device()));
  return kernels::qr_triangle(rows.data<double>(), x.size(0), static_cast<int>(x.size(1)));
}

}  // namespace wald
