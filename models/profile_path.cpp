#include "profile_path.h"

#include <algorithm>
#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/kernels/cpu/lapack.h>
#include <wald/optim/minimize.h>

namespace wald {
namespace {

using Values = std::vector<double>;

/// M [k, p] with M M' = vcov: of one parameter for each free direction, spread to those tied to it.
Values root_of_covariance(const Fit& fit) {
  const std::size_t k = fit.names.size(), p = fit.free_parameters();
  std::vector<std::size_t> direction(k, p), first(p, k);
  for (std::size_t i = k; i-- > 0;)
    for (std::size_t a = 0; a < p; ++a)
      if (fit.constraints.empty() ? i == a : fit.free_directions[i * p + a] != 0)
        direction[i] = a, first[a] = i;
  Values root(p * p), unit(p);
  for (std::size_t a = 0; a < p; ++a) unit[a] = fit.std_error(first[a]);
  for (std::size_t a = 0; a < p; ++a)
    for (std::size_t b = 0; b < p; ++b)
      root[a * p + b] = fit.vcov[first[a] * k + first[b]] / (unit[a] * unit[b]);
  if (kernels::cholesky(root.data(), static_cast<int>(p)) != 0)
    throw NumericalError("profile: the covariance of the fit is not positive definite");
  Values spread(k * p, 0.0);
  for (std::size_t i = 0; i < k; ++i)
    for (std::size_t b = 0; b < p && direction[i] < p && b <= direction[i]; ++b)
      spread[i * p + b] = unit[direction[i]] * root[direction[i] * p + b];
  return spread;
}

/// Turns the axes by a Householder reflection so that parameter j depends on the first alone.
void align(Values& axes, std::size_t k, std::size_t p, std::size_t j, double std_error) {
  Values u(&axes[j * p], &axes[j * p] + p);
  for (double& v : u) v /= std_error;
  const double sign = u[0] < 0 ? -1 : 1;
  u[0] += sign;
  double square = 0;
  for (double v : u) square += v * v;
  for (std::size_t i = 0; i < k; ++i) {
    double along = 0;
    for (std::size_t a = 0; a < p; ++a) along += axes[i * p + a] * u[a];
    for (std::size_t a = 0; a < p; ++a) axes[i * p + a] -= 2 * along / square * u[a];
    axes[i * p] *= -sign;
  }
  for (std::size_t a = 0; a < p; ++a) axes[j * p + a] = a == 0 ? std_error : 0;
}

}  // namespace

bool ProfileState::is_finite() const {
  const auto finite = [](double v) { return std::isfinite(v); };
  return std::isfinite(value) && std::all_of(gradient.begin(), gradient.end(), finite) &&
         std::all_of(hessian.begin(), hessian.end(), finite);
}

ProfilePath::ProfilePath(const LogLikelihood& loglik, const Fit& fit, std::size_t j)
    : p_(fit.free_parameters()), estimate_(fit.estimate[j]), std_error_(fit.std_error(j)) {
  Values axes = root_of_covariance(fit);
  align(axes, fit.names.size(), p_, j, std_error_);
  axes_ = from_vector(axes,
                      {static_cast<std::int64_t>(fit.names.size()), static_cast<std::int64_t>(p_)});
  origin_parameters_ = from_vector(fit.estimate);
  objective_ = [=, axes_of_w = axes_, origin = origin_parameters_](const Tensor& w) {
    return sum(loglik(origin + mv(axes_of_w, w)));
  };
  origin_ = at(Values(p_, 0.0));
}

ProfileState ProfilePath::at(std::vector<double> w) const {
  const auto found = value_gradient_and_hessian(objective_, from_vector(w));
  return {std::move(w), found.value.item(), found.gradient.to_vector(), found.hessian.to_vector()};
}

std::vector<double> ProfilePath::parameters(const std::vector<double>& w) const {
  return (origin_parameters_ + mv(axes_, from_vector(w))).to_vector();
}

std::optional<std::vector<double>> ProfilePath::solve_others(const ProfileState& state,
                                                             std::vector<double> b) const {
  const std::size_t m = p_ - 1;
  if (m == 0) return b;
  Values curvature(m * m);
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t l = 0; l < m; ++l) curvature[i * m + l] = -state.hessian[(i + 1) * p_ + l + 1];
  if (kernels::cholesky(curvature.data(), static_cast<int>(m)) != 0) return std::nullopt;
  kernels::cholesky_solve(curvature.data(), static_cast<int>(m), b.data());
  for (double v : b)
    if (!std::isfinite(v)) return std::nullopt;
  return b;
}

std::vector<double> ProfilePath::tangent(const ProfileState& state) const {
  Values mixed(p_ - 1);
  for (std::size_t i = 1; i < p_; ++i) mixed[i - 1] = state.hessian[i * p_];
  return solve_others(state, mixed).value_or(Values(p_ - 1, 0.0));
}

/// Newton's steps over the others, shortened while they lead down, to the gradient's rounding.
std::optional<ProfileState> ProfilePath::newton(std::vector<double> w) const {
  constexpr int most_steps = 40;
  ProfileState state = at(std::move(w));
  for (int step = 0; step < most_steps && state.is_finite(); ++step) {
    const auto move = solve_others(state, Values(state.gradient.begin() + 1, state.gradient.end()));
    if (!move) return std::nullopt;
    double decrement = 0;
    for (std::size_t i = 1; i < p_; ++i) decrement += state.gradient[i] * (*move)[i - 1] / 2;
    if (!(decrement >= 0)) return std::nullopt;
    if (decrement <= 1e-15 * (1 + std::abs(state.value) * 1e-3)) return state;
    bool is_higher = false;
    for (double length = 1; length > 1e-4 && !is_higher; length /= 2) {
      Values next = state.w;
      for (std::size_t i = 1; i < p_; ++i) next[i] += length * (*move)[i - 1];
      ProfileState there = at(std::move(next));
      // Near the maximum rounding decides between values, and the full step is right.
      is_higher = there.is_finite() && (there.value > state.value || decrement < 1e-9);
      if (is_higher) state = std::move(there);
    }
    if (!is_higher) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<ProfileState> ProfilePath::minimized(const std::vector<double>& w) const {
  if (p_ == 1) return std::nullopt;
  const Tensor first = from_vector(Values{w[0]}),
               others = from_vector(Values(w.begin() + 1, w.end()));
  optim::MinimizeOptions how;
  how.method = optim::Method::newton_exact;
  how.polish = true;
  const auto found = optim::minimize(
      [&](const Tensor& o) {
        return -objective_(cat({first, o}));
      },
      others, how);
  if (found.status == optim::Status::failed) return std::nullopt;
  Values at_maximum = {w[0]};
  for (double v : found.x.to_vector()) at_maximum.push_back(v);
  ProfileState state = at(std::move(at_maximum));
  if (!state.is_finite()) return std::nullopt;
  return state;
}

std::optional<ProfileState> ProfilePath::maximum(double w1, const ProfileState& start) const {
  Values w = start.w;
  const Values slope = tangent(start);
  w[0] = w1;
  for (std::size_t i = 1; i < p_; ++i) w[i] += slope[i - 1] * (w1 - start.w[0]);
  if (auto found = newton(w)) return found;
  Values unmoved = start.w;
  unmoved[0] = w1;
  if (auto found = newton(unmoved)) return found;
  return minimized(unmoved);
}

}  // namespace wald
