#include "line_search.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace wald::optim {
namespace {

/// The minimum of the cubic through two trials, kept inside [low, high].
double cubic_minimum(const Trial& a, const Trial& b, double low, double high) {
  const double d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.length - b.length);
  const double d2_squared = d1 * d1 - a.slope * b.slope;
  if (!(d2_squared >= 0) || std::isinf(d2_squared)) return (low + high) / 2;
  const double d2 = std::sqrt(d2_squared);
  const double place =
      a.length <= b.length
          ? b.length - (b.length - a.length) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
          : a.length - (a.length - b.length) * ((a.slope + d2 - d1) / (a.slope - b.slope + 2 * d2));
  return std::min(std::max(place, low), high);
}

double cubic_minimum(const Trial& a, const Trial& b) {
  return cubic_minimum(a, b, std::min(a.length, b.length), std::max(a.length, b.length));
}

class Search {
 public:
  Search(const std::function<Trial(double)>& evaluate, const Trial& start,
         const WolfeOptions& options)
      : evaluate_(evaluate), start_(start), options_(options) {}

  LineSearchResult run(double first_length, double direction_size) {
    bracket(first_length);
    if (!is_done_) zoom(direction_size);
    return {low_, evaluations_};
  }

 private:
  bool decreases(const Trial& trial) const {
    return !(trial.value >
             start_.value + options_.sufficient_decrease * trial.length * start_.slope);
  }
  bool is_flat(const Trial& trial) const {
    return std::abs(trial.slope) <= -options_.curvature * start_.slope;
  }
  Trial evaluate(double length) {
    ++evaluations_;
    Trial trial = evaluate_(length);
    // Outside the objective's domain: as bad as can be, so that the search turns back.
    if (std::isnan(trial.value)) trial.value = std::numeric_limits<double>::infinity();
    return trial;
  }

  /// Lengthens the step until an interval is known to hold a good one: low_ and high_.
  void bracket(double length) {
    Trial before = start_, trial = evaluate(length);
    for (; trials_ < options_.max_trials; ++trials_) {
      if (!decreases(trial) || (trials_ > 1 && trial.value >= before.value))
        return order(before, trial);
      if (is_flat(trial)) {
        low_ = trial;
        is_done_ = true;
        return;
      }
      if (trial.slope >= 0) return order(before, trial);
      const double next = cubic_minimum(
          before, trial, trial.length + 0.01 * (trial.length - before.length), 10 * trial.length);
      before = trial;
      trial = evaluate(next);
    }
    order(start_, trial);
  }

  void order(const Trial& a, const Trial& b) {
    const bool a_is_low = a.value <= b.value;
    low_ = a_is_low ? a : b;
    high_ = a_is_low ? b : a;
    low_is_first_ = a_is_low;
  }

  /// Narrows the interval around a good step.
  void zoom(double direction_size) {
    bool was_at_edge = false;
    while (trials_ < options_.max_trials) {
      const double near = std::min(low_.length, high_.length);
      const double far = std::max(low_.length, high_.length);
      if ((far - near) * direction_size < options_.tolerance_change) return;
      double length = low_is_first_ ? cubic_minimum(low_, high_) : cubic_minimum(high_, low_);
      length = away_from_edges(length, near, far, was_at_edge);
      const Trial trial = evaluate(length);
      ++trials_;
      if (!decreases(trial) || trial.value >= low_.value) {
        replace_high(trial);
        continue;
      }
      const bool is_good = is_flat(trial);
      if (!is_good && trial.slope * (high_.length - low_.length) >= 0) high_ = low_;
      low_ = trial;
      if (is_good) return;
    }
  }

  void replace_high(const Trial& trial) {
    high_ = trial;
    // The place in the pair decides a tie of values, as it does in libtorch.
    const bool high_becomes_low =
        low_is_first_ ? low_.value > high_.value : high_.value <= low_.value;
    if (!high_becomes_low) return;
    std::swap(low_, high_);
    low_is_first_ = !low_is_first_;
  }

  /// A trial too near an end of the interval makes no progress: the second in a row is moved a
  /// tenth of the interval inward.
  static double away_from_edges(double length, double near, double far, bool& was_at_edge) {
    const double margin = 0.1 * (far - near);
    if (std::min(far - length, length - near) >= margin) {
      was_at_edge = false;
      return length;
    }
    if (!was_at_edge && length < far && length > near) {
      was_at_edge = true;
      return length;
    }
    was_at_edge = false;
    return std::abs(length - far) < std::abs(length - near) ? far - margin : near + margin;
  }

  const std::function<Trial(double)>& evaluate_;
  const Trial& start_;
  const WolfeOptions& options_;
  Trial low_, high_;
  bool low_is_first_ = true;
  bool is_done_ = false;
  int trials_ = 0, evaluations_ = 0;
};

}  // namespace

LineSearchResult strong_wolfe(const std::function<Trial(double)>& evaluate, const Trial& start,
                              double first_length, double direction_size,
                              const WolfeOptions& options) {
  return Search(evaluate, start, options).run(first_length, direction_size);
}

}  // namespace wald::optim
