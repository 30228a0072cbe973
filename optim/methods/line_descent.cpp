#include "line_descent.h"

#include <algorithm>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>

namespace wald::optim {
namespace {

constexpr std::int64_t most_steps_without_gain = 20;

}  // namespace

std::optional<Point> LineDescent::next(Objective& objective, const Point& here) {
  const NoGradGuard guard;
  const bool is_steepest = !has_model();
  const Tensor along = is_steepest ? -here.gradient : direction_at(here);
  const double length =
      is_steepest ? parabola_length(objective, here, along) : first_length(here, along);
  return search(objective, here, along, length);
}

std::optional<Point> LineDescent::search(Objective& objective, const Point& here,
                                         const Tensor& direction, double first_length) {
  const std::optional<Point> there =
      wolfe_search(objective, here, direction, slope_along(here, direction), first_length, search_);
  if (!there) return {};
  learn(here, *there, direction);
  lowest_ = std::min(lowest_, here.value);
  steps_without_gain_ = there->value < lowest_ ? 0 : steps_without_gain_ + 1;
  if (steps_without_gain_ > most_steps_without_gain) return {};
  return there;
}

double LineDescent::expected_decrease(Objective&, const Point& here) {
  const NoGradGuard guard;
  if (!has_model()) return std::numeric_limits<double>::quiet_NaN();
  return -slope_along(here, direction_at(here)) / 2;
}

double LineDescent::slope_along(const Point& here, const Tensor& direction) {
  if (!slope_of_.defined() || !slope_of_.is_same(here.gradient) ||
      !slope_is_along_.is_same(direction)) {
    slope_ = dot(here.gradient, direction).item<double>();
    slope_of_ = here.gradient;
    slope_is_along_ = direction;
  }
  return slope_;
}

Tensor LineDescent::direction(const Point& here) { return -here.gradient; }

// What is known of rounding stays: a method that forgot it would go around in circles again.
void LineDescent::reset() { direction_of_ = direction_ = {}; }

NamedTensors LineDescent::state() const {
  return {{"lowest", tensor(lowest_)},
          {"steps_without_gain", tensor(static_cast<double>(steps_without_gain_))}};
}

void LineDescent::load(const NamedTensors& state) {
  reset();
  lowest_ = find(state, "lowest").item<double>();
  steps_without_gain_ = find(state, "steps_without_gain").item<std::int64_t>();
}

const Tensor& LineDescent::direction_at(const Point& here) {
  if (!direction_of_.defined() || !direction_of_.is_same(here.gradient)) {
    direction_ = direction(here);
    direction_of_ = here.gradient;
  }
  return direction_;
}

Tensor find(const NamedTensors& state, std::string_view name) {
  for (const auto& [key, value] : state)
    if (key == name) return value;
  return {};
}

}  // namespace wald::optim
