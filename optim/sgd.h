// Stochastic gradient descent with momentum.
#pragma once

#include <limits>
#include <vector>

#include <wald/optim/first_order.h>

namespace wald::optim {

struct SGDOptions {
  double lr = std::numeric_limits<double>::quiet_NaN();  ///< At least 0; must be said.
  double momentum = 0;                                   ///< At least 0.
  double dampening = 0;     ///< What is left out of a gradient that joins the momentum.
  double weight_decay = 0;  ///< At least 0: the weight of |x|^2 / 2 added to the objective.
  bool nesterov = false;    ///< Looks ahead; needs a momentum above 0 and no dampening.
  bool maximize = false;    ///< Goes up the objective.

  NumberFields fields();
  void check_together(const std::string& owner) const;
};

/// With b = momentum b + (1 - dampening) g, which begins as g: x -= lr b, or with Nesterov's
/// momentum x -= lr (g + momentum b). Sutskever et al. (2013), in libtorch's form, where lr
/// multiplies b.
class SGD : public FirstOrder<SGDOptions> {
 public:
  /// Throws InputError for options out of range and without parameters, GraphError for parameters
  /// that are no leaves or do not require grad.
  SGD(std::vector<Tensor> parameters, const SGDOptions& options);

 protected:
  Tensor update(const Tensor& x, const Tensor& g, Slots slots, std::int64_t steps,
                const SGDOptions& options) const override;
};

}  // namespace wald::optim
