// Steihaug's trust region: conjugate gradients as far as the radius reaches.
#include <wald/optim/conjugate_gradients.h>
#include <wald/optim/trust_region.h>

namespace wald::optim {
namespace {

class TrustNcg final : public TrustRegion {
  TrustStep step(Objective& objective, const Point& here, double radius) override {
    const CgStep solved =
        conjugate_gradients([&](const Tensor& v) { return objective.hessian_times(here.x, v); },
                            here.gradient, radius, radius);
    return {solved.step, solved.decrease, solved.end == CgEnd::converged};
  }
};

}  // namespace

std::unique_ptr<Descent> make_trust_ncg(const MinimizeOptions&) {
  return std::make_unique<TrustNcg>();
}

}  // namespace wald::optim
