#include "profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <wald/models/distributions.h>
#include <wald/models/profile_path.h>

namespace wald {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::size_t checked_place(const Fit& fit, const std::string& name) {
  const auto at = std::find(fit.names.begin(), fit.names.end(), name);
  if (at == fit.names.end())
    throw InputError(fmt::format("profile: the fit has no parameter '{}': it has {}", name,
                                 fmt::join(fit.names, ", ")));
  const auto j = static_cast<std::size_t>(at - fit.names.begin());
  if (fit.is_fixed(j)) throw InputError(fmt::format("profile: '{}' was fixed", name));
  if (fit.vcov.empty()) throw InputError("profile: the fit has no covariance to begin with");
  if (fit.status == FitStatus::failed) throw InputError("profile: the fit has not converged");
  return j;
}

/// The distance in standard errors, were the log-likelihood quadratic.
double root_of(double level) {
  if (!(level > 0 && level < 1))
    throw InputError(fmt::format("profile: the level is {}, not between 0 and 1", level));
  return two_sided_quantile(level);
}

/// An end of the interval: w_1, or why there is none.
struct End {
  double w1 = NAN;
  std::string message;
};

/// One end of the interval whose limit is `target`, on the side of `sign`.
class EndSearch {
 public:
  EndSearch(const ProfilePath& path, double root, double sign)
      : path_(path), root_(root), sign_(sign), target_(path.origin().value - root * root / 2) {}

  End find() const {
    if (const auto quick = venzon_moolgavkar()) return {*quick, ""};
    return follow();
  }

 private:
  bool is_above(const ProfileState& state) const { return state.value > target_; }

  /// sqrt(2 (l(hat) - l)), nearly linear in w_1; NaN above the fit.
  double root_at(const ProfileState& state) const {
    return std::sqrt(2 * (path_.origin().value - state.value));
  }

  /// Newton's method on l = target, dl/d others = 0. Nothing unless it settles near where a
  /// quadratic log-likelihood would have its end, with the others at a maximum.
  std::optional<double> venzon_moolgavkar() const {
    std::vector<double> w(path_.size(), 0.0);
    w[0] = sign_ * root_;
    double last = infinity;
    for (int step = 0; step < 20; ++step) {
      const ProfileState state = path_.at(w);
      if (!state.is_finite()) return std::nullopt;
      const std::vector<double> slope(state.gradient.begin() + 1, state.gradient.end());
      const auto shift = path_.solve_others(state, slope);
      if (!shift) return std::nullopt;
      const std::vector<double> turn = path_.tangent(state);
      double gain = 0, slope_along = state.gradient[0];
      for (std::size_t i = 0; i < slope.size(); ++i) {
        gain += slope[i] * (*shift)[i];
        slope_along += slope[i] * turn[i];
      }
      const double move = (target_ - state.value - gain) / slope_along;
      w[0] += move;
      double size = std::abs(move);
      for (std::size_t i = 1; i < w.size(); ++i) {
        const double other = (*shift)[i - 1] + turn[i - 1] * move;
        w[i] += other;
        size = std::max(size, std::abs(other));
      }
      if (!(std::abs(w[0]) < 4 * root_ && sign_ * w[0] > root_ / 4)) return std::nullopt;
      // Quadratic convergence: what follows a step of 1e-9 is rounding.
      if (size < 1e-9 * root_ || (size < 1e-6 * root_ && size >= last)) return w[0];
      last = size;
    }
    return std::nullopt;
  }

  /// Steps that double, until the profile is below the target; then the end within the bracket. A
  /// point that cannot be reached is approached by halves.
  End follow() const {
    ProfileState inside = path_.origin();
    std::optional<double> unreached;
    int flat = 0;
    double w1 = sign_ * root_;
    for (int step = 0; step < 200; ++step) {
      const auto next = path_.maximum(w1, inside);
      if (next && next->value > path_.origin().value + 1e-6)
        return {NAN, fmt::format("the profile at {:.6g} is above the fit, which is not the highest "
                                 "maximum",
                                 path_.value(w1))};
      if (next && !is_above(*next)) return bracketed(inside, *next);
      if (next) {
        const bool is_flat = inside.value - next->value <= 1e-6 * (next->value - target_);
        flat = is_flat && !unreached ? flat + 1 : 0;
        if (flat >= 3 && std::abs(w1) > 100 * root_) return {sign_ * infinity, ""};
        inside = *next;
      } else {
        unreached = w1;
      }
      w1 = unreached ? (inside.w[0] + *unreached) / 2 : 2 * inside.w[0];
      if (unreached && std::abs(*unreached - inside.w[0]) < 1e-9 * std::abs(*unreached)) break;
    }
    return {NAN, fmt::format("the profile cannot be followed beyond {:.6g}, where it has fallen by "
                             "{:.4g} of {:.4g}",
                             path_.value(inside.w[0]), path_.origin().value - inside.value,
                             root_ * root_ / 2)};
  }

