#include "inference.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/kernels/cpu/lapack.h>
#include <wald/models/distributions.h>
#include <wald/optim/lbfgs.h>

namespace wald {
namespace {

/// The objective that is minimized, with its derivatives, counting evaluations.
class Objective {
 public:
  explicit Objective(const LogLikelihood& loglik) : loglik_(loglik) {}

  Tensor operator()(const Tensor& parameters) const { return -sum(loglik_(parameters)); }
  ValueAndGradient at(const Tensor& parameters) {
    ++evaluations;
    return value_and_gradient(*this, parameters);
  }
  std::vector<double> information(const Tensor& parameters) const {
    return hessian(*this, parameters).to_vector();
  }

  std::int64_t evaluations = 0;

 private:
  const LogLikelihood& loglik_;
};

/// The matrix T with T'HT = I, so that b = start + T u has unit information in u at the start; the
/// identity if H is not positive definite.
Tensor unit_information_coordinates(std::vector<double> information, int k) {
  if (kernels::cholesky(information.data(), k) != 0) return eye(k);
  std::vector<double> columns(static_cast<std::size_t>(k) * k, 0.0);
  for (int j = 0; j < k; ++j) {
    columns[j * k + j] = 1;
    kernels::cholesky_solve_transposed_half(information.data(), k, &columns[j * k]);
  }
  for (double v : columns)
    if (!std::isfinite(v)) return eye(k);
  return t(from_vector(columns, {k, k}));
}

/// L-BFGS in the coordinates u of b = start + T u, to within what Newton's method finishes.
Tensor approach(Objective& objective, const Tensor& start, const FitOptions& options, Fit& fit) {
  const int k = static_cast<int>(start.numel());
  const Tensor transform = unit_information_coordinates(objective.information(start), k);
  Tensor u = zeros({k}).requires_grad_();
  // In these coordinates half the squared gradient is the distance left, in log-likelihood units.
  optim::LBFGS optimizer({u}, {.max_iter = options.max_iter,
                               .max_eval = 4 * options.max_iter,
                               .tolerance_grad = 1e-5,
                               .tolerance_change = 1e-12,
                               .line_search = optim::LineSearch::strong_wolfe});
  optimizer.step([&] {
    optimizer.zero_grad();
    const Tensor value = objective(start + mv(transform, u));
    value.backward();
    return value;
  });
  fit.iterations += optimizer.iterations();
  objective.evaluations += optimizer.evaluations();
  const NoGradGuard guard;
  return start + mv(transform, u);
}

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

/// A point on the way of Newton's method, with all that is known there.
struct Newton {
  Tensor at;
  double value;
  std::vector<double> gradient, information, step;
  double decrement = INFINITY;  // of step; infinite if the information is not positive definite

  Newton(Objective& objective, const Tensor& parameters) : at(parameters) {
    const int k = static_cast<int>(parameters.numel());
    const ValueAndGradient here = objective.at(parameters);
    value = here.value.item();
    gradient = step = here.gradient.to_vector();
    information = objective.information(parameters);
    std::vector<double> factor = information;
    if (!std::isfinite(value) || kernels::cholesky(factor.data(), k) != 0) return;
    kernels::cholesky_solve(factor.data(), k, step.data());
    decrement = 0;
    for (int i = 0; i < k; ++i) decrement += gradient[i] * step[i] / 2;
  }
};

/// The next point: a whole Newton step, or the first half, quarter ... of it that does not lose
/// more than rounding may; none if all do.
std::optional<Newton> next(Objective& objective, const Newton& here) {
  const double slack = 1e-13 * std::abs(here.value);
  double length = 1;
  for (int halvings = 0; halvings < 30; ++halvings, length /= 2) {
    Newton there(objective, here.at - length * from_vector(here.step));
    if (there.value <= here.value + slack && std::isfinite(there.decrement)) return there;
  }
  return std::nullopt;
}

/// Newton's method squares its error near a maximum; towards a maximum at infinity, or along a flat
/// ridge, each step gains only a constant factor.
[[noreturn]] void throw_receding(const Newton& here, const std::vector<std::string>& names) {
  const std::size_t k = names.size();
  std::vector<double> size(k);
  double largest = 0;
  for (std::size_t i = 0; i < k; ++i) {
    size[i] = std::abs(here.step[i]) * std::sqrt(here.information[i * k + i]);
    largest = std::max(largest, size[i]);
  }
  throw NotIdentifiedError(
      fmt::format("the log-likelihood has no proper maximum: it is flat, or still rises, along {}",
                  names_above(0.05 * largest, size.data(), names)));
}

/// Newton steps until the decrement, and so the gradient, is down to its own rounding.
void polish(Objective& objective, const Tensor& from, Fit& fit) {
  Newton here(objective, from);
  if (!std::isfinite(here.decrement)) throw_singular(here.information, fit.names);
  constexpr int max_steps = 100;
  int slow_steps = 0;
  for (int step = 0; step < max_steps && here.decrement > 1e-24; ++step) {
    const std::optional<Newton> there = next(objective, here);
    const bool is_slow = there && here.decrement < 1e-6 && there->decrement > 1e-18 &&
                         there->decrement > 0.1 * here.decrement;
    slow_steps = is_slow ? slow_steps + 1 : 0;
    if (slow_steps == 4) throw_receding(*there, fit.names);
    ++fit.iterations;
    // Near the maximum a step that does not shorten the next one gains nothing any more.
    if (!there || (there->decrement >= here.decrement && here.decrement < 1e-10)) break;
    here = *there;
  }
  fit.estimate = here.at.to_vector();
  fit.information = here.information;
  fit.loglik = -here.value;
  certify(fit, here.gradient, here.decrement);
  if (here.decrement < 1e-12)
    fit.status = FitStatus::converged;
  else if (here.decrement < 1e-6)
    fit.status = FitStatus::precision;
  else
    fit.message = fmt::format("the Newton decrement is still {:.3g}", here.decrement);
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
  Fit fit;
  fit.names = std::move(names);
  fit.n = n;
  Objective objective(loglik);
  const Tensor begin = from_vector(start);
  if (!std::isfinite(objective.at(begin).value.item()))
    throw InputError("maximize: the log-likelihood is not finite at the starting values");
  polish(objective, approach(objective, begin, options, fit), fit);
  invert_information(fit);
  fit.evaluations = objective.evaluations;
  return fit;
}

}  // namespace wald
