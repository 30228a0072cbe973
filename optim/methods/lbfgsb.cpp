// Limited-memory quasi-Newton within bounds: Byrd, Lu, Nocedal and Zhu (1995). Each step goes
// towards the minimum of the model on a face of the box, and never leaves the box.
#include <algorithm>
#include <cmath>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>
#include <wald/optim/methods/bounded_model.h>
#include <wald/optim/methods/line_descent.h>

namespace wald::optim {
namespace {

/// The bound of each of k variables; `none` where there is no bound.
std::vector<double> bound_of_each(const Tensor& bound, std::int64_t k, double none) {
  if (!bound.defined()) return std::vector<double>(static_cast<std::size_t>(k), none);
  return expand(reshape(bound, {-1}), {k}).to_vector();
}

class BoundedDescent final : public LineDescent {
 public:
  explicit BoundedDescent(const MinimizeOptions& options) : memory_(options.memory) {
    search_.bounds = {options.lower, options.upper};
  }

  std::optional<Point> next(Objective& objective, const Point& here) override {
    const NoGradGuard guard;
    const Tensor inside = search_.bounds.project(here.x);
    if (!all(inside == here.x).item<bool>()) return objective.at(inside);
    const Step& step = step_at(objective, here);
    search_.longest = longest(here.x, step.along);
    return search(objective, here, step.along, 1);
  }

  double expected_decrease(Objective& objective, const Point& here) override {
    const NoGradGuard guard;
    if (!all(search_.bounds.project(here.x) == here.x).item<bool>())
      return std::numeric_limits<double>::quiet_NaN();
    return step_at(objective, here).decrease;
  }
  void reset() override {
    LineDescent::reset();
    memory_.clear();
    step_ = {};
  }
  NamedTensors state() const override {
    NamedTensors state = LineDescent::state();
    memory_.save(state);
    return state;
  }
  void load(const NamedTensors& state) override {
    LineDescent::load(state);
    memory_.load(state);
    step_ = {};
  }

 protected:
  void learn(const Point& here, const Point& there, const Tensor&) override {
    memory_.add(there.x - here.x, there.gradient - here.gradient);
  }

 private:
  struct Step {
    Tensor at;  // the gradient that it was made from
    Tensor along;
    double decrease = 0;
  };

  const Step& step_at(Objective& objective, const Point& here) {
    if (step_.at.defined() && step_.at.is_same(here.gradient)) return step_;
    const std::int64_t k = here.x.numel();
    const double inf = std::numeric_limits<double>::infinity();
    const Box box{bound_of_each(search_.bounds.lower, k, -inf),
                  bound_of_each(search_.bounds.upper, k, inf)};
    const std::vector<double> gradient = here.gradient.to_vector();
    const BoundedModel model = model_at(objective, here);
    const std::vector<double> step = model.step(here.x.to_vector(), gradient, box);
    step_ = {here.gradient, from_vector(step), model.decrease(gradient, step)};
    return step_;
  }

  /// Without pairs, the curvature along the gradient.
  BoundedModel model_at(Objective& objective, const Point& here) {
    if (!memory_.is_empty()) try {
        return BoundedModel(memory_);
      } catch (const LinalgError&) {
        memory_.clear();
      }
    return BoundedModel(1 / parabola_length(objective, here, here.gradient));
  }

  /// The length at which the first variable meets its bound.
  double longest(const Tensor& x, const Tensor& along) const {
    double length = std::numeric_limits<double>::infinity();
    const auto meet = [&](const Tensor& bound, const Tensor& is_towards) {
      if (!bound.defined()) return;
      length = std::min(length, min(where(is_towards, (bound - x) / along, length)).item<double>());
    };
    meet(search_.bounds.lower, along < 0);
    meet(search_.bounds.upper, along > 0);
    return std::max(length, 1.0);
  }

  LimitedMemory memory_;
  Step step_;
};

}  // namespace

std::unique_ptr<Descent> make_lbfgsb(const MinimizeOptions& options) {
  return std::make_unique<BoundedDescent>(options);
}

}  // namespace wald::optim
