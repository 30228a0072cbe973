#include "wolfe.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include <wald/engine/ops/ops.h>
#include <wald/optim/one_copy.h>

namespace wald::optim {
namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// How far from the start, how far the value there lies above that at the start, and the slope.
struct Trial {
  double length, rise, slope;
};

double between(const Trial& from, const Trial& to, double share) {
  return from.length + share * (to.length - from.length);
}

/// The minimum of the cubic through two trials, as a share of the way between them; not a number
/// where it has none.
double cubic_share(const Trial& from, const Trial& to) {
  const double way = to.length - from.length;
  const double theta = from.slope + to.slope - 3 * (to.rise - from.rise) / way;
  const double scale = std::max({std::abs(theta), std::abs(from.slope), std::abs(to.slope)});
  const double square =
      (theta / scale) * (theta / scale) - (from.slope / scale) * (to.slope / scale);
  const double root = std::copysign(scale * std::sqrt(std::max(0.0, square)), way);
  return (root - from.slope + theta) / (2 * root - from.slope + to.slope);
}

/// The minimum of the parabola through both values and the slope of the first.
double parabola_minimum(const Trial& from, const Trial& to) {
  const double mean_slope = (to.rise - from.rise) / (to.length - from.length);
  return between(from, to, from.slope / (from.slope - mean_slope) / 2);
}

/// Where the slope is 0 if it changes evenly.
double secant_zero(const Trial& from, const Trial& to) {
  return between(from, to, from.slope / (from.slope - to.slope));
}

double nearer(double to, double a, double b) { return std::abs(a - to) < std::abs(b - to) ? a : b; }
double farther(double to, double a, double b) {
  return std::abs(a - to) > std::abs(b - to) ? a : b;
}

/// Where a good length lies: between the best one and the other, once a minimum is known to be
/// between; until then in a range beyond the best.
class Interval {
 public:
  Interval(double slope, double first_length)
      : best_{0, 0, slope}, other_(best_), upper_(5 * first_length) {}

  const Trial& best() const { return best_; }
  bool is_spent() const { return is_bracketed_ && upper_ - lower_ <= 4 * epsilon * upper_; }

  /// Takes a trial in, and says where to try next. `tilt` is taken off all slopes.
  double next(const Trial& trial, double tilt) {
    const auto tilted = [tilt](const Trial& t) {
      return Trial{t.length, t.rise - tilt * t.length, t.slope - tilt};
    };
    const Trial best = tilted(best_), now = tilted(trial);
    double length = choose(best, tilted(other_), now);
    if (now.rise > best.rise) {
      other_ = trial;
    } else {
      if (now.slope * best.slope < 0) other_ = best_;
      best_ = trial;
    }
    if (is_bracketed_) return shrink(length);
    if (!std::isfinite(length)) length = upper_;
    lower_ = length + 1.1 * (length - best_.length);
    upper_ = length + 4 * (length - best_.length);
    return length;
  }

 private:
  /// The four cases of More and Thuente, section 4.
  double choose(const Trial& best, const Trial& other, const Trial& now) {
    if (now.rise > best.rise) {
      is_bracketed_ = true;
      const double cubic = between(best, now, cubic_share(best, now));
      const double parabola = parabola_minimum(best, now);
      return nearer(best.length, cubic, (cubic + parabola) / 2);
    }
    const double share = cubic_share(now, best), secant = secant_zero(now, best);
    if (now.slope * best.slope < 0) {
      is_bracketed_ = true;
      return farther(now.length, between(now, best, share), secant);
    }
    const double farthest = now.length > best.length ? upper_ : lower_;
    if (std::abs(now.slope) < std::abs(best.slope)) {
      const double cubic = share < 0 ? between(now, best, share) : farthest;
      if (!is_bracketed_) return std::clamp(farther(now.length, cubic, secant), lower_, upper_);
      const double limit = now.length + 0.66 * (other.length - now.length);
      const double length = nearer(now.length, cubic, secant);
      return now.length > best.length ? std::min(length, limit) : std::max(length, limit);
    }
    return is_bracketed_ ? between(now, other, cubic_share(now, other)) : farthest;
  }

