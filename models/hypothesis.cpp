#include "hypothesis.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/kernels/cpu/lapack.h>
#include <wald/models/distributions.h>

namespace wald {
namespace {

/// x' A^-1 x for a symmetric positive definite A [m, m], NaN if it is not: scaled to a unit
/// diagonal, so that units do not matter.
double inverse_form(std::vector<double> a, std::vector<double> x) {
  const std::size_t m = x.size();
  std::vector<double> root(m);
  for (std::size_t i = 0; i < m; ++i) root[i] = std::sqrt(a[i * m + i]);
  for (std::size_t i = 0; i < m; ++i) {
    x[i] /= root[i];
    for (std::size_t j = 0; j < m; ++j) a[i * m + j] /= root[i] * root[j];
  }
  for (double v : a)
    if (!std::isfinite(v)) return NAN;
  const auto eigenvalues = kernels::symmetric_eigen(a.data(), static_cast<int>(m));
  if (!(eigenvalues.front() > 1e-11)) return NAN;
  double form = 0;
  for (std::size_t i = 0; i < m; ++i) {
    double along = 0;
    for (std::size_t j = 0; j < m; ++j) along += a[i * m + j] * x[j];
    form += along * along / eigenvalues[i];
  }
  return form;
}

TestResult wald_statistic(const Fit& fit, const Tensor& value, const Tensor& jacobian_there,
                          const WaldOptions& options) {
  const DeviceGuard here{Device()};
  const Tensor jacobian = to(jacobian_there, Device());
  const auto k = static_cast<std::int64_t>(fit.names.size());
  const std::vector<double>& vcov = options.vcov.empty() ? fit.vcov : options.vcov;
  if (vcov.empty()) throw InputError("wald_test: the fit has no covariance");
  const Tensor v = from_vector(vcov, {k, k});
  const Tensor variance = matmul(jacobian, matmul(v, t(jacobian)));
  TestResult result;
  result.df = static_cast<int>(value.numel());
  result.denominator_df =
      std::isnan(options.denominator_df) ? fit.degrees_of_freedom : options.denominator_df;
  result.statistic = inverse_form(variance.to_vector(), value.to_vector());
  if (std::isnan(result.statistic))
    throw InputError(
        "wald_test: the restrictions are not independent of each other, or concern only "
        "parameters that were fixed");
  return result;
}

}  // namespace

double TestResult::p() const { return chi_squared_sf(statistic, df); }

double TestResult::f_p() const {
  return std::isinf(denominator_df) ? p() : f_sf(f(), df, denominator_df);
}

TestResult wald_test(const Fit& fit, const TensorFunction& g, const WaldOptions& options) {
  const TensorFunction flat = [&](const Tensor& b) { return flatten(g(b)); };
  const auto at = value_and_jacobian(flat, from_vector(fit.estimate));
  return wald_statistic(fit, at.value, at.jacobian, options);
}

TestResult wald_test(const Fit& fit, const Tensor& r, const Tensor& q, const WaldOptions& options) {
  const auto k = static_cast<std::int64_t>(fit.names.size());
  if (r.dim() != 2 || r.size(1) != k || q.dim() != 1 || q.size(0) != r.size(0))
    throw ShapeError(
        fmt::format("wald_test: R has the shape {} and q {}, where [q, {}] and [q] are expected",
                    to_string(Dims(r.shape())), to_string(Dims(q.shape())), k));
  const DeviceGuard beside(r.device());
  return wald_statistic(fit, mv(r, from_vector(fit.estimate)) - q, r, options);
}

TestResult lr_test(const Fit& restricted, const Fit& full) {
  if (restricted.n != full.n)
    throw InputError(
        fmt::format("lr_test: the fits are of {} and of {} observations, not of the same data",
                    restricted.n, full.n));
  const auto parameters = [](const Fit& fit) {
    return static_cast<int>(fit.free_parameters()) + fit.unnamed_parameters;
  };
  TestResult result;
  result.df = parameters(full) - parameters(restricted);
  if (result.df < 1)
    throw InputError(
        fmt::format("lr_test: the restricted fit has {} free parameters, no fewer than the {} of "
                    "the other",
                    parameters(restricted), parameters(full)));
  result.statistic = 2 * (full.loglik - restricted.loglik);
  if (!(result.statistic > -1e-9 * (1 + std::abs(full.loglik))))
    throw InputError(fmt::format(
        "lr_test: the log-likelihood of the restricted fit is higher by {:g}: it is not a special "
        "case of the other, or one of them is not at its maximum",
        -result.statistic / 2));
  result.statistic = std::max(result.statistic, 0.0);
  return result;
}

TestResult score_test(const LogLikelihood& loglik, const Fit& restricted,
                      const ScoreTestOptions& options) {
  TestResult result;
  const std::size_t k = restricted.names.size();
  result.df = static_cast<int>(k) - static_cast<int>(restricted.free_parameters());
  if (result.df < 1)
    throw InputError("score_test: no parameter of the fit was fixed or tied: nothing is tested");
  const bool is_opg = options.kind == Covariance::opg;
  if (!is_opg && options.kind != Covariance::information)
    throw InputError(fmt::format("score_test: the information is observed or opg, not {}",
                                 name_of(options.kind)));
  if (!options.information.empty() && options.information.size() != k * k)
    throw InputError(fmt::format("score_test: the information has {} elements for {} parameters",
                                 options.information.size(), k));
  const TermDerivatives at = term_derivatives(loglik, from_vector(restricted.estimate));
  const Tensor own = is_opg ? matmul(t(at.scores), at.scores) : at.information;
  const std::vector<double> information =
      options.information.empty() ? own.to_vector() : options.information;
  result.statistic = inverse_form(information, sum(at.scores, {0}).to_vector());
  if (std::isnan(result.statistic))
    throw NumericalError(
        "score_test: the information at the restricted estimate is not positive definite");
  return result;
}

}  // namespace wald
