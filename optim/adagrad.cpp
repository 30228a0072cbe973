#include "adagrad.h"

#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>

namespace wald::optim {

NumberFields AdagradOptions::fields() {
  return {{"lr", lr, at_least(0)},
          {"lr_decay", lr_decay, at_least(0)},
          {"weight_decay", weight_decay, at_least(0)},
          {"initial_accumulator_value", initial_accumulator_value, at_least(0)},
          {"eps", eps, at_least(0)},
          {"maximize", maximize}};
}

Adagrad::Adagrad(std::vector<Tensor> parameters, const AdagradOptions& options)
    : FirstOrder("Adagrad", {"sum"}, std::move(parameters), options) {}

Tensor Adagrad::update(const Tensor& x, const Tensor& g, Slots slots, std::int64_t steps,
                       const AdagradOptions& o) const {
  Tensor& sum = slots[0];
  if (!sum.defined()) sum = full_like(x, o.initial_accumulator_value);
  const Tensor d = with_weight_decay(g, x, o.weight_decay);
  sum = sum + square(d);
  const double lr = o.lr / (1 + static_cast<double>(steps - 1) * o.lr_decay);
  return x - lr * (d / (sqrt(sum) + o.eps));
}

}  // namespace wald::optim
