#include "spectrum.h"

#include <algorithm>
#include <cmath>

#include <wald/kernels/cpu/lapack.h>

namespace wald::optim {
namespace {

/// Numbers below the least normal one have lost digits, and their inverses overflow: they are none.
bool has_exponent(double x) { return std::isnormal(x); }

int exponent_of(double x) {
  int exponent = 0;
  std::frexp(x, &exponent);
  return exponent;
}

}  // namespace

std::vector<double> curvatures(const Tensor& hessian) {
  const std::size_t k = static_cast<std::size_t>(hessian.size(0));
  const std::vector<double> h = hessian.to_vector();
  std::vector<double> out(k);
  for (std::size_t i = 0; i < k; ++i) {
    out[i] = std::abs(h[i * k + i]);
    for (std::size_t j = 0; j < k && h[i * k + i] == 0; ++j)
      if (h[j * k + j] != 0)
        out[i] = std::max(out[i], h[i * k + j] * h[i * k + j] / std::abs(h[j * k + j]));
  }
  return out;
}

std::vector<int> binary_scale(const std::vector<double>& diagonal, int unit) {
  std::vector<int> scale;
  for (double h : diagonal) scale.push_back(has_exponent(h) ? (unit - exponent_of(h)) >> 1 : 0);
  return scale;
}

Spectrum::Spectrum(const Tensor& hessian, const std::vector<bool>& held) : k_(hessian.size(0)) {
  for (std::int64_t i = 0; i < k_; ++i)
    if (held.empty() || !held[i]) free_.push_back(i);
  decompose(hessian, curvatures(hessian));
}

void Spectrum::decompose(const Tensor& hessian, const std::vector<double>& curvature) {
  std::vector<double> free_diagonal;
  for (std::int64_t i : free_) free_diagonal.push_back(curvature[i]);
  // Any element would do: scaling a parameter changes exponents by even numbers, scaling the
  // objective all by the same.
  const auto reference = std::find_if(free_diagonal.begin(), free_diagonal.end(), has_exponent);
  unit_ = reference == free_diagonal.end() ? 0 : exponent_of(*reference);
  scale_ = binary_scale(free_diagonal, unit_);

  const std::vector<double> h = hessian.to_vector();
  const std::size_t n = free_.size();
  vectors_.resize(n * n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      const double mean = (h[free_[i] * k_ + free_[j]] + h[free_[j] * k_ + free_[i]]) / 2;
      const bool is_lost = std::isfinite(mean) && !has_exponent(mean);
      vectors_[i * n + j] = is_lost ? 0 : std::ldexp(mean, scale_[i] + scale_[j] - unit_);
      is_finite_ = is_finite_ && std::isfinite(vectors_[i * n + j]);
    }
  if (is_finite_) values_ = kernels::symmetric_eigen(vectors_.data(), static_cast<int>(n));
}

double Spectrum::largest() const {
  if (values_.empty()) return 0;
  return std::max(std::abs(values_.front()), std::abs(values_.back()));
}

std::vector<double> Spectrum::project(const Tensor& gradient) const {
  const std::vector<double> g = gradient.to_vector();
  const std::size_t n = free_.size();
  std::vector<double> coordinates(n, 0.0);
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t i = 0; i < n; ++i)
      coordinates[j] += vectors_[j * n + i] * std::ldexp(g[free_[i]], scale_[i] - unit_);
  return coordinates;
}

Tensor Spectrum::step(const std::vector<double>& coordinates) const {
  const std::size_t n = free_.size();
  std::vector<double> whole(static_cast<std::size_t>(k_), 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < n; ++j) sum += vectors_[j * n + i] * coordinates[j];
    whole[free_[i]] = std::ldexp(sum, scale_[i]);
  }
  return from_vector(whole);
}

double Spectrum::to_objective(double decrease) const { return std::ldexp(decrease, unit_); }

std::vector<std::int64_t> Spectrum::coordinates_of(std::size_t j) const {
  const std::size_t n = free_.size();
  std::vector<std::int64_t> coordinates;
  for (std::size_t i = 0; i < n; ++i)
    if (std::abs(vectors_[j * n + i]) > 0.05) coordinates.push_back(free_[i]);
  return coordinates;
}

}  // namespace wald::optim
