#include "inference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/kernels/cpu/lapack.h>
#include <wald/models/distributions.h>
#include <wald/optim/minimize.h>
#include <wald/optim/run/newton_steps.h>

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

/// The matrix T with T'HT = I, so that b = start + T u has unit information in u at the start;
/// undefined if H is not positive definite.
Tensor unit_information_coordinates(const Tensor& hessian) {
  const int k = static_cast<int>(hessian.size(0));
  std::vector<double> factor = hessian.to_vector();
  if (kernels::cholesky(factor.data(), k) != 0) return {};
  std::vector<double> columns(static_cast<std::size_t>(k) * k, 0.0);
  for (int j = 0; j < k; ++j) {
    columns[j * k + j] = 1;
    kernels::cholesky_solve_transposed_half(factor.data(), k, &columns[j * k]);
  }
  const Tensor transform = t(from_vector(columns, {k, k}));
  return all(isfinite(transform)).item<bool>() ? transform : Tensor();
}

/// BFGS in these coordinates, which do not mind the units and correlations of the parameters, to
/// where the maximum is this close in log-likelihood units.
optim::MinimizeResult approach(const ScalarFunction& objective, const Tensor& start,
                               const Tensor& transform, std::int64_t max_iterations) {
  constexpr double close = 1e-4;
  optim::MinimizeOptions how;
  how.method = optim::Method::bfgs;
  how.scale_parameters = false;
  how.max_iterations = max_iterations;
  how.callback = [](const optim::Iteration& now) { return now.expected_decrease < close; };
  const auto at = [&](const Tensor& u) { return objective(start + mv(transform, u)); };
  optim::MinimizeResult found = optim::minimize(at, zeros(start.shape()), how);
  found.x = start + mv(transform, found.x);
  return found;
}

/// From where the approach has led: Newton's steps by the Hessian there down to the gradient's own
/// rounding, and the Hessian at the end. Status `failed` if that does not show a maximum.
void finish(const ScalarFunction& objective, const TensorFunction& hessian_of,
            optim::MinimizeResult& found) {
  optim::Objective counted(objective);
  counted.set_hessian(hessian_of);
  counted.set_evaluations(found.evaluations);
  optim::Point here = counted.with_hessian(found.x);
  optim::Certificate certificate = optim::certify(counted, here, {});
  if (found.reason != optim::Reason::max_iterations) {
    const std::int64_t hessians = counted.evaluations().hessians;
    optim::polish(counted, here, certificate, {});
    // Curvature that changes on the way is that of a maximum far away, or at infinity.
    const bool is_modelled = counted.evaluations().hessians == hessians;
    certificate = optim::certify(counted, here, {});
    const bool is_bowl = !certificate.downward.defined() && certificate.flat.empty();
    const bool is_low = certificate.decrement <= 1e-14 * std::abs(here.value);
    if (is_modelled && is_bowl && is_low) found.status = optim::Status::converged;
  }
  found.x = here.x;
  found.value = here.value;
  found.gradient = here.gradient;
  found.hessian = certificate.hessian;
  found.newton_decrement = certificate.decrement;
  found.evaluations = counted.evaluations();
}

/// A log-likelihood without surprises takes three Hessians: at the start, close to the maximum, and
/// there. For others Newton's method begins again.
optim::MinimizeResult minimum_of(const ScalarFunction& objective, const TensorFunction& hessian_of,
                                 const Tensor& start, std::int64_t max_iterations) {
  optim::MinimizeResult quick;
  const Tensor transform = unit_information_coordinates(
      hessian_of ? hessian_of(start) : hessian(objective, start, {.create_graph = false}));
  if (transform.defined()) {
    quick = approach(objective, start, transform, max_iterations);
    const bool is_close =
        quick.status != optim::Status::failed || quick.reason == optim::Reason::callback;
    quick.status = optim::Status::failed;
    if (is_close || quick.reason == optim::Reason::max_iterations)
      finish(objective, hessian_of, quick);
    if (quick.status == optim::Status::converged || quick.reason == optim::Reason::max_iterations)
      return quick;
  }
  optim::MinimizeOptions how;
  how.method = optim::Method::newton_exact;
  how.polish = true;
  how.max_iterations = std::max<std::int64_t>(max_iterations - quick.iterations, 1);
  optim::MinimizeResult found = optim::minimize(objective, start, how);
  found.iterations += quick.iterations;
  found.evaluations.values += quick.evaluations.values;
  return found;
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

double Fit::std_error(std::size_t i) const {
  return vcov.empty() ? NAN : std::sqrt(vcov[i * names.size() + i]);
}
double Fit::aic() const { return -2 * loglik + 2 * parameters(); }
double Fit::bic() const { return -2 * loglik + std::log(static_cast<double>(n)) * parameters(); }
double Fit::parameters() const { return static_cast<double>(names.size()) + unnamed_parameters; }

std::vector<CoefficientRow> coefficient_table(const Fit& fit, double level) {
  const double df = fit.degrees_of_freedom, quantile = two_sided_quantile(level, df);
  std::vector<CoefficientRow> rows;
  for (std::size_t i = 0; i < fit.names.size(); ++i) {
    const double b = fit.estimate[i], se = fit.std_error(i), z = b / se;
    rows.push_back(
        {fit.names[i], b, se, z, two_sided_p_value(z, df), b - quantile * se, b + quantile * se});
  }
  return rows;
}

Fit maximize(const LogLikelihood& loglik, const std::vector<double>& start,
             std::vector<std::string> names, std::int64_t n, const FitOptions& options) {
  if (names.size() != start.size() || start.empty())
    throw InputError(
        fmt::format("maximize: {} names for {} starting values", names.size(), start.size()));
  if (options.max_iter < 1)
    throw InputError(fmt::format("maximize: max_iter is {}, not at least 1", options.max_iter));
  Fit fit;
  fit.names = std::move(names);
  fit.n = n;
  const ScalarFunction objective = [&](const Tensor& b) { return -sum(loglik(b)); };
  TensorFunction hessian_of;
  if (options.hessian) hessian_of = [&](const Tensor& b) { return -options.hessian(b); };
  const optim::MinimizeResult found =
      minimum_of(objective, hessian_of, from_vector(start), options.max_iter);
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
