// Resilient backpropagation: steps by the signs of the gradient.
#pragma once

#include <utility>
#include <vector>

#include <wald/optim/first_order.h>

namespace wald::optim {

struct RpropOptions {
  double lr = 0.01;  ///< At least 0: the size of the first step of each element.
  /// What a step is multiplied with where the gradient changes its sign (above 0, below 1), and
  /// where it does not (above 1).
  std::pair<double, double> etas = {0.5, 1.2};
  std::pair<double, double> step_sizes = {1e-6, 50};  ///< The least and the largest step.
  bool maximize = false;                              ///< Goes up the objective.

  NumberFields fields();
  void check_together(const std::string& owner) const;
};

/// Each element moves against the sign of its derivative by a step of its own, which grows while
/// the sign stays. Where the sign changes the step shrinks and the element waits. Riedmiller and
/// Braun (1993), in the variant without backtracking (iRprop-: Igel and Huesken, 2000).
class Rprop : public FirstOrder<RpropOptions> {
 public:
  /// Throws as SGD does.
  explicit Rprop(std::vector<Tensor> parameters, const RpropOptions& options = {});

 protected:
  Tensor update(const Tensor& x, const Tensor& g, Slots slots, std::int64_t steps,
                const RpropOptions& options) const override;
};

}  // namespace wald::optim
