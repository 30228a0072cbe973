// The quadratic model of a limited memory within bounds: its generalized Cauchy point, and its
// minimum over the variables that are free there. Byrd, Lu, Nocedal and Zhu (1995), SIAM J. Sci.
// Comput. 16, 1190-1208, sections 3 to 5.
#pragma once

#include <vector>

#include <wald/optim/methods/limited_memory.h>

namespace wald::optim {

struct Box {
  std::vector<double> lower, upper;  ///< [k] each; infinite where there is none.
};

class BoundedModel {
 public:
  /// The Hessian theta I - W M W' of the pairs.
  explicit BoundedModel(const LimitedMemory& memory);
  /// The Hessian theta I.
  explicit BoundedModel(double theta) : theta_(theta) {}

  /// From x, within the bounds, to a minimum of the model on the face that the steepest descent's
  /// path ends on: a direction down, all of which lies within the bounds.
  std::vector<double> step(const std::vector<double>& x, const std::vector<double>& gradient,
                           const Box& box) const;
  /// By how much the model falls along a step.
  double decrease(const std::vector<double>& gradient, const std::vector<double>& step) const;

 private:
  struct Cauchy {
    std::vector<double> step;
    std::vector<double> projected;  // W' step
  };

  Cauchy cauchy(const std::vector<double>& x, const std::vector<double>& gradient,
                const Box& box) const;
  std::vector<double> newton_on(const std::vector<bool>& is_free,
                                std::vector<double> residual) const;
  std::vector<double> times_middle(const std::vector<double>& v) const;
  std::vector<double> project(const std::vector<double>& v) const;
  const double* row(std::size_t i) const { return rows_ + i * width_; }

  double theta_;
  std::size_t width_ = 0;         // 2m
  Tensor w_;                      // [k, 2m]
  Tensor on_host_;                // w_
  const double* rows_ = nullptr;  // of on_host_
  std::vector<double> middle_;    // M [2m, 2m]
};

}  // namespace wald::optim