  /// Bisects where two trials did not narrow the interval by a third.
  double shrink(double length) {
    const double width = std::abs(other_.length - best_.length);
    if (!(width < 0.66 * width_before_) || !std::isfinite(length))
      length = best_.length + (other_.length - best_.length) / 2;
    width_before_ = width_;
    width_ = width;
    std::tie(lower_, upper_) = std::minmax(best_.length, other_.length);
    return length;
  }

  Trial best_, other_;
  bool is_bracketed_ = false;
  double lower_ = 0, upper_;
  double width_ = infinity, width_before_ = infinity;
};

class Search {
 public:
  Search(Objective& objective, const Point& here, const Tensor& direction, double slope,
         const WolfeOptions& options)
      : objective_(objective),
        here_(here),
        direction_(direction),
        options_(options),
        slope_(slope) {}

  std::optional<Point> run(double length) {
    if (!(slope_ < 0) || !std::isfinite(slope_)) return {};
    length = std::min(length, options_.longest);
    Interval interval(slope_, length);
    for (int i = 0; i < options_.max_trials && !interval.is_spent(); ++i) {
      const Point there = at(length);
      if (!there.is_finite()) {
        wall_ = length;
        length = between(interval.best(), {length, 0, 0}, 0.1);
        continue;
      }
      const Trial trial = measure(there, length);
      if (is_good(trial)) return there;
      if (there.value < (lowest_ ? *lowest_ : here_).value) lowest_ = there;
      if (all(there.x == here_.x).item<bool>()) break;
      length = within_limits(interval.next(trial, tilt(trial, interval)), interval);
    }
    return lowest_;
  }

 private:
  Point at(double length) {
    return objective_.at(options_.bounds.project(here_.x + length * direction_), direction_);
  }

  /// The trial as the search is to see it. That a value is rounding shows in its size, or, for an
  /// objective whose values are coarser than their last digits, in that the slopes at both ends do
  /// not allow it by the mean value theorem.
  Trial measure(const Point& there, double length) const {
    const double rise = there.value - here_.value, size = std::abs(rise / here_.value);
    const double slope = *there.slope_along;
    const double mean_slope = rise / length;
    const bool is_contradicted =
        mean_slope < std::min(slope_, slope) || mean_slope > std::max(slope_, slope);
    const bool is_rounding =
        rise == 0 || size <= 10 * epsilon || (size <= 1e-10 && is_contradicted);
    return {length, is_rounding ? length * (slope_ + slope) / 2 : rise, slope};
  }

  bool decreases(const Trial& trial) const {
    return trial.rise <= options_.decrease * trial.length * slope_;
  }
  bool is_good(const Trial& trial) const {
    if (!decreases(trial)) return false;
    // At the longest length it is enough that the value still falls.
    return std::abs(trial.slope) <= -options_.curvature * slope_ ||
           (trial.length >= options_.longest && trial.slope <= options_.decrease * slope_);
  }

  /// In the first stage, which ends with a trial that decreases enough and leads up, trials that
  /// decrease too little are compared by the auxiliary function, value - decrease slope length.
  double tilt(const Trial& trial, const Interval& interval) {
    if (decreases(trial) && trial.slope >= 0) is_first_stage_ = false;
    const bool is_too_little = trial.rise <= interval.best().rise && !decreases(trial);
    return is_first_stage_ && is_too_little ? options_.decrease * slope_ : 0;
  }

  double within_limits(double length, const Interval& interval) const {
    if (length >= wall_) length = (interval.best().length + wall_) / 2;
    return std::min(length, options_.longest);
  }

  Objective& objective_;
  const Point& here_;
  const Tensor& direction_;
  const WolfeOptions& options_;
  const double slope_;
  double wall_ = infinity;  // where value or gradient were not finite
  bool is_first_stage_ = true;
  std::optional<Point> lowest_;
};

}  // namespace

std::optional<Point> wolfe_search(Objective& objective, const Point& here, const Tensor& direction,
                                  double slope, double first_length, const WolfeOptions& options) {
  return Search(objective, here, direction, slope, options).run(first_length);
}

double parabola_length(Objective& objective, const Point& here, const Tensor& direction) {
  const std::vector<double> read =
      read_numbers({dot(direction, objective.hessian_times(here.x, direction)),
                    dot(here.gradient, direction), norm(direction)});
  const double length = std::abs(read[1]) / std::abs(read[0]);
  if (std::isfinite(length) && length > 0) return length;
  return 1 / read[2];
}

}  // namespace wald::optim
