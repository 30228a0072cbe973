#include "newton_steps.h"

#include <algorithm>
#include <cmath>

#include <wald/engine/ops/ops.h>

namespace wald::optim {
namespace {

bool is_lower(const Point& there, const Point& here) {
  return there.is_finite() && there.value < here.value;
}

/// The length at which a step along the direction changes some parameter by a thousandth of its
/// size; 1 if none has a size.
double visible_length(const Tensor& direction, const Tensor& sizes) {
  const std::vector<double> d = direction.to_vector(), size = sizes.to_vector();
  double relative = 0;
  for (std::size_t i = 0; i < d.size(); ++i)
    if (size[i] != 0) relative = std::max(relative, std::abs(d[i] / size[i]));
  return relative > 0 ? 1e-3 / relative : 1;
}

/// A length at which a step along the direction of negative curvature is seen in the value, but not
/// far away: by the value's size, else by the parameters', else 1.
double downward_length(const Point& here, const Certificate& certificate) {
  const double curvature =
      -certificate.smallest * (certificate.spectrum ? certificate.spectrum->largest() : 0);
  const double unit = certificate.spectrum ? certificate.spectrum->to_objective(curvature) : 0;
  if (!certificate.downward.defined()) return visible_length(certificate.fall, here.x);
  if (unit > 0 && here.value != 0) return std::sqrt(2e-8 * std::abs(here.value) / unit);
  return visible_length(certificate.downward, here.x);
}

/// The curvature along the step there, over that here.
double curvature_ratio(Objective& objective, const Tensor& there, const Certificate& certificate) {
  const double after =
      dot(certificate.step, objective.hessian_times(there, certificate.step)).item();
  return after / (2 * certificate.step_decrease);
}

/// The largest element of the step over that of the other.
double relative_length(const Tensor& step, const Tensor& other) {
  const std::vector<double> a = step.to_vector(), b = other.to_vector();
  std::size_t most = 0;
  for (std::size_t i = 0; i < b.size(); ++i)
    if (std::abs(b[i]) > std::abs(b[most])) most = i;
  return a[most] / b[most];
}

/// The direction of negative curvature towards the side that `begin` lies on: where two terms of a
/// sum became one and part again, they keep their order.
Tensor turned_to(const Tensor& begin, const Point& here, const Certificate& certificate) {
  const Tensor way = (begin - here.x) * from_vector(curvatures(certificate.hessian));
  const bool is_away = dot(way, certificate.downward).item() < 0;
  return is_away ? -certificate.downward : certificate.downward;
}

/// Down to the floor of a valley by Newton's steps, and from there along negative curvature;
/// nothing if the point is not finite.
std::optional<Point> point_from_valley(Objective& objective, Point point, const Tensor& begin,
                                       const Bounds& bounds) {
  constexpr int corrections = 2, halvings = 4;
  if (!point.is_finite()) return std::nullopt;
  for (int i = 0;; ++i) {
    Certificate now = certify(objective, point, bounds);
    if (now.downward.defined() && now.smallest < -doubtful_curvature) {
      now.downward = turned_to(begin, point, now);
      if (auto lower = point_downward(objective, point, now, bounds)) return lower;
    }
    if (i == corrections || now.decrement <= 1e-12 * std::abs(point.value)) return point;
    const auto lower = newton_point(objective, point, now, bounds, halvings);
    if (!lower) return point;
    point = *lower;
  }
}

}  // namespace

std::optional<Point> newton_point(Objective& objective, const Point& here,
                                  const Certificate& certificate, const Bounds& bounds,
                                  int halvings) {
  if (!(certificate.step_decrease > 0)) return std::nullopt;
  double length = 1;
  for (int i = 0; i <= halvings; ++i, length /= 2) {
    const Point there = objective.at(bounds.project(here.x + length * certificate.step));
    if (is_lower(there, here)) return there;
  }
  return std::nullopt;
}

std::optional<Point> point_downward(Objective& objective, const Point& here,
                                    const Certificate& certificate, const Bounds& bounds) {
  const Tensor& direction =
      certificate.downward.defined() ? certificate.downward : certificate.fall;
  if (!direction.defined() || all(direction == 0).item<bool>()) return std::nullopt;
  constexpr int max_quarters = 30, max_doublings = 2100;  // over the range of double
  double length = downward_length(here, certificate);
  const auto at = [&](double t) { return objective.at(bounds.project(here.x + t * direction)); };
  Point best = at(length);
  for (int i = 0; !is_lower(best, here) && i < max_quarters; ++i) best = at(length /= 4);
  if (!is_lower(best, here)) return std::nullopt;
  for (int i = 0; i < max_doublings; ++i) {
    const Point there = at(length *= 2);
    if (!is_lower(there, best)) break;
    best = there;
  }
  return best;
}

std::optional<Point> point_across(Objective& objective, const Point& here, const Tensor& reach,
                                  const Certificate& certificate, const Bounds& bounds,
                                  double margin) {
  const Tensor sizes = maximum(abs(here.x), reach);
  std::vector<Tensor> directions = certificate.flat_directions;
  if (certificate.step_decrease > 0) directions.push_back(certificate.step);
  for (const Tensor& direction : directions)
    for (double sign : {1.0, -1.0}) {
      const double length = sign * visible_length(direction, sizes);
      const Point there = objective.at(bounds.project(here.x + length * direction));
      if (there.is_finite() && there.value < here.value - margin) return there;
    }
  return std::nullopt;
}

std::optional<Point> point_along_flat(Objective& objective, const Point& here, const Tensor& begin,
                                      const Tensor& reach, const Certificate& certificate,
                                      const Bounds& bounds, double margin) {
  // Each direction costs 16 Hessians at least. Two parameters of one sign and size whose sum alone
  // matters change theirs at 1 and about 2 sizes, so that lengths must grow slowly.
  constexpr std::size_t max_directions = 3;
  constexpr int lengths = 8;
  const auto is_enough = [&](const Point& point) {
    return point.is_finite() && point.value < here.value - margin;
  };
  const Tensor sizes = where(here.x == 0, reach, abs(here.x));
  const std::vector<Tensor>& flat = certificate.flat_directions;
  for (std::size_t i = 0; i < std::min(flat.size(), max_directions); ++i)
    for (int j = 0; j < 2 * lengths; ++j) {
      const double sizes_away = (j % 2 ? -0.5 : 0.5) * std::pow(1.5, j / 2);
      const double length = 1e3 * sizes_away * visible_length(flat[i], sizes);
      const Point point = objective.at(bounds.project(here.x + length * flat[i]));
      const auto lower = point_from_valley(objective, point, begin, bounds);
      if (lower && is_enough(*lower)) return lower;
    }
  return std::nullopt;
}

bool falls_without_end(Objective& objective, const Point& here, const Tensor& direction,
                       const Bounds& bounds) {
  // A bound may lie far beyond where the value underflows.
  const Tensor far = here.x + 1e300 * direction;
  if (any(bounds.project(far) != far).item<bool>()) return false;
  Point last = here;
  for (double length = 1; std::isfinite(length); length *= 2) {
    const Point there = objective.at(here.x + length * direction);
    if (!there.is_finite()) return !(there.value > last.value);
    const double slope = dot(there.gradient, direction).item();
    if (slope > 0 || there.value > last.value) return false;
    if (slope == 0 && there.value == last.value) return true;
    last = there;
  }
  return true;
}

bool recedes(Objective& objective, const Point& here, const Bounds& bounds) {
  constexpr int steps = 3;
  // Of exp(-x) the curvature falls to 0.37 over a step, and steps stay as long as they were. Of
  // x^p near 0 they are shorter by (p - 2) / (p - 1) each time, so that large p look like that.
  constexpr double holds = 0.5, is_shorter = 0.9;
  // Curvature that dies away in one direction only is small beside the others'.
  constexpr double negligible = 1e-15;
  Point point = here;
  Certificate now = certify(objective, point, bounds, negligible);
  double ratio = 1;
  for (int i = 0; i < steps; ++i) {
    if (!(now.step_decrease > 0)) return false;
    const Tensor next = bounds.project(point.x + now.step);
    if (!(curvature_ratio(objective, next, now) < holds)) return false;
    point = objective.at(next);
    if (!point.is_finite()) return false;
    const Certificate there = certify(objective, point, bounds, negligible);
    if (!(there.step_decrease < now.step_decrease)) return false;
    ratio = relative_length(there.step, now.step);
    if (!(ratio >= is_shorter)) return false;
    now = there;
  }
  return falls_without_end(objective, point, now.step, bounds);
}

double value_rounding(Objective& objective, const Point& here, const Certificate& certificate,
                      const Bounds& bounds, double epsilon) {
  const auto change = [&](double length) {
    const Tensor x = bounds.project(here.x + length * certificate.step);
    return std::abs(objective.value(x) - here.value);
  };
  double most = 4 * epsilon * std::abs(here.value);
  // Short enough that what is not rounding is far below the decrement. The smaller of both sides,
  // for one may lie beyond a jump.
  for (double length : {0x1p-8, 0x1p-9, 0x1p-10, 0x1p-11}) {
    const double least = std::fmin(change(length), change(-length));
    if (std::isfinite(least)) most = std::max(most, least);
  }
  return most;
}

bool is_hidden(Objective& objective, const Point& here, const Certificate& certificate,
               const Bounds& bounds, double rounding) {
  if (certificate.decrement <= rounding) return true;
  if (!certificate.spectrum || !(certificate.step_decrease > 0)) return false;
  const Point there = objective.at(bounds.project(here.x + certificate.step));
  if (!there.is_finite()) return false;
  const double left = newton_step(*certificate.spectrum, there.gradient).decrement;
  const double change = std::abs(there.value - here.value);
  return left < certificate.decrement / 2 && change <= std::max(certificate.decrement, rounding);
}

void polish(Objective& objective, Point& here, Certificate& certificate, const Bounds& bounds) {
  // At the end the parameters' own rounding decides. Where second derivatives change fast that is
  // the last of the standard errors' digits, so more than one such point is tried.
  constexpr int max_steps = 30, max_worse = 2;
  int worse = 0;
  Point from = here;
  Tensor step = certificate.step;
  for (int i = 0; i < max_steps && worse <= max_worse && certificate.step_decrease > 0; ++i) {
    const Point there = objective.at(bounds.project(from.x + step));
    if (!there.is_finite()) return;
    const NewtonStep next = newton_step(*certificate.spectrum, there.gradient);
    from = there;
    step = next.step;
    if (!(next.decrement < certificate.decrement)) {
      ++worse;
      continue;
    }
    // The curvature of a point close by serves as well, as long as it converges.
    const bool is_slow = next.decrement > 0.01 * certificate.decrement &&
                         next.decrement > 1e-12 * std::abs(there.value);
    here = there;
    certificate.decrement = next.decrement;
    certificate.step_decrease = next.decrease;
    certificate.step = next.step;
    if (is_slow) certificate = certify(objective, here, bounds);
    step = certificate.step;
  }
}

}  // namespace wald::optim
