// Powell's dogleg: along the steepest descent to the model's minimum there, then straight to
// Newton's point, as far as the radius reaches. Nocedal and Wright (2006), section 4.1. Its model
// must be convex, so eigenvalues below 0 change their sign.
#include <algorithm>
#include <cmath>
#include <limits>

#include <wald/optim/methods/trust_region.h>

namespace wald::optim {
namespace {

using Vector = std::vector<double>;

double dot_of(const Vector& a, const Vector& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// a + share b
Vector sum_of(const Vector& a, double share, const Vector& b) {
  Vector out;
  for (std::size_t i = 0; i < a.size(); ++i) out.push_back(a[i] + share * b[i]);
  return out;
}

class Dogleg final : public EigenTrustRegion {
  EigenStep choose(const EigenModel& model, double radius, double negligible) const override {
    const std::vector<bool> relevant = model.relevant(radius, negligible);
    double largest = 0;
    for (const double value : model.values) largest = std::max(largest, std::abs(value));
    const double least = std::numeric_limits<double>::epsilon() * largest;
    Vector newton, curvature;
    bool is_convex = true;
    for (std::size_t i = 0; i < relevant.size(); ++i) {
      curvature.push_back(std::max(std::abs(model.values[i]), least));
      newton.push_back(relevant[i] ? -model.slopes[i] / curvature[i] : 0);
      is_convex = is_convex && (!relevant[i] || model.values[i] > 0);
    }
    EigenStep out;
    out.is_model_minimum = is_convex && dot_of(newton, newton) <= radius * radius;
    out.steps = walk(model.slopes, curvature, newton, radius);
    out.decrease = model.decrease(out.steps);
    return out;
  }

  static Vector walk(const Vector& slopes, const Vector& curvature, const Vector& newton,
                     double radius) {
    if (dot_of(newton, newton) <= radius * radius) return newton;
    const Vector nothing(slopes.size(), 0.);
    double along = 0;
    for (std::size_t i = 0; i < slopes.size(); ++i) along += curvature[i] * slopes[i] * slopes[i];
    const double square = dot_of(slopes, slopes);
    const Vector cauchy = sum_of(nothing, -square / along, slopes);
    const double room = radius * radius - dot_of(cauchy, cauchy);
    if (!(room > 0)) return sum_of(nothing, -radius / std::sqrt(square), slopes);
    const Vector leg = sum_of(newton, -1, cauchy);
    const double slope = dot_of(cauchy, leg);
    const double share = room / (slope + std::sqrt(slope * slope + dot_of(leg, leg) * room));
    return sum_of(cauchy, share, leg);
  }
};

}  // namespace

std::unique_ptr<Descent> make_dogleg(const MinimizeOptions&) { return std::make_unique<Dogleg>(); }

}  // namespace wald::optim
