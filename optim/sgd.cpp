#include "sgd.h"

#include <fmt/format.h>

#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>

namespace wald::optim {

NumberFields SGDOptions::fields() {
  return {{"lr", lr, at_least(0)},
          {"momentum", momentum, at_least(0)},
          {"dampening", dampening, finite()},
          {"weight_decay", weight_decay, at_least(0)},
          {"nesterov", nesterov},
          {"maximize", maximize}};
}

void SGDOptions::check_together(const std::string& owner) const {
  if (nesterov && (momentum == 0 || dampening != 0))
    throw InputError(fmt::format(
        "{}: nesterov needs a momentum above 0 and a dampening of 0, not momentum {} and "
        "dampening {}",
        owner, momentum, dampening));
}

SGD::SGD(std::vector<Tensor> parameters, const SGDOptions& options)
    : FirstOrder("SGD", {"momentum_buffer"}, std::move(parameters), options) {}

Tensor SGD::update(const Tensor& x, const Tensor& g, Slots slots, std::int64_t,
                   const SGDOptions& o) const {
  const Tensor d = with_weight_decay(g, x, o.weight_decay);
  if (o.momentum == 0) return x - o.lr * d;
  Tensor& buffer = slots[0];
  buffer = buffer.defined() ? o.momentum * buffer + (1 - o.dampening) * d : clone(d);
  return x - o.lr * (o.nesterov ? d + o.momentum * buffer : buffer);
}

}  // namespace wald::optim
