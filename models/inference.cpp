#include "inference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/kernels/cpu/lapack.h>
#include <wald/models/certificate.h>
#include <wald/models/constraints.h>
#include <wald/models/distributions.h>
#include <wald/models/level_direction.h>
#include <wald/optim/minimize.h>
#include <wald/optim/run/newton_steps.h>

namespace wald {
namespace {

/// Why there is no estimate, where the minimization shows it.
void refuse(const optim::MinimizeResult& found, const std::vector<std::string>& names) {
  if (found.reason == optim::Reason::not_finite)
    throw InputError("maximize: the log-likelihood is not finite at the starting values");
  if (found.reason != optim::Reason::unbounded) return;
  const std::vector<double> x = found.x.to_vector();
  std::vector<double> direction(names.size(), 0.0);
  for (std::int64_t i : found.along) direction[i] = x[i] != 0 ? x[i] : 1;
  throw FlatLikelihoodError({direction}, true, names);
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
  const bool is_finite =
      std::all_of(columns.begin(), columns.end(), [](double c) { return std::isfinite(c); });
  return is_finite ? t(from_vector(columns, {k, k})) : Tensor();
}

/// BFGS in these coordinates, which do not mind the units and correlations of the parameters, to
/// where the maximum is this close in log-likelihood units.
optim::MinimizeResult approach(const ScalarFunction& objective, const Tensor& start,
                               const Tensor& transform, const FitOptions& options) {
  constexpr double close = 1e-4;
  optim::MinimizeOptions how;
  how.method = optim::Method::bfgs;
  how.scale_parameters = false;
  how.max_iterations = options.max_iter;
  how.keep_history = true;
  how.show_progress = options.show_progress;
  how.callback = [](const optim::Iteration& now) { return now.expected_decrease < close; };
  const auto at = [&](const Tensor& u) { return objective(start + mv(transform, u)); };
  optim::MinimizeResult found = optim::minimize(at, zeros(start.shape()), how);
  found.x = start + mv(transform, found.x);
  return found;
}

/// From where the approach has led: Newton's steps by the Hessian there down to the gradient's own
/// rounding, and the Hessian at the end. Status `failed` if that does not show a maximum.
void finish(const ScalarFunction& objective, const FitOptions& options,
            optim::MinimizeResult& found) {
  optim::Objective counted(objective);
  if (options.hessian) counted.set_hessian([&](const Tensor& b) { return -options.hessian(b); });
  counted.set_evaluations(found.evaluations);
  const DeviceGuard of_parameters{Device()};
  optim::Point here = counted.with_hessian(to(found.x, Device()));
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

/// By one method of optim::minimize.
optim::MinimizeResult minimum_by(optim::Method method, const ScalarFunction& objective,
                                 const Tensor& start, std::int64_t max_iterations,
                                 const FitOptions& options) {
  optim::MinimizeOptions how;
  how.method = method;
  how.polish = true;
  how.max_iterations = max_iterations;
  how.keep_history = true;
  how.show_progress = options.show_progress;
  optim::MinimizeResult found = optim::minimize(objective, start, how);
  if (found.reason == optim::Reason::max_iterations) finish(objective, options, found);
  return found;
}

/// A log-likelihood without surprises takes three Hessians: at the start, close to the maximum, and
/// there. For others Newton's method begins again.
optim::MinimizeResult minimum_of(const ScalarFunction& objective, const Tensor& start,
                                 const FitOptions& options) {
  if (options.method)
    return minimum_by(*options.method, objective, start, options.max_iter, options);
  optim::MinimizeResult quick;
  const Tensor transform = unit_information_coordinates(
      options.hessian ? -options.hessian(start)
                      : hessian(objective, start, {.create_graph = false}));
  if (transform.defined()) {
    quick = approach(objective, start, transform, options);
    const bool is_close =
        quick.status != optim::Status::failed || quick.reason == optim::Reason::callback;
    quick.status = optim::Status::failed;
    if (is_close || quick.reason == optim::Reason::max_iterations)
      finish(objective, options, quick);
    if (quick.status == optim::Status::converged || quick.reason == optim::Reason::max_iterations)
      return quick;
  }
  optim::MinimizeResult found =
      minimum_by(optim::Method::newton_exact, objective, start,
                 std::max<std::int64_t>(options.max_iter - quick.iterations, 1), options);
  found.iterations += quick.iterations;
  found.evaluations.values += quick.evaluations.values;
  found.history.insert(found.history.begin(), quick.history.begin(), quick.history.end());
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

Fit maximize_all(const LogLikelihood& loglik, const std::vector<double>& start,
                 std::vector<std::string> names, std::int64_t n, const FitOptions& options) {
  Fit fit;
  fit.names = std::move(names);
  fit.n = n;
  const ScalarFunction minus = [&](const Tensor& b) { return -sum(loglik(b)); };
  optim::MinimizeResult found = minimum_of(minus, from_vector(start), options);
  // What is done with k numbers is done on the processor, wherever the data lie.
  const ScalarFunction objective = evaluated_on(default_device(), minus);
  const DeviceGuard here{Device()};
  for (Tensor* part : {&found.x, &found.gradient, &found.hessian})
    if (part->defined()) *part = to(*part, Device());
  refuse(found, fit.names);
  if (found.status != optim::Status::failed)
    if (auto away = level_direction(objective, found.x, found.gradient, found.hessian))
      throw FlatLikelihoodError({std::move(*away)}, true, fit.names);
  fit.estimate = found.x.to_vector();
  fit.information = found.hessian.to_vector();
  fit.loglik = -found.value;
  fit.status = status_of(found.status);
  if (fit.status == FitStatus::failed) fit.message = found.message;
  fit.iterations = found.iterations;
  fit.evaluations = found.evaluations.values;
  for (const optim::Iteration& now : found.history) fit.loglik_path.push_back(-now.point.value);
  fit.loglik_path.push_back(fit.loglik);
  const bool is_bowl = certify(fit, found.gradient.to_vector(), found.newton_decrement);
  if (is_bowl) invert_information(fit);
  fit.certificate.score_agreement = score_agreement(objective, fit, found.gradient);
  return fit;
}

/// The log-likelihood where all parameters are fixed.
Fit nothing_estimated(const LogLikelihood& loglik, const Tensor& parameters, std::int64_t n) {
  Fit fit;
  fit.n = n;
  fit.loglik = sum(loglik(parameters)).item();
  if (!std::isfinite(fit.loglik))
    throw InputError("maximize: the log-likelihood is not finite at the values given");
  fit.status = FitStatus::converged;
  fit.evaluations = 1;
  return fit;
}

}  // namespace

LogLikelihood evaluated_on(const Device& device, LogLikelihood loglik) {
  return [device, loglik = std::move(loglik)](const Tensor& parameters) {
    const DeviceGuard there(device);
    return loglik(to(parameters, device));
  };
}

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

std::size_t Fit::free_parameters() const {
  if (constraints.empty()) return names.size();
  return free_directions.size() / names.size();
}

bool Fit::is_fixed(std::size_t i) const {
  if (constraints.empty()) return false;
  const std::size_t p = free_parameters();
  const double* row = free_directions.data() + i * p;
  return std::all_of(row, row + p, [](double d) { return d == 0; });
}

double Fit::std_error(std::size_t i) const {
  return vcov.empty() || is_fixed(i) ? NAN : std::sqrt(vcov[i * names.size() + i]);
}

double Fit::parameters() const {
  return static_cast<double>(free_parameters()) + unnamed_parameters;
}
double Fit::aic() const { return -2 * loglik + 2 * parameters(); }
double Fit::bic() const { return -2 * loglik + std::log(static_cast<double>(n)) * parameters(); }
double Fit::aicc() const {
  const double p = parameters(), rest = static_cast<double>(n) - p - 1;
  return rest > 0 ? aic() + 2 * p * (p + 1) / rest : std::numeric_limits<double>::infinity();
}

CoefficientRow wald_row(const std::string& name, double estimate, double std_error, double df,
                        double level) {
  const double z = estimate / std_error, reach = two_sided_quantile(level, df) * std_error;
  return {
      name, estimate, std_error, z, two_sided_p_value(z, df), estimate - reach, estimate + reach};
}

std::vector<CoefficientRow> coefficient_table(const Fit& fit, double level) {
  std::vector<CoefficientRow> rows;
  for (std::size_t i = 0; i < fit.names.size(); ++i)
    rows.push_back(
        wald_row(fit.names[i], fit.estimate[i], fit.std_error(i), fit.degrees_of_freedom, level));
  return rows;
}

std::vector<double> starting_values(std::vector<double> start,
                                    const std::vector<std::string>& names,
                                    const FitOptions& options) {
  for (std::size_t i = 0; i < std::min(names.size(), start.size()); ++i)
    if (const auto given = options.start.find(names[i]); given != options.start.end())
      start[i] = given->second;
  return start;
}

Fit maximize(const LogLikelihood& loglik, const std::vector<double>& start,
             std::vector<std::string> names, std::int64_t n, const FitOptions& options) {
  if (names.size() != start.size() || start.empty())
    throw InputError(
        fmt::format("maximize: {} names for {} starting values", names.size(), start.size()));
  if (options.max_iter < 1)
    throw InputError(fmt::format("maximize: max_iter is {}, not at least 1", options.max_iter));
  const std::vector<double> from = starting_values(start, names, options);
  if (options.fixed.empty() && options.tied.empty())
    return maximize_all(loglik, from, std::move(names), n, options);
  const FreeParameters free(names, options);
  const LogLikelihood of_free = [&](const Tensor& b) { return loglik(free.all(b)); };
  FitOptions how = options;
  how.hessian = {};  // that of all parameters
  Fit fit = free.size() > 0 ? maximize_all(of_free, free.free_of(from), free.names(), n, how)
                            : nothing_estimated(loglik, free.constant(), n);
  free.expand(fit, loglik);
  return fit;
}

}  // namespace wald
