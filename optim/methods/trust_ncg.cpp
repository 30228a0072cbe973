// Steihaug's trust region: conjugate gradients as far as the radius reaches.
#include <cmath>

#include <wald/optim/methods/conjugate_gradients.h>
#include <wald/optim/methods/trust_region.h>

namespace wald::optim {
namespace {

class TrustNcg final : public TrustRegion {
  TrustStep step(const QuadraticModel& model, double radius) override {
    const CgStep solved =
        conjugate_gradients([&](const Tensor& v) { return model.hessian_times(v); },
                            model.gradient(), std::isinf(radius) ? 0 : radius, radius);
    return {solved.step, solved.decrease, solved.end == CgEnd::converged};
  }
};

}  // namespace

std::unique_ptr<Descent> make_trust_ncg(const MinimizeOptions&) {
  return std::make_unique<TrustNcg>();
}

}  // namespace wald::optim
