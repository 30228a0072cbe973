#include "run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <wald/engine/ops/ops.h>
#include <wald/optim/one_copy.h>
#include <wald/optim/run/newton_steps.h>

namespace wald::optim {
namespace {

constexpr std::int64_t max_idle_moves = 10;

double epsilon_of(DType dtype) {
  return dtype == DType::float32 ? std::numeric_limits<float>::epsilon()
                                 : std::numeric_limits<double>::epsilon();
}

std::int64_t iterations_allowed(const MinimizeOptions& options, std::int64_t k) {
  if (options.max_iterations > 0) return options.max_iterations;
  const std::int64_t enough = 1000 + 200 * k;
  return uses_values_only(options.method) ? 10 * enough : enough;
}

bool scales_itself(Method method) {
  return method == Method::newton_exact || method == Method::trust_exact;
}

}  // namespace

Run::Run(const ScalarFunction& f, const Tensor& x0, const MinimizeOptions& options)
    : options_(options),
      epsilon_(epsilon_of(x0.dtype())),
      tolerance_(std::max(options.tolerance, epsilon_)),
      coordinates_(x0),
      objective_([this, f](const Tensor& u) { return coordinates_.evaluate(f, u); }, x0.device()),
      limits_(options_, 0),
      progress_(options.show_progress) {
  state_.method = options.method;
  state_.x0 = clone(x0.detach());
  state_.device = x0.device().name();
  options_.max_iterations = iterations_allowed(options, x0.numel());
  // One is kept for the gradient that belongs to the result.
  if (uses_values_only(options.method) && options.max_evaluations > 1) --options_.max_evaluations;
  const DeviceGuard beside(coordinates_.device());
  const Bounds bounds = bounds_of(options, x0.numel(), "minimize");
  options_.lower = bounds.lower;
  options_.upper = bounds.upper;
}

Run::Run(const ScalarFunction& f, const RunState& state, const MinimizeOptions& options)
    : Run(f, state.x0, options) {
  state_ = state;
  move(state_, state.x0.device(), coordinates_.device());
  is_resumed_ = true;
  saved_at_ = state.seconds;
}

MinimizeResult Run::run() {
  const DeviceGuard beside(coordinates_.device());
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
  if (!state_.reach.defined()) state_.reach = zeros(begin_.shape());
  descent_ = make_descent(options_);
  if (!is_resumed_) return;
  descent_->load(state_.descent);
  require_same_function();
  objective_.set_evaluations(state_.evaluations);
}

/// That the function gives what that of the checkpoint gave: a sum may come out in another order,
/// nothing else.
void Run::require_same_function() {
  constexpr double rounding = 1e-8;
  const double value = objective_.value(state_.here.x);
  if (!(std::abs(value - state_.here.value) <= rounding * fallen_size()))
    throw InputError(
        fmt::format("resume: the value is {} where the function of the checkpoint had {}", value,
                    state_.here.value));
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
  const DeviceGuard users(state_.x0.device());
  return state_.iterations > 0 && options_.callback && options_.callback(now);
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
  const Tensor way = abs(there.x - begin_);
  constexpr double next_to_nothing = 1e-5;
  const bool gains_little = state_.last_decrease <= next_to_nothing * fallen_size();
  const Tensor growth =
      gains_little ? max(where(state_.reach > 0, way / state_.reach, 1)) : number_like(1, way);
  state_.reach = maximum(state_.reach, way);
  const std::vector<double> read =
      read_numbers({growth, smallness(there.x - state_.before, std::sqrt(tolerance_), tolerance_)});
  state_.outward_growth *= std::max(1.0, read[0]);
  state_.has_moved_little = read[1] != 0;
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

/// Whether the value has fallen so far below what it was at the start that a minimum would have
/// been lost in its rounding, twice over, and falls on along the last step.
bool Run::is_unbounded() {
  if (state_.here.value <= -1e300) return true;
  const double fallen = state_.first_value - state_.here.value;
  const double size = std::max(std::abs(state_.first_value), state_.first_decrease);
  return fallen * epsilon_ * epsilon_ > size && state_.before.defined() &&
         falls_without_end(objective_, state_.here, state_.here.x - state_.before, bounds_);
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
