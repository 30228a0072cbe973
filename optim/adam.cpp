#include "adam.h"

#include <cmath>

#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>

namespace wald::optim {

template <bool is_decoupled>
NumberFields AdamOptionsOf<is_decoupled>::fields() {
  return {{"lr", lr, at_least(0)},
          {"betas.0", betas.first, at_least(0).below(1)},
          {"betas.1", betas.second, at_least(0).below(1)},
          {"eps", eps, at_least(0)},
          {"weight_decay", weight_decay, at_least(0)},
          {"amsgrad", amsgrad},
          {"maximize", maximize}};
}

template <bool is_decoupled>
AdamOf<is_decoupled>::AdamOf(std::vector<Tensor> parameters, const Options& options)
    : FirstOrder<Options>(is_decoupled ? "AdamW" : "Adam",
                          {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"}, std::move(parameters),
                          options) {}

template <bool is_decoupled>
Tensor AdamOf<is_decoupled>::update(const Tensor& x, const Tensor& g, std::span<Tensor> slots,
                                    std::int64_t steps, const Options& o) const {
  Tensor &mean = slots[0], &square_mean = slots[1], &largest = slots[2];
  if (!mean.defined()) mean = square_mean = zeros_like(x);
  const Tensor d = is_decoupled ? g : with_weight_decay(g, x, o.weight_decay);
  mean = lerp(mean, d, 1 - o.betas.first);
  square_mean = lerp(square_mean, square(d), 1 - o.betas.second);
  if (o.amsgrad) largest = largest.defined() ? maximum(largest, square_mean) : square_mean;

  // The corrections for a beginning at 0 are numbers, drawn out of the tensors:
  // m / c1 / (sqrt(v) / c2 + eps) = (c2 / c1) m / (sqrt(v) + c2 eps).
  const auto t = static_cast<double>(steps);
  const double c1 = 1 - std::pow(o.betas.first, t);
  const double c2 = std::sqrt(1 - std::pow(o.betas.second, t));
  const Tensor scale = sqrt(o.amsgrad ? largest : square_mean) + c2 * o.eps;
  const Tensor shrunk = is_decoupled && o.weight_decay != 0 ? x * (1 - o.lr * o.weight_decay) : x;
  return shrunk - (o.lr * c2 / c1) * (mean / scale);
}

template struct AdamOptionsOf<false>;
template struct AdamOptionsOf<true>;
template class AdamOf<false>;
template class AdamOf<true>;

}  // namespace wald::optim
