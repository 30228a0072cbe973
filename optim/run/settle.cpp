// What a run does where its method expects little more: it asks the exact Hessian whether that is a
// minimum, and ends, moves by it, or goes on.
#include <algorithm>
#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/optim/run/newton_steps.h>
#include <wald/optim/run/run.h>

namespace wald::optim {

/// Whether it is worth asking the exact Hessian, by what is known without.
bool Run::is_promising(double expected_decrease) const {
  const Point& here = state_.here;
  if (here.gradient.defined()) {
    const std::vector<bool> held = bounds_.held(here);
    if (held.empty()) {
      if (here.is_stationary()) return true;
    } else {
      const std::vector<double> g = here.gradient.to_vector();
      bool is_zero = true;
      for (std::size_t i = 0; i < g.size(); ++i) is_zero = is_zero && (g[i] == 0 || held[i]);
      if (is_zero) return true;
    }
  }
  if (state_.iterations < state_.certify_from) return false;
  if (std::isnan(expected_decrease))
    return state_.iterations > 0 && state_.last_decrease <= std::sqrt(tolerance_) * fallen_size();
  if (is_long_run()) return true;
  const double enough = options_.polish ? std::max(near_minimum, tolerance_) : tolerance_;
  // Last, for models that see no minimum however little there is left to fall.
  return expected_decrease <= enough * fallen_size() || state_.has_moved_little ||
         (state_.iterations > 0 && state_.last_decrease <= epsilon_ * epsilon_ * fallen_size());
}

/// Whether it is time to ask because of the iterations alone, whatever the method expects: it may
/// go around in the rounding of a value that is coarser than it knows. Each time after twice as
/// many, so that this costs few Hessians.
bool Run::is_long_run() const {
  std::int64_t next = 50 + state_.here.x.numel();
  while (next < state_.iterations) next *= 2;
  return next == state_.iterations;
}

/// Whether the decrement is within the value's rounding and was no larger at the last such time.
bool Run::goes_around(const Certificate& found) {
  const double before = state_.long_run_decrement;
  state_.long_run_decrement = found.decrement;
  return !(found.decrement < before / 2) &&
         found.decrement <= value_rounding(objective_, state_.here, found, bounds_, epsilon_);
}

/// Asks the exact Hessian, and ends the run or takes a step by it if it says so.
Run::Settled Run::settle() {
  complete_gradient();
  const Certificate* found = &certificate();
  if (found->downward.defined()) {
    const Settled settled = settle_downward();
    if (settled != Settled::open || found->smallest < -doubtful_curvature) return settled;
    found = &certificate(doubtful_curvature);
  }
  return settle_upward(*found);
}

/// At a point without negative curvature.
Run::Settled Run::settle_upward(const Certificate& found) {
  const double size = fallen_size();
  const bool is_low = found.decrement <= tolerance_ * size;
  if ((is_low && !was_modelled(found) && recedes(objective_, state_.here, bounds_)) ||
      came_down_to_a_plain(found)) {
    end(Status::failed, Reason::unbounded);
    return Settled::ended;
  }
  // Of what the model promises, all is Newton's step, not some gradient where it is flat.
  const bool is_modelled = found.decrement <= 2 * found.step_decrease;
  const bool has_arrived = is_modelled && is_small(found.step, epsilon_, tolerance_);
  bool is_within = found.decrement <= tolerance_ * std::abs(state_.here.value) || has_arrived ||
                   is_vanishing(found, std::pow(epsilon_, 3));
  const bool is_nearly = is_vanishing(found, epsilon_ * epsilon_);
  if (!is_within && is_long_run() && goes_around(found)) {
    end_at_minimum(Status::precision, Reason::rounding);
    return Settled::ended;
  }
  std::optional<Point> lower;
  if (!is_within) {
    lower = lower_by_newton(found);
    is_within = is_nearly && !(lower && gains_digits(*lower));
    if (is_within) lower.reset();
  }
  if (is_within && (has_arrived || is_nearly || !found.flat_directions.empty()))
    lower = point_across(objective_, state_.here, state_.reach, found, bounds_, tolerance_ * size);
  if (is_within && !lower && !found.flat_directions.empty()) {
    // So far away rounding is larger.
    const double margin = 1e4 * tolerance_ * size;
    lower = point_along_flat(objective_, state_.here, begin_, state_.reach, found, bounds_, margin);
  }
  if (lower) return move_by_hessian(*lower);
  const double root = std::sqrt(tolerance_);
  if (is_within || (is_modelled && is_small(found.step, root, tolerance_))) {
    end_at_minimum(Status::converged, Reason::tolerance);
    return Settled::ended;
  }
  if (uses_values_only(options_.method) && end_if_hidden(found)) return Settled::ended;
  certify_later();
  return Settled::open;
}

/// Where the minimum is zero no decrement is small beside the value; then Newton's steps go on as
/// long as they gain.
std::optional<Point> Run::lower_by_newton(const Certificate& found) {
  if (options_.polish && was_modelled(found)) {
    Point there = state_.here;
    Certificate chord = found;
    polish(objective_, there, chord, bounds_);
    if (there.value < state_.here.value) return there;
  }
  // What curvature is known for Newton's step has no part in what the gradient promises elsewhere.
  if (found.decrement > 2 * found.step_decrease)
    if (auto lower = point_downward(objective_, state_.here, found, bounds_)) return lower;
  constexpr int halvings = 8;
  return newton_point(objective_, state_.here, found, bounds_, halvings);
}

/// Whether what is left is less than this part of the way down, and Newton's step is short beside
/// the parameters or their way. Squares of the rounding of what was there at the start are epsilon
/// squared: below that steps are worth while only if they gain digits, and below its cube none is.
bool Run::is_vanishing(const Certificate& found, double part) const {
  const double root = std::sqrt(tolerance_);
  return found.decrement <= part * fallen_size() && is_small(found.step, root, root);
}

bool Run::gains_digits(const Point& there) const {
  return std::abs(there.value) < 0.01 * std::abs(state_.here.value);
}

/// At a point with negative curvature: along it.
Run::Settled Run::settle_downward() {
  const Certificate& found = *certificate_;
  if (const auto lower = point_downward(objective_, state_.here, found, bounds_)) {
    if (may_move()) move_to(*lower);
    return outcome_ ? Settled::ended : Settled::moved;
  }
  if (found.smallest >= -doubtful_curvature || found.decrement > tolerance_ * fallen_size())
    return Settled::open;
  end(Status::failed, Reason::saddle);
  return Settled::ended;
}

/// Whether the curvature here explains the decrease of the last step. Then it holds over a step
/// that was longer than Newton's is now, and nothing more need be asked.
bool Run::was_modelled(const Certificate& found) const {
  if (!found.hessian.defined() || !state_.before.defined()) return false;
  if (!(state_.last_decrease > 1e3 * found.decrement) ||
      !(state_.last_decrease > 1e-10 * std::abs(state_.here.value)))
    return false;
  const Tensor step = state_.here.x - state_.before;
  const double explained = dot(step, mv(found.hessian, step)).item() / 2;
  return explained > state_.last_decrease / 2 && explained < state_.last_decrease * 2;
}

/// Whether there is no curvature along what took the run very many times as far out for next to no
/// decrease: towards an infimum at infinity, as that of 1 / x, so far away that its curvature is
/// lost beside that of other parameters.
bool Run::is_running_away(const Certificate& found) const {
  // Parameters that have hardly moved yet may still come to move many times as far in a valley.
  constexpr double far = 1e6;
  return !found.flat_directions.empty() && state_.outward_growth >= far && !was_modelled(found);
}

/// Whether the last step came from where Newton's method runs away to where value and derivatives
/// are too small to be represented. A long step says little of where the plain begins, so halfway
/// back is asked, or as near to there as derivatives can be told from zero.
bool Run::came_down_to_a_plain(const Certificate& found) {
  if (found.decrement != 0 || found.flat_directions.empty() || !state_.before.defined())
    return false;
  constexpr int max_halvings = 12;
  const Tensor step = state_.before - state_.here.x;
  Point slope = objective_.at(state_.before);
  for (double part = 0.5; part < 1 - std::ldexp(1, -max_halvings); part = (1 + part) / 2) {
    const Point between = objective_.at(state_.here.x + part * step);
    if (!between.is_finite() || all(between.gradient == 0).item<bool>()) continue;
    slope = between;
    break;
  }
  return slope.is_finite() && recedes(objective_, slope, bounds_);
}

Run::Settled Run::move_by_hessian(const Point& there) {
  if (!may_move()) return Settled::ended;
  move_to(there);
  certify_later();
  return Settled::moved;
}

/// Lets the method, which keeps what it has learned, go on alone for longer each time.
void Run::certify_later() {
  state_.certify_from = state_.iterations + state_.certify_gap;
  state_.certify_gap = std::min<std::int64_t>(2 * state_.certify_gap, 64);
}

/// The larger of the value's size and of what it has fallen by: a decrease far below it is small,
/// whatever the units.
double Run::fallen_size() const {
  return std::max(std::abs(state_.here.value), state_.first_value - state_.here.value);
}

/// Whether the step moves no parameter by more than these parts of its size and of the way that it
/// has gone from the start at most.
Tensor Run::smallness(const Tensor& step, double of_size, double of_way) const {
  return all(abs(step) <= of_size * abs(state_.here.x) + of_way * state_.reach);
}

bool Run::is_small(const Tensor& step, double of_size, double of_way) const {
  return smallness(step, of_size, of_way).item<bool>();
}

const Certificate& Run::certificate(double negligible) {
  if (!certificate_ || !certificate_->x.is_same(state_.here.x) ||
      negligible != negligible_curvature)
    certificate_ = certify(objective_, state_.here, bounds_, negligible);
  return *certificate_;
}

/// A method that uses values only gives points without gradients.
void Run::complete_gradient() {
  if (!state_.here.gradient.defined()) state_.here = objective_.at(state_.here.x);
}

/// The method finds no lower point: either there is none, or none that can be told from this one.
void Run::give_up() {
  if (settle() != Settled::open) return;
  if (objective_.has_fallen_to_infinity()) return end(Status::failed, Reason::unbounded);
  const Certificate& found = certificate();
  constexpr int halvings = 40;
  std::optional<Point> lower = newton_point(objective_, state_.here, found, bounds_, halvings);
  if (!lower) lower = point_downward(objective_, state_.here, found, bounds_);
  if (lower) {
    move_by_hessian(*lower);
    return;
  }
  if (!end_if_hidden(found)) end(Status::failed, Reason::stalled);
}

/// Whether rounding hides what the model still sees, so that the run has ended.
bool Run::end_if_hidden(const Certificate& found) {
  const double rounding = value_rounding(objective_, state_.here, found, bounds_, epsilon_);
  if (!is_hidden(objective_, state_.here, found, bounds_, rounding)) return false;
  end_at_minimum(Status::precision, Reason::rounding);
  return true;
}

void Run::end_at_minimum(Status status, Reason reason) {
  if (is_running_away(certificate())) return end(Status::failed, Reason::unbounded);
  end(status, reason);
  if (!options_.polish || !certificate_->spectrum || !certificate_->spectrum->is_finite()) return;
  polish(objective_, state_.here, *certificate_, bounds_);
  certificate();
  if (certificate_->decrement <= tolerance_ * std::abs(state_.here.value))
    end(Status::converged, Reason::tolerance);
}

}  // namespace wald::optim
