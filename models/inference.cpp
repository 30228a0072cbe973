#include "inference.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/kernels/cpu/lapack.h>
#include <wald/models/distributions.h>
#include <wald/optim/minimize.h>

namespace wald {
namespace {

/// The information scaled to a unit diagonal.
std::vector<double> equilibrated(std::vector<double> information, std::size_t k) {
  std::vector<double> root(k);
  for (std::size_t i = 0; i < k; ++i) root[i] = std::sqrt(information[i * k + i]);
  for (std::size_t i = 0; i < k; ++i)
    for (std::size_t j = 0; j < k; ++j) information[i * k + j] /= root[i] * root[j];
  return information;
}

/// The names whose size is above the threshold, with commas between them.
std::string names_above(double threshold, const double* size,
                        const std::vector<std::string>& names) {
  std::string list;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (size[i] > threshold) list += (list.empty() ? "" : ", ") + names[i];
  return list;
}

[[noreturn]] void throw_singular(const std::vector<double>& information,
                                 const std::vector<std::string>& names) {
  const int k = static_cast<int>(names.size());
  for (int i = 0; i < k; ++i)
    if (!(information[i * k + i] > 0))
      throw NotIdentifiedError(fmt::format(
          "the data do not determine {}: the likelihood does not change with it, or has no maximum",
          names[i]));
  std::vector<double> direction = equilibrated(information, names.size());
  kernels::symmetric_eigen(direction.data(), k);  // first the flattest
  for (int i = 0; i < k; ++i) direction[i] = std::abs(direction[i]);
  throw NotIdentifiedError(fmt::format(
      "the information matrix is singular: the data do not determine a combination of {}",
      names_above(0.05, direction.data(), names)));
}

void certify(Fit& fit, const std::vector<double>& gradient, double decrement) {
  const int k = static_cast<int>(fit.names.size());
  for (double g : gradient)
    fit.certificate.largest_score = std::max(fit.certificate.largest_score, std::abs(g));
  fit.certificate.newton_decrement = decrement;
  std::vector<double> scaled = equilibrated(fit.information, fit.names.size());
  const auto eigenvalues = kernels::symmetric_eigen(scaled.data(), k);
  fit.certificate.smallest_eigenvalue = eigenvalues.front();
  fit.certificate.largest_eigenvalue = eigenvalues.back();
  if (!(eigenvalues.front() > 1e-13)) throw_singular(fit.information, fit.names);
}

/// Why there is no estimate, where the minimization shows it.
void refuse(const optim::MinimizeResult& found, const std::vector<std::string>& names) {
  if (found.reason == optim::Reason::not_finite)
    throw InputError("maximize: the log-likelihood is not finite at the starting values");
  if (found.reason != optim::Reason::unbounded) return;
  std::string list;
  for (std::int64_t i : found.along)
    list += (list.empty() ? "" : ", ") + names[static_cast<std::size_t>(i)];
  throw NotIdentifiedError(fmt::format(
      "the log-likelihood has no proper maximum: it is flat, or still rises, along {}", list));
}

FitStatus status_of(optim::Status status) {
  switch (status) {
    case optim::Status::converged:
      return FitStatus::converged;
    case optim::Status::precision:
      return FitStatus::precision;
    case optim::Status::failed:
      break;
  }
  return FitStatus::failed;
}

void invert_information(Fit& fit) {
  const int k = static_cast<int>(fit.names.size());
  std::vector<double> factor = fit.information;
  kernels::cholesky(factor.data(), k);
  fit.vcov.assign(static_cast<std::size_t>(k) * k, 0.0);
  for (int j = 0; j < k; ++j) {
    fit.vcov[j * k + j] = 1;
    kernels::cholesky_solve(factor.data(), k, &fit.vcov[j * k]);
  }
  for (int i = 0; i < k; ++i)
    for (int j = 0; j < i; ++j)
      fit.vcov[i * k + j] = fit.vcov[j * k + i] = (fit.vcov[i * k + j] + fit.vcov[j * k + i]) / 2;
}

}  // namespace

const char* name_of(FitStatus status) {
  switch (status) {
    case FitStatus::converged:
      return "converged";
    case FitStatus::precision:
      return "precision";
    case FitStatus::failed:
      break;
  }
  return "failed";
}

double Fit::std_error(std::size_t i) const { return std::sqrt(vcov[i * names.size() + i]); }
double Fit::aic() const { return -2 * loglik + 2 * static_cast<double>(names.size()); }
double Fit::bic() const {
  return -2 * loglik + std::log(static_cast<double>(n)) * static_cast<double>(names.size());
}

std::vector<CoefficientRow> coefficient_table(const Fit& fit, double level) {
  const double quantile = two_sided_quantile(level);
  std::vector<CoefficientRow> rows;
  for (std::size_t i = 0; i < fit.names.size(); ++i) {
    const double b = fit.estimate[i], se = fit.std_error(i), z = b / se;
    rows.push_back(
        {fit.names[i], b, se, z, two_sided_p_value(z), b - quantile * se, b + quantile * se});
  }
  return rows;
}

Fit maximize(const LogLikelihood& loglik, const std::vector<double>& start,
             std::vector<std::string> names, std::int64_t n, const FitOptions& options) {
  if (names.size() != start.size() || start.empty())
    throw InputError(
        fmt::format("maximize: {} names for {} starting values", names.size(), start.size()));
  Fit fit;
  fit.names = std::move(names);
  fit.n = n;
  optim::MinimizeOptions how;
  how.method = optim::Method::newton_exact;
  how.polish = true;
  constexpr std::int64_t always = 100;
  how.max_iterations = always + options.max_iter;
  const auto found =
      optim::minimize([&](const Tensor& b) { return -sum(loglik(b)); }, from_vector(start), how);
  refuse(found, fit.names);
  fit.estimate = found.x.to_vector();
  fit.information = found.hessian.to_vector();
  fit.loglik = -found.value;
  fit.status = status_of(found.status);
  if (fit.status == FitStatus::failed) fit.message = found.message;
  fit.iterations = found.iterations;
  fit.evaluations = found.evaluations.values;
  certify(fit, found.gradient.to_vector(), found.newton_decrement);
  invert_information(fit);
  return fit;
}

}  // namespace wald
