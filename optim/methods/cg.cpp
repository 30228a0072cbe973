// Nonlinear conjugate gradients: Hager and Zhang (2005), with the lower bound on beta of their
// CG_DESCENT 6: Hager and Zhang (2013), SIAM J. Optim. 23, 2150-2168.
#include <algorithm>
#include <limits>

#include <wald/engine/ops/ops.h>
#include <wald/optim/methods/line_descent.h>
#include <wald/optim/one_copy.h>

namespace wald::optim {
namespace {

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
    return fall_ / slope_along(here, along);
  }

  void learn(const Point& here, const Point& there, const Tensor&) override {
    const Tensor s = there.x - here.x, y = there.gradient - here.gradient;
    const std::vector<double> read =
        read_numbers({dot(s, y), dot(here.gradient, s), dot(y, there.gradient), dot(y, y),
                      dot(s, there.gradient), dot(s, s)});
    const double sy = read[0];
    fall_ = read[1];
    momentum_ = {};
    if (!(sy > 0)) return;
    // beta d = beta_s s: the direction's length does not matter.
    const double beta = (read[2] - 2 * read[3] * read[4] / sy) / sy;
    const double least = 0.4 * fall_ / read[5];
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
