#include "poisson_lognormal_objective.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <wald/engine/ops/ops.h>

namespace wald {
namespace {

/// What is left of M beside the columns of the design, whose orthonormal basis is q.
Tensor residual(const Tensor& mean, const Tensor& basis) {
  return mean - matmul(basis, matmul(t(basis), mean));
}

/// The covariance that maximizes the bound given residuals R and variances S^2.
Tensor best_covariance(const Tensor& residual, const Tensor& variance, LatentCovariance kind) {
  const double n = static_cast<double>(residual.size(0));
  if (kind == LatentCovariance::full)
    return matmul(t(residual), residual) / n + diag_embed(mean(variance, {0}));
  const Tensor by_species = mean(square(residual) + variance, {0});
  if (kind == LatentCovariance::diagonal) return diag_embed(by_species);
  return mean(by_species) * eye(by_species.numel(), DType::float64, by_species.device());
}

/// Its log determinant.
Tensor log_determinant(const Tensor& residual, const Tensor& variance, LatentCovariance kind) {
  if (kind == LatentCovariance::full)
    return 2 * sum(log(diagonal(cholesky(best_covariance(residual, variance, kind)))));
  const Tensor by_species = mean(square(residual) + variance, {0});
  if (kind == LatentCovariance::diagonal) return sum(log(by_species));
  return static_cast<double>(by_species.numel()) * log(mean(by_species));
}

/// The bound as a function of one vector, M and then log S, in which its curvature is about that of
/// the unit matrix: M is in units of 1 / sqrt(Y + 1), close to S.
class BoundObjective {
 public:
  BoundObjective(const PoissonLognormalData& data, LatentCovariance covariance)
      : counts_(data.counts),
        offset_(expand(data.offset.defined() ? data.offset : number_like(0, data.counts),
                       data.counts.shape())),
        unit_(rsqrt(data.counts + 1)),
        basis_(qr(data.x).q),
        covariance_(covariance),
        constant_(sum(lgamma(counts_ + 1) - counts_ * offset_)) {}

  VariationalNormal at(const Tensor& u) const {
    const Dims& shape = counts_.shape();
    const std::int64_t half = counts_.numel();
    return {reshape(slice(u, 0, 0, half), shape) * unit_,
            reshape(slice(u, 0, half, 2 * half), shape)};
  }
  Tensor vector_of(const VariationalNormal& q) const {
    return cat({flatten(q.mean / unit_), flatten(q.log_sd)});
  }

  /// Minus the bound; infinite where the covariance overflows or is singular to rounding.
  Tensor negative(const VariationalNormal& q) const {
    const Tensor variance = exp(2 * q.log_sd), rest = residual(q.mean, basis_);
    const double n = static_cast<double>(counts_.size(0));
    Tensor log_det;
    try {
      log_det = log_determinant(rest, variance, covariance_);
    } catch (const LinalgError&) {
      return number_like(std::numeric_limits<double>::infinity(), variance);
    }
    return sum(exp(offset_ + q.mean + variance / 2)) - sum(counts_ * q.mean) - sum(q.log_sd) +
           (n / 2) * log_det + constant_;
  }

  Tensor residual_of(const VariationalNormal& q) const { return residual(q.mean, basis_); }
  Tensor covariance_at(const VariationalNormal& q) const {
    return best_covariance(residual_of(q), exp(2 * q.log_sd), covariance_);
  }
  /// The largest |derivative| by an element of M or log S, given that by the vector.
  double largest_score(const Tensor& gradient) const {
    const std::int64_t half = counts_.numel();
    const Tensor by_mean = slice(gradient, 0, 0, half) / flatten(unit_);
    return std::max(max(abs(by_mean)).item(), max(abs(slice(gradient, 0, half))).item());
  }

 private:
  Tensor counts_, offset_, unit_, basis_;
  LatentCovariance covariance_;
  Tensor constant_;
};

}  // namespace

Tensor profiled_bound(const VariationalNormal& q, const PoissonLognormalData& data,
                      LatentCovariance covariance) {
  return -BoundObjective(data, covariance).negative(q);
}

Optimum maximize_bound(const PoissonLognormalData& data, const VariationalNormal& start,
                       const PoissonLognormalOptions& options, bool rough) {
  const BoundObjective objective(data, options.covariance);
  constexpr double roughly = 1e-8;
  optim::MinimizeOptions how;
  how.scale_parameters = false;  // the units are
  how.max_iterations = options.max_iter;
  how.memory = 30;
  how.show_progress = options.show_progress;
  Optimum best;
  best.path.push_back(-objective.negative(start).item());
  how.callback = [&](const optim::Iteration& now) {
    best.path.push_back(-now.point.value);
    return rough && now.expected_decrease < roughly * std::abs(now.point.value);
  };
  best.found = optim::minimize([&](const Tensor& u) { return objective.negative(objective.at(u)); },
                               objective.vector_of(start), how);
  best.q = objective.at(best.found.x);
  best.sigma = objective.covariance_at(best.q);
  best.residual = objective.residual_of(best.q);
  best.largest_score = objective.largest_score(best.found.gradient);
  return best;
}

}  // namespace wald
