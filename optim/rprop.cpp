#include "rprop.h"

#include <fmt/format.h>

#include <limits>

#include <wald/engine/creation.h>
#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>

namespace wald::optim {

NumberFields RpropOptions::fields() {
  return {{"lr", lr, at_least(0)},
          {"etas.0", etas.first, above(0).below(1)},
          {"etas.1", etas.second, above(1)},
          {"step_sizes.0", step_sizes.first, at_least(0)},
          {"step_sizes.1", step_sizes.second,
           at_least(0).at_most(std::numeric_limits<double>::infinity())},
          {"maximize", maximize}};
}

void RpropOptions::check_together(const std::string& owner) const {
  if (step_sizes.first > step_sizes.second)
    throw InputError(fmt::format("{}: step_sizes are {} and {}, but must not fall", owner,
                                 step_sizes.first, step_sizes.second));
}

Rprop::Rprop(std::vector<Tensor> parameters, const RpropOptions& options)
    : FirstOrder("Rprop", {"prev", "step_size"}, std::move(parameters), options) {}

Tensor Rprop::update(const Tensor& x, const Tensor& g, Slots slots, std::int64_t,
                     const RpropOptions& o) const {
  Tensor &previous = slots[0], &size = slots[1];
  if (!size.defined()) {
    previous = zeros_like(x);
    size = full_like(x, o.lr);
  }
  const Tensor agreement = g * previous, has_turned = agreement < 0;
  const Tensor factor =
      where(has_turned, o.etas.first, where(agreement > 0, o.etas.second, number_like(1, x)));
  size = clamp(size * factor, o.step_sizes.first, o.step_sizes.second);
  previous = where(has_turned, 0, g);
  return x - sign(previous) * size;
}

}  // namespace wald::optim
