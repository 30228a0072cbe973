// L-BFGS with libtorch's options and meaning of step(closure).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include <wald/engine/tensor.h>

namespace wald::optim {

/// Evaluates the objective at the parameters' present values, a scalar. It zeroes the gradients and
/// calls backward() on the loss itself, as in libtorch.
using Closure = std::function<Tensor()>;

enum class LineSearch { none, strong_wolfe };

struct LBFGSOptions {
  double lr = 1;                 ///< Length of a step, or its first trial in a line search.
  int max_iter = 20;             ///< Iterations in one step().
  int max_eval = 0;              ///< Evaluations in one step(); 0 means max_iter * 5 / 4.
  double tolerance_grad = 1e-7;  ///< Stop when no |gradient| exceeds it.
  double tolerance_change =
      1e-9;                ///< Stop when neither the parameters nor the loss change by more.
  int history_size = 100;  ///< Pairs of changes kept.
  LineSearch line_search = LineSearch::none;
};

/// Limited-memory BFGS (Nocedal and Wright, Numerical Optimization, algorithm 7.4). The
/// parameters are leaves that require grad, all of one element type.
class LBFGS {
 public:
  /// Throws InputError for options out of range, GraphError for parameters that are no
  /// leaves or do not require grad.
  explicit LBFGS(std::vector<Tensor> parameters, const LBFGSOptions& options = {});

  /// Up to max_iter iterations; the loss at the point where the step began. Where the loss or its
  /// gradient is not a number there, the parameters stay. If the closure throws in a line search,
  /// they are back where the iteration began.
  Tensor step(const Closure& closure);
  /// Makes the gradients undefined, which the closure does before it evaluates.
  void zero_grad();

  std::int64_t iterations() const { return iterations_; }    ///< Of all steps so far.
  std::int64_t evaluations() const { return evaluations_; }  ///< Of the closure.

 private:
  struct Pair {
    Tensor gradient_change, step;
    double rho;
  };

  Tensor flat_gradient() const;
  std::vector<Tensor> copy_parameters() const;
  void set_parameters(const std::vector<Tensor>& values);
  void move(double length, const Tensor& direction);
  double evaluate(const Closure& closure, Tensor& gradient);
  void update_direction(const Tensor& gradient);

  std::vector<Tensor> parameters_;
  LBFGSOptions options_;
  std::int64_t iterations_ = 0, evaluations_ = 0;
  std::deque<Pair> history_;
  double diagonal_ = 1;  // the inverse Hessian before any pair is applied
  Tensor direction_, previous_gradient_;
  double length_ = 0;
};

}  // namespace wald::optim
