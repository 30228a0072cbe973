// Newton's method with the exact Hessian, each eigenvalue taken by its size (Nocedal and Wright,
// section 3.4), and a line search that turns back where the value does not fall and goes on where
// the model sees no end.
#include <algorithm>
#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/optim/methods/descent.h>
#include <wald/optim/run/certificate.h>

namespace wald::optim {
namespace {

constexpr double least_curvature = 1e-12;     // of the largest
constexpr double sufficient_decrease = 1e-4;  // of what the slope promises
constexpr double straight_decrease = 0.9;     // of the same: no curvature is felt
// Each a factor of four or so: over the range of double.
constexpr int max_trials = 600, max_growth = 600;

/// Whether a difference of values is within their rounding, so that gradients must judge.
bool is_rounding(double difference, double value) {
  return std::abs(difference) <= 1e-15 * std::abs(value);
}

class NewtonExact final : public Descent {
 public:
  std::optional<Point> next(Objective& objective, const Point& here) override {
    const Spectrum& spectrum = spectrum_at(objective, here);
    if (!spectrum.is_finite()) return std::nullopt;
    const std::vector<double> curvature = sizes(spectrum), slopes = spectrum.project(here.gradient);
    std::vector<double> coordinates(slopes.size());
    for (std::size_t j = 0; j < slopes.size(); ++j) coordinates[j] = -slopes[j] / curvature[j];
    drop_noise(spectrum, slopes, coordinates);
    const Tensor direction = spectrum.step(coordinates);
    const double slope = dot(here.gradient, direction).item();
    if (!(slope < 0) || !std::isfinite(slope)) return std::nullopt;
    const auto norm = [&](const Tensor& gradient) {
      const std::vector<double> g = spectrum.project(gradient);
      double sum = 0;
      for (std::size_t j = 0; j < g.size(); ++j) sum += g[j] * g[j] / curvature[j];
      return sum;
    };
    return search(objective, here, direction, slope, norm);
  }

  double expected_decrease(Objective& objective, const Point& here) override {
    return newton_decrement(spectrum_at(objective, here), here.gradient);
  }

  void reset() override { spectrum_.reset(); }
  NamedTensors state() const override { return {}; }
  void load(const NamedTensors&) override { reset(); }

 private:
  const Spectrum& spectrum_at(Objective& objective, const Point& here) {
    if (!spectrum_ || !decomposed_at_.is_same(here.x)) {
      spectrum_.emplace(objective.hessian(here.x));
      decomposed_at_ = here.x;
    }
    return *spectrum_;
  }

  static std::vector<double> sizes(const Spectrum& spectrum) {
    const double least = least_curvature * spectrum.largest();
    std::vector<double> curvature;
    for (double v : spectrum.values()) {
      const double size = std::max(std::abs(v), least);
      curvature.push_back(size > 0 ? size : 1);
    }
    return curvature;
  }

  /// What the gradient has along flat directions is rounding, as long as it promises little.
  static void drop_noise(const Spectrum& spectrum, const std::vector<double>& slopes,
                         std::vector<double>& coordinates) {
    const double least = least_curvature * spectrum.largest();
    double whole = 0;
    for (std::size_t j = 0; j < slopes.size(); ++j)
      if (std::abs(spectrum.values()[j]) > least) whole -= slopes[j] * coordinates[j];
    for (std::size_t j = 0; j < slopes.size(); ++j)
      if (std::abs(spectrum.values()[j]) <= least && -slopes[j] * coordinates[j] < 1e-3 * whole)
        coordinates[j] = 0;
  }

  template <class Norm>
  static std::optional<Point> search(Objective& objective, const Point& here,
                                     const Tensor& direction, double slope, const Norm& norm) {
    const auto at = [&](double length) { return objective.at(here.x + length * direction); };
    double length = 1;
    for (int i = 0; i < max_trials; ++i) {
      const Point there = at(length);
      if (all(there.x == here.x).item<bool>()) break;
      const double change = there.value - here.value;
      if (there.is_finite()) {
        if (change <= straight_decrease * length * slope)
          return lengthen(at, here, there, length, slope);
        if (change < 0 && change <= sufficient_decrease * length * slope) return there;
        // Of the whole step alone: a part of it that is short enough always seems to be rounding.
        if (i == 0 && is_rounding(change, here.value) && is_rounding(slope, here.value)) {
          if (norm(there.gradient) < norm(here.gradient)) return there;
          return std::nullopt;
        }
      }
      length *= shorter(change, length * slope, dot(there.gradient, direction).item() * length);
    }
    return std::nullopt;
  }

  /// Where the value falls as if the slope stayed: on, as long as it does.
  template <class At>
  static Point lengthen(const At& at, const Point& here, Point best, double length, double slope) {
    for (int i = 0; i < max_growth; ++i) {
      length *= 4;
      const Point there = at(length);
      if (!there.is_finite() || !(there.value < best.value)) break;
      best = there;
      if (there.value - here.value > straight_decrease * length * slope) break;
    }
    return best;
  }

  /// Where the cubic through both ends has its minimum, as a part of the length, from a tenth to a
  /// half; a quarter where the far end is not finite.
  static double shorter(double change, double slope, double slope_there) {
    if (!std::isfinite(change) || !std::isfinite(slope_there)) return 0.25;
    const double d1 = slope + slope_there - 3 * change;
    const double d2 = std::sqrt(std::max(d1 * d1 - slope * slope_there, 0.0));
    const double part = 1 - (slope_there + d2 - d1) / (slope_there - slope + 2 * d2);
    return std::isfinite(part) ? std::clamp(part, 0.1, 0.5) : 0.5;
  }

  Tensor decomposed_at_;
  std::optional<Spectrum> spectrum_;  // of the Hessian there
};

}  // namespace

std::unique_ptr<Descent> make_newton_exact(const MinimizeOptions&) {
  return std::make_unique<NewtonExact>();
}

}  // namespace wald::optim
