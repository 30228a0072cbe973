#include "minimize.h"

#include <cmath>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>
#include <wald/optim/descent.h>

namespace wald::optim {
MinimizeResult minimize(const ScalarFunction& f, const Tensor& x0, const MinimizeOptions& options) {
  Objective objective(f);
  const std::unique_ptr<Descent> descent = make_descent(options);
  MinimizeResult result;
  Point here = objective.at(x0.detach());
  for (; result.iterations < 1000; ++result.iterations) {
    const double expected = descent->expected_decrease(objective, here);
    if (expected <= options.tolerance * std::abs(here.value)) {
      result.status = Status::converged;
      break;
    }
    std::optional<Point> there = descent->next(objective, here);
    if (!there) {
      descent->reset();
      there = descent->next(objective, here);
      if (!there) break;
    }
    here = *there;
  }
  result.x = here.x;
  result.value = here.value;
  result.gradient = here.gradient;
  result.evaluations = objective.evaluations();
  return result;
}

}  // namespace wald::optim
