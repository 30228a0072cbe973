#include "rmsprop.h"

#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>

namespace wald::optim {

NumberFields RMSpropOptions::fields() {
  return {{"lr", lr, at_least(0)},
          {"alpha", alpha, at_least(0)},
          {"eps", eps, at_least(0)},
          {"weight_decay", weight_decay, at_least(0)},
          {"momentum", momentum, at_least(0)},
          {"centered", centered},
          {"maximize", maximize}};
}

RMSprop::RMSprop(std::vector<Tensor> parameters, const RMSpropOptions& options)
    : FirstOrder("RMSprop", {"square_avg", "grad_avg", "momentum_buffer"}, std::move(parameters),
                 options) {}

Tensor RMSprop::update(const Tensor& x, const Tensor& g, Slots slots, std::int64_t,
                       const RMSpropOptions& o) const {
  Tensor &square_mean = slots[0], &mean = slots[1], &buffer = slots[2];
  auto moved = [&](const Tensor& average, const Tensor& to) {
    return lerp(average.defined() ? average : zeros_like(x), to, 1 - o.alpha);
  };
  const Tensor d = with_weight_decay(g, x, o.weight_decay);
  square_mean = moved(square_mean, square(d));
  if (o.centered) mean = moved(mean, d);
  // A variance that rounding has made negative is 0.
  const Tensor variance = o.centered ? clamp(square_mean - square(mean), 0.0) : square_mean;
  const Tensor scaled = d / (sqrt(variance) + o.eps);
  if (o.momentum == 0) return x - o.lr * scaled;
  buffer = buffer.defined() ? o.momentum * buffer + scaled : scaled;
  return x - o.lr * buffer;
}

}  // namespace wald::optim
