// The trust region whose subproblem is solved exactly, in the eigenvectors of the Hessian: More and
// Sorensen (1983).
#include <wald/optim/methods/trust_region.h>

namespace wald::optim {
namespace {

class TrustExact final : public EigenTrustRegion {
  EigenStep choose(const EigenModel& model, double radius, double negligible) const override {
    return minimize_within(model, radius, negligible);
  }
};

}  // namespace

std::unique_ptr<Descent> make_trust_exact(const MinimizeOptions&) {
  return std::make_unique<TrustExact>();
}

}  // namespace wald::optim
