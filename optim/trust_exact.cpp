// The trust region method whose subproblem is solved exactly, in the eigenvectors of the Hessian:
// More and Sorensen (1983); Conn, Gould and Toint, Trust-Region Methods (2000), section 7.3.
#include <algorithm>
#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/optim/certificate.h>
#include <wald/optim/descent.h>

namespace wald::optim {
namespace {

constexpr double accepted = 1e-4, poor = 0.25, good = 0.75;  // actual over predicted decrease
constexpr double forgetting = 1.0 / 16;  // of the curvature that measures a step
constexpr int max_trials = 100;

struct Subproblem {
  std::vector<double> step;  // in the scaled eigenvectors
  double length, decrease;
};

double length_of(const std::vector<double>& z) {
  double sum = 0;
  for (double v : z) sum += v * v;
  return std::sqrt(sum);
}

/// Minus slopes over eigenvalues plus shift; the least eigenvalues may be left out.
std::vector<double> shifted(const std::vector<double>& values, const std::vector<double>& slopes,
                            double shift, double left_out = 0) {
  std::vector<double> step(values.size());
  for (std::size_t j = 0; j < values.size(); ++j) {
    const double curvature = values[j] + shift;
    step[j] = slopes[j] == 0 || curvature <= left_out ? 0 : -slopes[j] / curvature;
  }
  return step;
}

/// The shift with which the step is as long as the radius. The length falls with the shift; its
/// inverse is nearly straight, so that Newton's method, kept within what is known, takes few steps.
double shift_for(const std::vector<double>& values, const std::vector<double>& slopes,
                 double radius, double least) {
  double low = least, high = std::max(least, -values.front() + length_of(slopes) / radius);
  double shift = high;
  for (int i = 0; i < 200; ++i) {
    const std::vector<double> step = shifted(values, slopes, shift);
    const double length = length_of(step);
    if (std::abs(length - radius) <= 1e-12 * radius) break;
    (length > radius ? low : high) = shift;
    double slope = 0;
    for (std::size_t j = 0; j < step.size(); ++j)
      if (step[j] != 0) slope += step[j] * step[j] / (values[j] + shift);
    const double next = shift + (length / radius - 1) * length * length / slope;
    shift = next > low && next < high ? next : low + (high - low) / 2;
    if (!(shift > low && shift < high)) break;
  }
  return shift;
}

/// The least of the model within the radius.
Subproblem solve(const Spectrum& spectrum, const std::vector<double>& slopes, double radius) {
  const std::vector<double>& values = spectrum.values();
  const double tiny = 1e-12 * spectrum.largest();
  const double least = std::max(0.0, -values.front());
  // Without the flattest directions: right where the gradient has no part in them, be it in the
  // interior or in the hard case.
  std::vector<double> step = shifted(values, slopes, least, tiny);
  double missing = 0;
  for (std::size_t j = 0; j < values.size(); ++j)
    if (values[j] + least <= tiny) missing = std::max(missing, std::abs(slopes[j]));
  const double length = length_of(step);
  const bool is_enough = length <= radius && missing <= tiny * radius;
  if (!is_enough)
    step = shifted(values, slopes, shift_for(values, slopes, radius, least));
  else if (values.front() < -tiny)
    step[0] = std::copysign(std::sqrt(radius * radius - length * length), -slopes[0]);
  double decrease = 0;
  for (std::size_t j = 0; j < step.size(); ++j)
    decrease -= step[j] * (slopes[j] + values[j] * step[j] / 2);
  return {step, length_of(step), decrease};
}

class TrustExact final : public Descent {
 public:
  std::optional<Point> next(Objective& objective, const Point& here) override {
    const Spectrum spectrum = measured(objective.hessian(here.x));
    if (!spectrum.is_finite()) return std::nullopt;
    const std::vector<double> slopes = spectrum.project(here.gradient);
    // Of the whole model: a step that is short enough always seems to be rounding.
    const double rounding = 1e-15 * std::abs(here.value);
    const bool is_rounding = newton_step(spectrum, here.gradient).decrement <= rounding;
    if (!(radius_ > 0)) radius_ = first_radius(spectrum, slopes);
    for (int trial = 0; trial < max_trials && radius_ > 0; ++trial) {
      const Subproblem best = solve(spectrum, slopes, radius_);
      const Tensor x = here.x + spectrum.step(best.step);
      if (!(best.decrease > 0) || all(x == here.x).item<bool>()) return std::nullopt;
      const Point there = objective.at(x);
      const bool is_tie = is_rounding && std::abs(there.value - here.value) <= rounding;
      const double ratio =
          is_tie ? ratio_by_gradient(spectrum, here, there) : ratio_of(spectrum, here, there, best);
      if (!(ratio >= poor))
        radius_ = best.length / 4;
      else if (ratio > good)
        radius_ = std::max(radius_, 4 * best.length);
      if (ratio > accepted) return there;
    }
    return std::nullopt;
  }

  double expected_decrease(Objective& objective, const Point& here) override {
    return newton_decrement(objective, here);
  }

  void reset() override {
    radius_ = 0;
    curvature_.clear();
  }
  NamedTensors state() const override {
    return {{"radius", tensor(radius_)}, {"curvature", from_vector(curvature_)}};
  }
  void load(const NamedTensors& state) override {
    for (const auto& [name, value] : state) {
      if (name == "radius") radius_ = value.item();
      if (name == "curvature") curvature_ = value.to_vector();
    }
  }

 private:
  /// In coordinates in which the region is a ball: the diagonal of the Hessian makes them, but
  /// where it comes near zero what it was before.
  Spectrum measured(const Tensor& hessian) {
    const std::size_t k = static_cast<std::size_t>(hessian.size(0));
    const std::vector<double> h = hessian.to_vector();
    curvature_.resize(k, 0.0);
    for (std::size_t i = 0; i < k; ++i)
      curvature_[i] = std::max(std::abs(h[i * k + i]), forgetting * curvature_[i]);
    return Spectrum(hessian, {}, curvature_);
  }

  /// That of Newton's step; where it is none, of a step by the largest curvature.
  static double first_radius(const Spectrum& spectrum, const std::vector<double>& slopes) {
    const double least = 1e-12 * spectrum.largest();
    if (spectrum.values().front() > least) return length_of(shifted(spectrum.values(), slopes, 0));
    const double length = length_of(slopes);
    return spectrum.largest() > 0 ? length / spectrum.largest() : length;
  }

  /// The actual decrease over the predicted one; negative where the point is not finite.
  static double ratio_of(const Spectrum& spectrum, const Point& here, const Point& there,
                         const Subproblem& best) {
    if (!there.is_finite()) return -1;
    return (here.value - there.value) / spectrum.to_objective(best.decrease);
  }

  /// In its place where values are the same but for their rounding.
  static double ratio_by_gradient(const Spectrum& spectrum, const Point& here, const Point& there) {
    if (!there.is_finite()) return -1;
    const double before = newton_step(spectrum, here.gradient).decrement;
    return newton_step(spectrum, there.gradient).decrement < before ? 1 : -1;
  }

  double radius_ = 0;  // 0: not chosen yet
  std::vector<double> curvature_;
};

}  // namespace

std::unique_ptr<Descent> make_trust_exact(const MinimizeOptions&) {
  return std::make_unique<TrustExact>();
}

}  // namespace wald::optim
