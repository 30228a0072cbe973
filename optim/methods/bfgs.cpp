// Dense quasi-Newton. The inverse Hessian is kept as J J', and each update is one of rank one on J,
// so that rounding cannot make it indefinite: Brodlie, Gourlay and Greenstadt (1973), J. Inst.
// Maths Applics 11, 73-82, in the form of Dennis and Schnabel (1983), section 9.2.
#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/optim/methods/limited_memory.h>
#include <wald/optim/methods/line_descent.h>

namespace wald::optim {
namespace {

double inner(const Tensor& a, const Tensor& b) { return dot(a, b).item<double>(); }

class Bfgs final : public LineDescent {
 public:
  void reset() override {
    LineDescent::reset();
    factor_ = {};
    updates_ = 0;
  }
  NamedTensors state() const override {
    NamedTensors state = LineDescent::state();
    if (!factor_.defined()) return state;
    state.emplace_back("factor", factor_);
    state.emplace_back("updates", tensor(static_cast<double>(updates_)));
    return state;
  }
  void load(const NamedTensors& state) override {
    LineDescent::load(state);
    factor_ = find(state, "factor");
    updates_ = factor_.defined() ? find(state, "updates").item<std::int64_t>() : 0;
  }
  Tensor inverse_hessian() const override {
    return factor_.defined() ? matmul(factor_, transpose(factor_, 0, 1)) : Tensor();
  }

 protected:
  bool has_model() const override { return factor_.defined(); }

  Tensor direction(const Point& here) override {
    return -mv(factor_, matmul(here.gradient, factor_));
  }

  void learn(const Point& here, const Point& there, const Tensor& along) override {
    const Tensor s = there.x - here.x, y = there.gradient - here.gradient;
    const PairProducts products = products_of(s, y);
    const double sy = products.sy;
    if (!products.has_curvature()) return;
    Tensor step;  // J^-1 s
    if (!factor_.defined()) {
      const double root = std::sqrt(sy / products.yy);
      factor_ = root * eye(s.numel());
      step = s / root;
    } else {
      const double length = inner(s, along) / inner(along, along);
      step = -length * matmul(here.gradient, factor_);
    }
    Tensor change = matmul(y, factor_);  // J'y
    // The first step may have seen the largest curvature only: until there were as many steps as
    // parameters, an inverse Hessian that is too small along a step is too small elsewhere.
    const double growth = std::sqrt(sy / inner(change, change));
    if (growth > 1 && updates_ < s.numel()) {
      factor_ = growth * factor_;
      change = growth * change;
      step = step / growth;
    }
    ++updates_;
    factor_ = factor_ + outer(s, step / std::sqrt(sy * inner(step, step)) - change / sy);
  }

 private:
  Tensor factor_;  // J [k, k]
  std::int64_t updates_ = 0;
};

}  // namespace

std::unique_ptr<Descent> make_bfgs(const MinimizeOptions&) { return std::make_unique<Bfgs>(); }

}  // namespace wald::optim
