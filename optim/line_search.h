// The strong Wolfe line search of libtorch's L-BFGS.
#pragma once

#include <functional>

#include <wald/engine/tensor.h>

namespace wald::optim {

/// A trial along a direction: its length, the value and gradient there, the slope, and the largest
/// element of the gradient. They always belong together.
struct Trial {
  double length = 0, value = 0;
  Tensor gradient;
  double slope = 0, largest = 0;
};

struct WolfeOptions {
  double sufficient_decrease = 1e-4;
  double curvature = 0.9;
  double tolerance_change = 1e-9;  ///< A bracket shorter than this is not cut further.
  int max_trials = 25;
};

struct LineSearchResult {
  Trial best;
  int evaluations;
};

/// From `start` (length 0, descending), a length that satisfies the strong Wolfe conditions, or the
/// best found. `evaluate(length)` gives the trial there; `first_length` is tried first;
/// `direction_size` is the largest element of the direction.
/// Nocedal and Wright, algorithms 3.5 and 3.6, with cubic interpolation.
LineSearchResult strong_wolfe(const std::function<Trial(double length)>& evaluate,
                              const Trial& start, double first_length, double direction_size,
                              const WolfeOptions& options = {});

}  // namespace wald::optim
