// Newton's direction by conjugate gradients on Hessian-vector products, which end where the
// curvature is negative, and a line search. Nocedal and Wright (2006), algorithm 7.1.
#include <cmath>
#include <limits>

#include <wald/engine/ops/ops.h>
#include <wald/optim/conjugate_gradients.h>
#include <wald/optim/decrease.h>
#include <wald/optim/descent.h>

namespace wald::optim {
namespace {

class NewtonCg final : public Descent {
 public:
  std::optional<Point> next(Objective& objective, const Point& here) override {
    const CgStep& solved = solve(objective, here);
    const Tensor direction = direction_of(solved);
    const double slope = dot(here.gradient, direction).item<double>();
    if (!(slope < 0)) return {};
    std::optional<Point> found = backtrack(objective, here, direction, slope);
    if (found) reach_ = norm(found->x - here.x).item<double>();
    return found;
  }

  double expected_decrease(Objective& objective, const Point& here) override {
    const CgStep& solved = solve(objective, here);
    if (!(solved.decrease > 0)) return std::numeric_limits<double>::quiet_NaN();
    return solved.end == CgEnd::converged ? solved.decrease
                                          : std::numeric_limits<double>::infinity();
  }

  void reset() override {
    reach_ = 0;
    solved_at_ = {};
  }
  NamedTensors state() const override { return {{"reach", tensor(reach_)}}; }
  void load(const NamedTensors& state) override {
    reset();
    for (const auto& [name, value] : state)
      if (name == "reach") reach_ = value.item<double>();
  }

 private:
  const CgStep& solve(Objective& objective, const Point& here) {
    if (!solved_at_.defined() || !solved_at_.is_same(here.x)) {
      solved_ =
          conjugate_gradients([&](const Tensor& v) { return objective.hessian_times(here.x, v); },
                              here.gradient, reach_, std::numeric_limits<double>::infinity());
      solved_at_ = here.x;
    }
    return solved_;
  }

  /// Newton's step, or what was found of it before the curvature turned negative; at once, the
  /// steepest descent, as long as it would be were the curvature positive.
  static Tensor direction_of(const CgStep& solved) {
    if (solved.end == CgEnd::converged || solved.decrease > 0) return solved.step;
    const double square = dot(solved.direction, solved.direction).item<double>();
    const double length = square / std::abs(solved.curvature);
    return (std::isfinite(length) ? length : 1 / std::sqrt(square)) * solved.direction;
  }

  /// Shortens the step until the value falls by a share of what the slope promises, and lengthens
  /// a first one that keeps all of its promise.
  static std::optional<Point> backtrack(Objective& objective, const Point& here,
                                        const Tensor& direction, double slope) {
    for (double length = 1;;) {
      const Tensor x = here.x + length * direction;
      if (all(x == here.x).item<bool>()) return {};
      const Point there = objective.at(x);
      const double fall = decrease(here, there, -length * slope / 2);
      if (fall >= -1e-4 * length * slope) return there;
      // The minimum of the parabola through the value and slope here and the value there.
      const double best = -slope * length / (2 * (fall / -length - slope));
      length *= std::isfinite(fall) ? std::clamp(best / length, 0.1, 0.5) : 0.1;
    }
  }

  double reach_ = 0;  // the length of the last step; 0: none yet
  Tensor solved_at_;
  CgStep solved_;
};

}  // namespace

std::unique_ptr<Descent> make_newton_cg(const MinimizeOptions&) {
  return std::make_unique<NewtonCg>();
}

}  // namespace wald::optim
