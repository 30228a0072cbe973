// Adagrad: a step for each element by the size of all its gradients.
#pragma once

#include <vector>

#include <wald/optim/first_order.h>

namespace wald::optim {

struct AdagradOptions {
  double lr = 0.01;                      ///< At least 0.
  double lr_decay = 0;                   ///< At least 0: lr is divided by 1 + lr_decay (t - 1).
  double weight_decay = 0;               ///< At least 0: added to the gradient times x.
  double initial_accumulator_value = 0;  ///< At least 0: what the sum of squares begins with.
  double eps = 1e-10;                    ///< At least 0.
  bool maximize = false;                 ///< Goes up the objective.

  NumberFields fields();
};

/// x -= lr g / (sqrt(s) + eps), s the sum of the squares of all gradients so far. Duchi, Hazan and
/// Singer (2011).
class Adagrad : public FirstOrder<AdagradOptions> {
 public:
  /// Throws as SGD does.
  explicit Adagrad(std::vector<Tensor> parameters, const AdagradOptions& options = {});

 protected:
  Tensor update(const Tensor& x, const Tensor& g, Slots slots, std::int64_t steps,
                const AdagradOptions& options) const override;
};

}  // namespace wald::optim