  /// Newton's method on the root, kept between a point above the target and one below.
  End bracketed(ProfileState inside, ProfileState outside) const {
    const ProfileState* best = &outside;
    for (int step = 0; step < 100; ++step) {
      const double root = root_at(*best);
      const double low = inside.w[0], high = outside.w[0], width = std::abs(high - low);
      double w1 = best->w[0] + (root_ - root) * root / -best->gradient[0];
      if (std::abs(w1 - best->w[0]) <= 1e-13 * std::abs(w1)) return {w1, ""};
      if (!(sign_ * w1 > sign_ * low && sign_ * w1 < sign_ * high)) w1 = (low + high) / 2;
      if (width <= 1e-13 * std::abs(high)) return {w1, ""};
      const auto next = path_.maximum(w1, *best);
      if (!next)
        return {NAN, fmt::format("the profile cannot be followed at {:.6g}", path_.value(w1))};
      ProfileState& side = is_above(*next) ? inside : outside;
      side = *next;
      best = &side;
    }
    return {(inside.w[0] + outside.w[0]) / 2, ""};
  }

  const ProfilePath& path_;
  double root_, sign_, target_;
};

ProfilePoint point_of(const ProfilePath& path, const ProfileState& state) {
  const double drop = std::max(path.origin().value - state.value, 0.0);
  return {path.value(state.w[0]), state.value, std::copysign(std::sqrt(2 * drop), state.w[0]),
          path.parameters(state.w)};
}

/// One side of the curve, from the estimate outwards.
void trace(const ProfilePath& path, double end, int points, ProfileCurve& curve) {
  ProfileState last = path.origin();
  for (int i = 1; i <= points; ++i) {
    const double w1 = end * i / points;
    const auto next = path.maximum(w1, last);
    if (!next) {
      curve.message += fmt::format("{}the profile cannot be followed beyond {:.6g}",
                                   curve.message.empty() ? "" : "; ", path.value(last.w[0]));
      return;
    }
    last = *next;
    curve.points.push_back(point_of(path, last));
  }
}

}  // namespace

ProfileInterval profile_interval(const LogLikelihood& loglik, const Fit& fit,
                                 const std::string& name, double level) {
  const double root = root_of(level);
  const ProfilePath path(loglik, fit, checked_place(fit, name));
  const End lower = EndSearch(path, root, -1).find(), upper = EndSearch(path, root, 1).find();
  ProfileInterval interval{name, path.value(0), path.value(lower.w1), path.value(upper.w1), ""};
  if (!lower.message.empty()) interval.message = "lower end: " + lower.message;
  if (!upper.message.empty())
    interval.message +=
        (interval.message.empty() ? "upper end: " : "; upper end: ") + upper.message;
  return interval;
}

std::vector<ProfileInterval> profile_intervals(const LogLikelihood& loglik, const Fit& fit,
                                               double level) {
  std::vector<ProfileInterval> intervals;
  for (std::size_t i = 0; i < fit.names.size(); ++i)
    if (!fit.is_fixed(i)) intervals.push_back(profile_interval(loglik, fit, fit.names[i], level));
  return intervals;
}

ProfileCurve profile_curve(const LogLikelihood& loglik, const Fit& fit, const std::string& name,
                           const ProfileCurveOptions& options) {
  if (options.points < 1) throw InputError("profile_curve: there must be a point on each side");
  const double root = root_of(options.level);
  const ProfilePath path(loglik, fit, checked_place(fit, name));
  ProfileCurve curve;
  curve.name = name;
  for (double sign : {-1.0, 1.0}) {
    const double end = EndSearch(path, root, sign).find().w1;
    trace(path, std::isfinite(end) ? end : sign * options.reach, options.points, curve);
    if (sign < 0) {
      std::reverse(curve.points.begin(), curve.points.end());
      curve.points.push_back(point_of(path, path.origin()));
    }
  }
  return curve;
}

}  // namespace wald
