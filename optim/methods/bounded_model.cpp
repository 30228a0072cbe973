#include "bounded_model.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <wald/engine/ops/ops.h>

namespace wald::optim {
namespace {

using Vector = std::vector<double>;

double inner(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

double inner(const double* a, const Vector& b) {
  return std::inner_product(b.begin(), b.end(), a, 0.0);
}

/// How long the steepest descent of a variable takes to its bound.
double time_to_bound(double x, double gradient, double lower, double upper) {
  if (gradient == 0) return std::numeric_limits<double>::infinity();
  return (x - (gradient < 0 ? upper : lower)) / gradient;
}

/// The variables that meet a bound, the earliest first.
std::vector<std::size_t> by_time(const Vector& times) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < times.size(); ++i)
    if (times[i] > 0 && std::isfinite(times[i])) order.push_back(i);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return times[a] < times[b]; });
  return order;
}

}  // namespace

// Pairs are scaled to s'y = 1, so that the middle matrix is as well conditioned as the steps are
// independent.
BoundedModel::BoundedModel(const LimitedMemory& memory) : theta_(memory.scale()) {
  std::vector<Tensor> steps, changes;
  for (const LimitedMemory::Pair& pair : memory.pairs()) {
    steps.push_back(pair.s / std::sqrt(pair.sy));
    changes.push_back(pair.y / std::sqrt(pair.sy));
  }
  const Tensor s = stack(steps), y = stack(changes), sy = matmul(s, transpose(y, 0, 1));
  const Tensor below = tril(sy, -1);
  const std::int64_t m = s.size(0);
  const Tensor middle = cat({cat({-eye(m), transpose(below, 0, 1)}, 1),
                             cat({below, theta_ * matmul(s, transpose(s, 0, 1))}, 1)});
  middle_ = inverse(middle).to_vector();
  w_ = clone(transpose(cat({y, theta_ * s}), 0, 1));
  width_ = static_cast<std::size_t>(2 * m);
  on_host_ = to(w_, Device());
  rows_ = on_host_.data<double>();
}

Vector BoundedModel::step(const Vector& x, const Vector& gradient, const Box& box) const {
  Cauchy start = cauchy(x, gradient, box);
  Vector& step = start.step;
  const Vector correction = times_middle(start.projected);
  std::vector<bool> is_free(x.size());
  Vector residual(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double at = x[i] + step[i];
    is_free[i] = at > box.lower[i] && at < box.upper[i];
    if (is_free[i])
      residual[i] = gradient[i] + theta_ * step[i] - (width_ ? inner(row(i), correction) : 0.0);
  }
  const Vector further = newton_on(is_free, residual);
  double share = 1;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!is_free[i] || further[i] == 0) continue;
    const double room = (further[i] > 0 ? box.upper[i] : box.lower[i]) - x[i] - step[i];
    share = std::min(share, room / further[i]);
  }
  for (std::size_t i = 0; i < x.size(); ++i)
    if (is_free[i]) step[i] += share * further[i];
  return step;
}

double BoundedModel::decrease(const Vector& gradient, const Vector& step) const {
  double curvature = theta_ * inner(step, step);
  if (width_) {
    const Vector projected = project(step);
    curvature -= inner(projected, times_middle(projected));
  }
  return -inner(gradient, step) - curvature / 2;
}

/// The first minimum of the model along the path of steepest descent, bent at the bounds.
BoundedModel::Cauchy BoundedModel::cauchy(const Vector& x, const Vector& gradient,
                                          const Box& box) const {
  const std::size_t k = x.size();
  Vector times(k), d(k);
  for (std::size_t i = 0; i < k; ++i) {
    times[i] = time_to_bound(x[i], gradient[i], box.lower[i], box.upper[i]);
    d[i] = times[i] > 0 ? -gradient[i] : 0;
  }
  Cauchy at{Vector(k), Vector(width_)};
  Vector p = project(d);
  double slope = -inner(d, d), curvature = -theta_ * slope - inner(p, times_middle(p)), time = 0;
  if (slope == 0) return at;
  const auto advance = [&](double until) {
    for (std::size_t j = 0; j < width_; ++j) at.projected[j] += (until - time) * p[j];
    slope += (until - time) * curvature;
    time = until;
  };
  for (const std::size_t i : by_time(times)) {
    if (times[i] - time > -slope / curvature) break;
    advance(times[i]);
    at.step[i] = (gradient[i] < 0 ? box.upper[i] : box.lower[i]) - x[i];
    const double g = gradient[i];
    d[i] = 0;
    slope += g * g + theta_ * g * at.step[i];
    curvature -= theta_ * g * g;
    if (width_) {
      const Vector w(row(i), row(i) + width_), middle_w = times_middle(w);
      slope -= g * inner(middle_w, at.projected);
      curvature -= 2 * g * inner(middle_w, p) + g * g * inner(middle_w, w);
      for (std::size_t j = 0; j < width_; ++j) p[j] += g * w[j];
    }
    if (!(slope < 0)) break;
  }
  if (slope < 0 && curvature > 0) advance(time - slope / curvature);
  for (std::size_t i = 0; i < k; ++i)
    if (d[i] != 0) at.step[i] = time * d[i];
  return at;
}

/// The minimum of the model over the free variables from where its gradient there is `residual`, by
/// the formula of Sherman, Morrison and Woodbury.
Vector BoundedModel::newton_on(const std::vector<bool>& is_free, Vector residual) const {
  Vector step(residual.size());
  for (std::size_t i = 0; i < step.size(); ++i) step[i] = -residual[i] / theta_;
  if (!width_) return step;
  const auto n = static_cast<std::int64_t>(width_);
  const Vector flags(is_free.begin(), is_free.end());
  const Tensor free_rows = w_ * unsqueeze(from_vector(flags), 1);
  const Tensor middle = from_vector(middle_, {n, n});
  const Tensor reduced = matmul(transpose(free_rows, 0, 1), w_) / theta_;
  const Tensor v = mv(middle, from_vector(project(residual)));
  const Vector inner_step = solve(eye(n) - matmul(middle, reduced), v).to_vector();
  for (std::size_t i = 0; i < step.size(); ++i)
    if (is_free[i]) step[i] -= inner(row(i), inner_step) / (theta_ * theta_);
  return step;
}

Vector BoundedModel::times_middle(const Vector& v) const {
  Vector out(width_);
  for (std::size_t i = 0; i < width_; ++i) out[i] = inner(middle_.data() + i * width_, v);
  return out;
}

/// W' v.
Vector BoundedModel::project(const Vector& v) const {
  return width_ ? matmul(from_vector(v), w_).to_vector() : Vector();
}

}  // namespace wald::optim
