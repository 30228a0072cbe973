#include "run.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <wald/engine/ops/ops.h>
#include <wald/optim/run/newton_steps.h>

namespace wald::optim {
namespace {

constexpr double negligible_curvature = 1e-12;
// Negative curvature that cannot be told from none where the value does not fall along it.
constexpr double doubtful_curvature = 1e-8;
constexpr std::int64_t max_idle_moves = 10;
// Below this part of the value steps by one Hessian converge fast.
constexpr double near_minimum = 1e-6;

double epsilon_of(DType dtype) {
  return dtype == DType::float32 ? std::numeric_limits<float>::epsilon()
                                 : std::numeric_limits<double>::epsilon();
}

std::int64_t iterations_allowed(const MinimizeOptions& options, std::int64_t k) {
  if (options.max_iterations > 0) return options.max_iterations;
  const std::int64_t enough = 1000 + 200 * k;
  return options.method == Method::nelder_mead ? 10 * enough : enough;
}

bool scales_itself(Method method) {
  return method == Method::newton_exact || method == Method::trust_exact;
}

Tensor as_vector(const Tensor& bound, std::int64_t k) {
  if (!bound.defined()) return {};
  return clone(expand(to(bound.detach(), DType::float64), {k}));
}

}  // namespace

Run::Run(const ScalarFunction& f, const Tensor& x0, const MinimizeOptions& options)
    : options_(options),
      epsilon_(epsilon_of(x0.dtype())),
      tolerance_(std::max(options.tolerance, epsilon_)),
      coordinates_(x0),
      objective_([this, f](const Tensor& u) { return coordinates_.evaluate(f, u); }),
      limits_(options_, 0),
      progress_(options.show_progress) {
  state_.method = options.method;
  state_.x0 = clone(x0.detach());
  options_.max_iterations = iterations_allowed(options, x0.numel());
  options_.lower = as_vector(options.lower, x0.numel());
  options_.upper = as_vector(options.upper, x0.numel());
}

Run::Run(const ScalarFunction& f, const RunState& state, const MinimizeOptions& options)
    : Run(f, state.x0, options) {
  state_ = state;
  is_resumed_ = true;
  saved_at_ = state.seconds;
}

MinimizeResult Run::run() {
  try {
    if (!state_.here.x.defined()) evaluate_start();
    // The limits hold inside an iteration too.
    objective_.set_guard([this] {
      if (const auto reason = limits_.reached(objective_.evaluations())) throw Stop{*reason};
    });
    if (!outcome_) prepare();
    if (!outcome_) iterate();
  } catch (const Stop& stop) {
    end(Status::failed, stop.reason);
  }
  if (boundary_ && !options_.checkpoint.empty()) {
    boundary_->seconds = limits_.seconds();
    boundary_->history = state_.history;
    boundary_->history.resize(static_cast<std::size_t>(
        std::min<std::int64_t>(boundary_->iterations, std::ssize(state_.history))));
    save_checkpoint(options_.checkpoint, *boundary_);
  }
  return result();
}

void Run::evaluate_start() {
  const Bounds user{options_.lower, options_.upper};
  state_.here = objective_.at(user.project(coordinates_.from_user(state_.x0)));
  state_.first_value = state_.here.value;
  if (!state_.here.is_finite()) end(Status::failed, Reason::not_finite);
}

/// Chooses units at the start, or takes those that were chosen, and makes the method.
void Run::prepare() {
  const bool is_scaled = options_.scale_parameters && !scales_itself(options_.method) &&
                         state_.here.x.numel() <= dense_limit;
  if (state_.scale.defined())
    coordinates_.set_scale(state_.scale);
  else if (is_scaled && state_.iterations == 0)
    choose_scale();
  if (state_.scale.defined()) {
    if (options_.lower.defined()) options_.lower = options_.lower / state_.scale;
    if (options_.upper.defined()) options_.upper = options_.upper / state_.scale;
  }
  bounds_ = {options_.lower, options_.upper};
  begin_ = bounds_.project(coordinates_.from_user(state_.x0));
  descent_ = make_descent(options_);
  if (!is_resumed_) return;
  descent_->load(state_.descent);
  objective_.set_evaluations(state_.evaluations);
}

void Run::choose_scale() {
  const Tensor hessian = objective_.hessian(state_.here.x);
  state_.scale = scale_of_start(state_.here, hessian);
  if (!state_.scale.defined()) return;
  coordinates_.set_scale(state_.scale);
  state_.here = coordinates_.from_user(state_.here);
  objective_.keep_hessian(state_.here.x, coordinates_.hessian_from_user(hessian));
}

void Run::iterate() {
  while (!outcome_) {
    keep_boundary();
    const double expected = descent_->expected_decrease(objective_, state_.here);
    if (notify(expected)) return end(Status::failed, Reason::callback);
    if (const auto reason = limits_.reached(objective_.evaluations()))
      return end(Status::failed, *reason);
    if (is_unbounded()) return end(Status::failed, Reason::unbounded);
    if (is_promising(expected)) {
      if (settle() != Settled::open) continue;
    }
    if (!may_move()) return;
    // Methods may move by the gradient where values are the same; not for ever.
    if (state_.idle_moves >= max_idle_moves || !advance()) give_up();
  }
}

/// The state between two iterations, to which a run that is stopped inside one falls back.
void Run::keep_boundary() {
  if (options_.checkpoint.empty()) return;
  state_.evaluations = objective_.evaluations();
  state_.descent = descent_->state();
  state_.seconds = limits_.seconds();
  std::vector<Iteration> history;
  history.swap(state_.history);
  boundary_ = state_;
  history.swap(state_.history);
  if (state_.iterations == 0 || state_.seconds < saved_at_ + options_.checkpoint_seconds) return;
  save_checkpoint(options_.checkpoint, state_);
  saved_at_ = state_.seconds;
}

/// Whether the callback wants to stop.
bool Run::notify(double expected_decrease) {
  if (!options_.callback && !options_.keep_history && !options_.show_progress) return false;
  const Iteration now{state_.iterations, coordinates_.to_user(state_.here), expected_decrease,
                      objective_.evaluations(), limits_.seconds()};
  if (options_.keep_history) state_.history.push_back(now);
  progress_.update(now);
  return state_.iterations > 0 && options_.callback && options_.callback(now);
}

/// Whether it is worth asking the exact Hessian, by what is known without.
bool Run::is_promising(double expected_decrease) const {
  const Point& here = state_.here;
  if (here.gradient.defined()) {
    const std::vector<double> g = here.gradient.to_vector();
    const std::vector<bool> held = bounds_.held(here);
    bool is_zero = true;
    for (std::size_t i = 0; i < g.size(); ++i)
      is_zero = is_zero && (g[i] == 0 || (!held.empty() && held[i]));
    if (is_zero) return true;
  }
  if (state_.iterations < state_.certify_from) return false;
  if (std::isnan(expected_decrease))
    return state_.iterations > 0 && state_.last_decrease <= std::sqrt(tolerance_) * fallen_size();
  const double enough = options_.polish ? std::max(near_minimum, tolerance_) : tolerance_;
  return expected_decrease <= enough * fallen_size() || state_.has_moved_little;
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
  const bool is_within = found.decrement <= tolerance_ * std::abs(state_.here.value) || has_arrived;
  std::optional<Point> lower;
  // Where the minimum is zero no decrement is small beside the value; then Newton's steps go on as
  // long as they gain.
  constexpr int halvings = 8;
  if (!is_within && options_.polish && was_modelled(found)) {
    Point there = state_.here;
    Certificate chord = found;
    polish(objective_, there, chord, bounds_, 0);
    if (there.value < state_.here.value) lower = there;
  }
  if (!is_within && !lower)
    lower = newton_point(objective_, state_.here, found, bounds_, halvings);
  else if (has_arrived || !found.flat_directions.empty())
    lower = point_across(objective_, state_.here, begin_, found, bounds_, tolerance_ * size);
  if (lower) return move_by_hessian(*lower);
  const double root = std::sqrt(tolerance_);
  if (is_within || (is_modelled && is_small(found.step, root, tolerance_))) {
    end_at_minimum(Status::converged, Reason::tolerance);
    return Settled::ended;
  }
  certify_later();
  return Settled::open;
}

/// At a point with negative curvature: along it.
Run::Settled Run::settle_downward() {
  const Certificate& found = *certificate_;
  if (const auto lower = point_downward(objective_, state_.here, found, bounds_)) {
    if (may_move()) move_to(*lower);
    return outcome_ ? Settled::ended : Settled::moved;
  }
  const double size = std::max(std::abs(state_.here.value), state_.first_value - state_.here.value);
  if (found.smallest >= -doubtful_curvature || found.decrement > tolerance_ * size)
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

/// Whether the last step came from where Newton's method runs away to where value and derivatives
/// are too small to be represented.
bool Run::came_down_to_a_plain(const Certificate& found) {
  if (found.decrement != 0 || found.flat_directions.empty() || !state_.before.defined())
    return false;
  const Point before = objective_.at(state_.before);
  return before.is_finite() && recedes(objective_, before, bounds_);
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

/// Whether the step moves no parameter by more than these parts of its size and of its way so far.
bool Run::is_small(const Tensor& step, double of_size, double of_way) const {
  const std::vector<double> s = step.to_vector(), x = state_.here.x.to_vector(),
                            x0 = begin_.to_vector();
  for (std::size_t i = 0; i < s.size(); ++i)
    if (!(std::abs(s[i]) <= of_size * std::abs(x[i]) + of_way * std::abs(x[i] - x0[i])))
      return false;
  return true;
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

bool Run::may_move() {
  if (state_.iterations < options_.max_iterations) return true;
  end(Status::failed, Reason::max_iterations);
  return false;
}

void Run::move_to(const Point& there) {
  state_.before = state_.here.x;
  state_.last_decrease = state_.here.value - there.value;
  state_.idle_moves = state_.last_decrease > 0 ? 0 : state_.idle_moves + 1;
  if (state_.iterations == 0) state_.first_decrease = state_.last_decrease;
  state_.here = there;
  state_.has_moved_little = is_small(there.x - state_.before, std::sqrt(tolerance_), tolerance_);
  ++state_.iterations;
}

/// Whether the method finds a next point.
bool Run::advance() {
  std::optional<Point> there = descent_->next(objective_, state_.here);
  if (!there) {
    descent_->reset();
    there = descent_->next(objective_, state_.here);
  }
  if (there) move_to(*there);
  return there.has_value();
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
  const double rounding = value_rounding(objective_, state_.here, found, epsilon_);
  if (is_hidden(objective_, state_.here, found, bounds_, rounding))
    return end_at_minimum(Status::precision, Reason::rounding);
  end(Status::failed, Reason::stalled);
}

void Run::end_at_minimum(Status status, Reason reason) {
  end(status, reason);
  if (!options_.polish || !certificate_->spectrum || !certificate_->spectrum->is_finite()) return;
  const double value = std::abs(state_.here.value);
  const double rounding = status == Status::converged
                              ? 1e4 * epsilon_ * value
                              : value_rounding(objective_, state_.here, *certificate_, epsilon_) +
                                    1e4 * epsilon_ * value;
  polish(objective_, state_.here, *certificate_, bounds_, rounding);
  certificate();
  if (certificate_->decrement <= tolerance_ * std::abs(state_.here.value))
    end(Status::converged, Reason::tolerance);
}

bool Run::is_unbounded() const {
  const double fallen = state_.first_value - state_.here.value;
  const double size = std::max(std::abs(state_.first_value), state_.first_decrease);
  return state_.here.value <= -1e300 || fallen * epsilon_ * epsilon_ > size;
}

MinimizeResult Run::result() {
  MinimizeResult result;
  // Beyond the limits there is no time for a Hessian; a gradient belongs to every point.
  objective_.set_guard({});
  if (state_.here.x.defined() && !state_.here.gradient.defined()) complete_gradient();
  const bool wants_hessian =
      outcome_->status != Status::failed || outcome_->reason == Reason::max_iterations ||
      outcome_->reason == Reason::saddle || outcome_->reason == Reason::stalled;
  if (wants_hessian && state_.here.x.numel() <= dense_limit) certificate();
  const bool is_here = certificate_ && certificate_->x.is_same(state_.here.x);
  const Certificate* found = is_here ? &*certificate_ : nullptr;

  const Point user = coordinates_.to_user(state_.here);
  result.x = user.x;
  result.value = user.value;
  result.gradient = user.gradient;
  if (found) result.hessian = coordinates_.hessian_to_user(found->hessian);
  if (descent_)
    result.inverse_hessian = coordinates_.inverse_hessian_to_user(descent_->inverse_hessian());
  result.newton_decrement = found && !found->downward.defined() ? found->decrement : NAN;
  result.iterations = state_.iterations;
  result.evaluations = objective_.evaluations();
  result.seconds = limits_.seconds();
  result.status = outcome_->status;
  result.reason = outcome_->reason;
  result.along = directions_of(*outcome_, found);
  result.message = message_of(*outcome_, found, options_.names);
  result.history = std::move(state_.history);
  return result;
}

}  // namespace wald::optim
