// RMSprop: a step for each element by the size of its recent gradients.
#pragma once

#include <vector>

#include <wald/optim/first_order.h>

namespace wald::optim {

struct RMSpropOptions {
  double lr = 0.01;         ///< At least 0.
  double alpha = 0.99;      ///< At least 0: what a running mean keeps at a step.
  double eps = 1e-8;        ///< At least 0.
  double weight_decay = 0;  ///< At least 0: added to the gradient times x.
  double momentum = 0;      ///< At least 0.
  bool centered = false;    ///< Divides by the deviation of g from its mean.
  bool maximize = false;    ///< Goes up the objective.

  NumberFields fields();
};

/// x -= lr g / (sqrt(v) + eps), v the running mean of g^2, or its variance if centered; with
/// momentum, x -= lr b with b = momentum b + g / (sqrt(v) + eps). Hinton (2012, lecture 6e);
/// centered: Graves (2013).
class RMSprop : public FirstOrder<RMSpropOptions> {
 public:
  /// Throws as SGD does.
  explicit RMSprop(std::vector<Tensor> parameters, const RMSpropOptions& options = {});

 protected:
  Tensor update(const Tensor& x, const Tensor& g, Slots slots, std::int64_t steps,
                const RMSpropOptions& options) const override;
};

}  // namespace wald::optim
