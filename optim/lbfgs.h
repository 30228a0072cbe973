// L-BFGS with libtorch's options and meaning of step(closure).
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/optim/line_search.h>
#include <wald/optim/optimizer.h>

namespace wald::optim {

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

  NumberFields fields();
};

/// Limited-memory BFGS (Nocedal and Wright, Numerical Optimization, algorithm 7.4). The
/// parameters are one group of leaves that require grad, all of one element type.
///
/// step(closure) does up to max_iter iterations and gives the loss at the point where it began.
/// Where the loss or its gradient is not a number there, the parameters stay. If the closure throws
/// in a line search, they are back where the iteration began. Without a closure: InputError.
class LBFGS : public OptimizerOf<LBFGSOptions> {
 public:
  /// Throws InputError for options out of range, GraphError for parameters that are no
  /// leaves or do not require grad, DTypeError for those of several element types.
  explicit LBFGS(std::vector<Tensor> parameters, const LBFGSOptions& options = {});

  std::int64_t iterations() const { return progress_.iterations; }    ///< Of all steps so far.
  std::int64_t evaluations() const { return progress_.evaluations; }  ///< Of the closure.

 protected:
  Tensor take_step(const Closure& closure) override;
  void write(NamedTensors& state) const override;
  void read(StateReader& reader) override;

 private:
  struct Pair {
    Tensor gradient_change, step;
    double rho;
  };
  struct Progress {
    std::int64_t iterations = 0, evaluations = 0;
    double diagonal = 1;  // the inverse Hessian before any pair is applied
    double length = 0;
    NumberFields fields();
  };

  Tensor flat_gradient() const;
  std::vector<Tensor> copy_parameters() const;
  void set_parameters(const std::vector<Tensor>& values);
  void move(double length, const Tensor& direction);
  Tensor evaluate_with(const Closure& closure, Tensor& gradient);
  /// Moves to the end of a line search along the direction.
  Trial search(const Closure& closure, const Trial& start, double first_length,
               double direction_size);
  void update_direction(const Tensor& gradient);

  Progress progress_;
  std::deque<Pair> history_;
  Tensor direction_, previous_gradient_;
};

}  // namespace wald::optim
