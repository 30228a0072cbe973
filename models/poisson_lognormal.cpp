#include "poisson_lognormal.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/models/simulate_glm.h>

namespace wald {
namespace {

/// exp(x) is a mean that counts of 2^53 and less can have.
constexpr double largest_log_mean = 36;

Tensor with_offset(const Tensor& x, const Tensor& offset) {
  return offset.defined() ? x + offset : x;
}

/// Throws ShapeError unless the matrix is [rows, columns]; rows < 0: any number.
void require_shape(const char* caller, const char* name, const Tensor& matrix, std::int64_t rows,
                   std::int64_t columns) {
  if (matrix.defined() && matrix.dim() == 2 && (rows < 0 || matrix.size(0) == rows) &&
      matrix.size(1) == columns)
    return;
  throw ShapeError(fmt::format("{}: {} has the shape {} where {} x {} is expected", caller, name,
                               matrix.defined() ? to_string(Dims(matrix.shape())) : "of nothing",
                               rows < 0 ? std::string("any number") : std::to_string(rows),
                               columns));
}

/// A root of sigma, by its eigenvalues, since it may be singular.
Tensor root_of(const Tensor& sigma) {
  const Eigh found = eigh(sigma);
  const double least = min(found.values).item(), largest = max(abs(found.values)).item();
  if (least < -1e-10 * largest)
    throw InputError(fmt::format(
        "simulate_poisson_lognormal: sigma is no covariance: it has the eigenvalue {:.3g}", least));
  return found.vectors * sqrt(maximum(found.values, 0));
}

}  // namespace

const char* name_of(LatentCovariance covariance) {
  switch (covariance) {
    case LatentCovariance::full:
      return "full";
    case LatentCovariance::diagonal:
      return "diagonal";
    case LatentCovariance::spherical:
      break;
  }
  return "spherical";
}

LatentCovariance latent_covariance_named(std::string_view name) {
  for (auto c : {LatentCovariance::full, LatentCovariance::diagonal, LatentCovariance::spherical})
    if (name == name_of(c)) return c;
  throw InputError(
      fmt::format("there is no covariance '{}': it is full, diagonal or spherical", name));
}

Tensor variational_bound(const VariationalNormal& q, const Tensor& coefficients,
                         const Tensor& sigma, const PoissonLognormalData& data) {
  const double p = static_cast<double>(data.p());
  const Tensor variance = exp(2 * q.log_sd), log_mean = with_offset(q.mean, data.offset);
  const Tensor residual = q.mean - matmul(data.x, coefficients);
  const Tensor factor = cholesky(sigma), omega = cholesky_inverse(factor);
  const Tensor log_det = 2 * sum(log(diagonal(factor)));
  const Tensor observed =
      data.counts * log_mean - exp(log_mean + variance / 2) + q.log_sd - lgamma(data.counts + 1);
  const Tensor squares = matmul(residual, omega) * residual + variance * diagonal(omega);
  return sum(observed - squares / 2, {1}) + (p - log_det) / 2;
}

Tensor PoissonLognormalFit::fitted() const { return exp(latent_mean + square(latent_sd) / 2); }

Tensor PoissonLognormalFit::correlation() const {
  const Tensor variance = diagonal(sigma);
  const Tensor scale = where(variance > 0, rsqrt(variance), 0.0);
  const Tensor scaled = sigma * scale * unsqueeze(scale, 1);
  return scaled - diag_embed(diagonal(scaled)) + eye(sigma.size(0), DType::float64, sigma.device());
}

std::int64_t PoissonLognormalFit::parameters() const {
  const std::int64_t p = coefficients.size(1), regression = coefficients.numel();
  switch (covariance) {
    case LatentCovariance::full:
      return regression + p * (p + 1) / 2;
    case LatentCovariance::diagonal:
      return regression + p;
    case LatentCovariance::spherical:
      break;
  }
  return regression + 1;
}

double PoissonLognormalFit::aic() const {
  return -2 * bound + 2 * static_cast<double>(parameters());
}
double PoissonLognormalFit::bic() const {
  return -2 * bound + std::log(static_cast<double>(n)) * static_cast<double>(parameters());
}
double PoissonLognormalFit::icl() const { return bic() + 2 * entropy(); }

double PoissonLognormalFit::entropy() const {
  // A species without variance has no latent variable.
  const Tensor each = where(latent_sd > 0, log(latent_sd) + std::log(2 * M_PI * M_E) / 2, 0.0);
  return sum(each).item();
}

double PoissonLognormalFit::r_squared() const {
  return (loglik_latent - loglik_poisson) / (loglik_saturated - loglik_poisson);
}

Tensor expected_counts(const PoissonLognormalFit& fit, const Tensor& x, const Tensor& offset) {
  require_shape("expected_counts", "the design", x, -1, fit.coefficients.size(0));
  return exp(with_offset(matmul(x, fit.coefficients) + diagonal(fit.sigma) / 2, offset));
}

namespace {

/// The logarithms of the means, from standard normal variables [n, p] that `draw` gives.
template <class Draw>
Tensor draw_log_means(const Tensor& x, const Tensor& coefficients, const Tensor& sigma,
                      const Tensor& offset, const Draw& draw) {
  constexpr const char* caller = "simulate_poisson_lognormal";
  if (!coefficients.defined() || coefficients.dim() != 2)
    throw ShapeError(fmt::format("{}: the coefficients are not a matrix", caller));
  const std::int64_t p = coefficients.size(1);
  require_shape(caller, "the design", x, -1, coefficients.size(0));
  require_shape(caller, "sigma", sigma, p, p);
  const Tensor noise = draw(x.size(0), p);
  const Tensor latent =
      with_offset(matmul(x, coefficients) + matmul(noise, t(root_of(sigma))), offset);
  if (!all(latent < largest_log_mean).item<bool>())
    throw InputError(fmt::format("{}: a mean is exp({:.3g}), too large for a count", caller,
                                 max(latent).item()));
  return latent;
}

}  // namespace

Tensor simulate_poisson_lognormal(const Tensor& x, const Tensor& coefficients, const Tensor& sigma,
                                  const Tensor& offset, Generator* generator) {
  const auto draw = [&](std::int64_t n, std::int64_t p) {
    const DeviceGuard beside(x.device());
    return randn({n, p}, {.generator = generator});
  };
  return poisson(exp(draw_log_means(x, coefficients, sigma, offset, draw)), generator);
}

Tensor simulate_poisson_lognormal(RRandom& random, const Tensor& x, const Tensor& coefficients,
                                  const Tensor& sigma, const Tensor& offset) {
  const auto draw = [&](std::int64_t n, std::int64_t p) {
    const DeviceGuard beside(x.device());
    return t(from_vector(random.rnorm(static_cast<std::size_t>(n * p)), {p, n}));
  };
  const Tensor mean = exp(draw_log_means(x, coefficients, sigma, offset, draw));
  std::vector<double> counts = mean.to_vector();
  for (double& count : counts) count = draw_poisson(random, count);
  const DeviceGuard beside(x.device());
  return from_vector(counts, mean.shape());
}

}  // namespace wald
