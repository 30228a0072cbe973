// Newton's direction by conjugate gradients on Hessian-vector products, which end where the
// curvature is negative, and a line search. Nocedal and Wright (2006), algorithm 7.1.
#include <algorithm>
#include <cmath>
#include <limits>

#include <wald/engine/ops/ops.h>
#include <wald/optim/methods/conjugate_gradients.h>
#include <wald/optim/methods/decrease.h>
#include <wald/optim/methods/descent.h>
#include <wald/optim/methods/quadratic_model.h>

namespace wald::optim {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

class NewtonCg final : public Descent {
 public:
  std::optional<Point> next(Objective& objective, const Point& here) override {
    const CgStep& solved = solve(objective, here);
    const Tensor step = step_of(solved);
    const Tensor direction = QuadraticModel(objective, here, units_.units()).step(step);
    const double slope = dot(here.gradient, direction).item<double>();
    if (!(slope < 0)) return {};
    double length = 1;
    std::optional<Point> found =
        search(objective, here, direction, slope, solved.end == CgEnd::negative_curvature, length);
    if (found) reach_ = length * norm(step).item<double>();
    return found;
  }

  double expected_decrease(Objective& objective, const Point& here) override {
    const CgStep& solved = solve(objective, here);
    if (!(solved.decrease > 0)) return std::numeric_limits<double>::quiet_NaN();
    return solved.end == CgEnd::converged ? solved.decrease : infinity;
  }

  void reset() override {
    reach_ = 0;
    units_.reset();
    solved_at_ = {};
  }
  NamedTensors state() const override {
    NamedTensors state = {{"reach", tensor(reach_)}};
    units_.save(state);
    return state;
  }
  void load(const NamedTensors& state) override {
    reset();
    units_.load(state);
    for (const auto& [name, value] : state)
      if (name == "reach") reach_ = value.item<double>();
  }

 private:
  const CgStep& solve(Objective& objective, const Point& here) {
    if (!solved_at_.defined() || !solved_at_.is_same(here.x)) {
      if (reach_ == 0) units_.begin(objective, here);
      const QuadraticModel model(objective, here, units_.units());
      solved_ = conjugate_gradients([&](const Tensor& v) { return model.hessian_times(v); },
                                    model.gradient(), reach_, infinity);
      solved_at_ = here.x;
    }
    return solved_;
  }

  /// Newton's step; or what was found of it before the curvature turned negative, and on along that
  /// curvature as far as if it were positive. Without this last leg the iterates zigzag in curved
  /// valleys, where the first direction of steepest descent gains nothing.
  static Tensor step_of(const CgStep& solved) {
    if (solved.end == CgEnd::converged) return solved.step;
    const double square = dot(solved.direction, solved.direction).item<double>();
    const double slope = dot(solved.direction, solved.residual).item<double>();
    const double length = -slope / std::abs(solved.curvature);
    return solved.step +
           (std::isfinite(length) ? length : 1 / std::sqrt(square)) * solved.direction;
  }

  /// Shortens the step until the value falls by a share of what the slope promises, or lengthens it
  /// while it keeps nearly all of the promise.
  static std::optional<Point> search(Objective& objective, const Point& here,
                                     const Tensor& direction, double slope, bool may_lengthen,
                                     double& length) {
    std::optional<Point> found;
    for (;;) {
      const Tensor x = here.x + length * direction;
      if (all(x == here.x).item<bool>()) return {};
      const Point there = objective.at(x);
      const double promised = -length * slope;
      const double fall = decrease(here, there, promised / 2);
      if (found && !(there.value < found->value && std::isfinite(fall))) {
        length /= 4;
        return found;
      }
      if (fall >= 1e-4 * promised) found = there;
      if (found && !(may_lengthen && fall > 0.75 * promised)) return found;
      // To the minimum of the parabola through value and slope here and the value there.
      const double best = std::isfinite(fall) ? promised / (2 * (promised - fall)) : 0.1;
      length *= found ? 4 : std::clamp(best, 0.1, 0.5);
    }
  }

  double reach_ = 0;  // the length of the last step; 0: none yet, nor units
  StepUnits units_;
  Tensor solved_at_;
  CgStep solved_;
};

}  // namespace

std::unique_ptr<Descent> make_newton_cg(const MinimizeOptions&) {
  return std::make_unique<NewtonCg>();
}

}  // namespace wald::optim
