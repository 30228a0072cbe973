// Adam, and AdamW, which decays weights apart from the gradient.
#pragma once

#include <utility>
#include <vector>

#include <wald/optim/first_order.h>

namespace wald::optim {

template <bool is_decoupled>
struct AdamOptionsOf {
  double lr = 1e-3;                                ///< At least 0.
  std::pair<double, double> betas = {0.9, 0.999};  ///< Both at least 0 and below 1.
  double eps = 1e-8;                               ///< At least 0.
  double weight_decay = is_decoupled ? 0.01 : 0;   ///< At least 0.
  bool amsgrad = false;                            ///< Divides by the largest v so far.
  bool maximize = false;                           ///< Goes up the objective.

  NumberFields fields();
};

/// With the running means m of g and v of g^2, divided by 1 - beta^t since they begin at 0:
/// x -= lr m / (sqrt(v) + eps). Kingma and Ba (2015); amsgrad: Reddi, Kale and Kumar (2018).
/// Weight decay adds weight_decay x to g, or, decoupled, first shrinks x by the factor
/// 1 - lr weight_decay (Loshchilov and Hutter, 2019).
template <bool is_decoupled>
class AdamOf : public FirstOrder<AdamOptionsOf<is_decoupled>> {
 public:
  using Options = AdamOptionsOf<is_decoupled>;
  /// Throws as SGD does.
  explicit AdamOf(std::vector<Tensor> parameters, const Options& options = {});

 protected:
  Tensor update(const Tensor& x, const Tensor& g, std::span<Tensor> slots, std::int64_t steps,
                const Options& options) const override;
};

using AdamOptions = AdamOptionsOf<false>;
using AdamWOptions = AdamOptionsOf<true>;
using Adam = AdamOf<false>;
using AdamW = AdamOf<true>;

}  // namespace wald::optim
