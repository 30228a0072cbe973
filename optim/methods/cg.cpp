// Nonlinear conjugate gradients: Hager and Zhang (2005), with the lower bound on beta of their
// CG_DESCENT 6: Hager and Zhang (2013), SIAM J. Optim. 23, 2150-2168.
#include <algorithm>
#include <limits>

#include <wald/engine/ops/ops.h>
#include <wald/optim/methods/line_descent.h>

namespace wald::optim {
namespace {

double inner(const Tensor& a, const Tensor& b) { return dot(a, b).item<double>(); }

class ConjugateGradients final : public LineDescent {
 public:
  ConjugateGradients() { search_.curvature = 0.1; }

  double expected_decrease(Objective&, const Point&) override {
    return std::numeric_limits<double>::quiet_NaN();
  }
  void reset() override {
    LineDescent::reset();
    momentum_ = {};
  }
  NamedTensors state() const override {
    NamedTensors state = LineDescent::state();
    if (!momentum_.defined()) return state;
    state.emplace_back("momentum", momentum_);
    state.emplace_back("fall", tensor(fall_));
    return state;
  }
  void load(const NamedTensors& state) override {
    LineDescent::load(state);
    momentum_ = find(state, "momentum");
    if (momentum_.defined()) fall_ = find(state, "fall").item<double>();
  }

 protected:
  bool has_model() const override { return momentum_.defined(); }
  Tensor direction(const Point& here) override { return momentum_ - here.gradient; }

  /// As far as would change the value, to first order, as much as the last step.
  double first_length(const Point& here, const Tensor& along) override {
    return fall_ / inner(here.gradient, along);
  }

  void learn(const Point& here, const Point& there, const Tensor&) override {
    const Tensor s = there.x - here.x, y = there.gradient - here.gradient;
    const double sy = inner(s, y);
    fall_ = inner(here.gradient, s);
    momentum_ = {};
    if (!(sy > 0)) return;
    // beta d = beta_s s: the direction's length does not matter.
    const double beta =
        (inner(y, there.gradient) - 2 * inner(y, y) * inner(s, there.gradient) / sy) / sy;
    const double least = 0.4 * fall_ / inner(s, s);
    momentum_ = std::max(beta, least) * s;
  }

 private:
  Tensor momentum_;  // beta d of the last direction; undefined: steepest descent
  double fall_ = 0;  // slope times length of the last step
};

}  // namespace

std::unique_ptr<Descent> make_cg(const MinimizeOptions&) {
  return std::make_unique<ConjugateGradients>();
}

}  // namespace wald::optim
