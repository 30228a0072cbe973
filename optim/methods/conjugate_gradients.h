// Conjugate gradients on the Hessian, for Newton's step or as much of it as is wanted.
#pragma once

#include <functional>

#include <wald/engine/tensor.h>

namespace wald::optim {

/// The Hessian times a vector.
using Product = std::function<Tensor(const Tensor& v)>;

enum class CgEnd {
  converged,
  border,             ///< The iterates left the radius; the step ends on it.
  negative_curvature  ///< `direction` was met, along which the model falls without end.
};

struct CgStep {
  Tensor step;
  double decrease = 0;  ///< Of g's + s'Hs/2.
  CgEnd end = CgEnd::converged;
  Tensor residual;       ///< g + Hs, where it did not reach the border.
  Tensor direction;      ///< The last one tried.
  double curvature = 0;  ///< Along it: d'Hd.
};

/// The step that minimizes g's + s'Hs/2, from s = 0, until the residual is at most
/// min(0.1, |s| / reach) |g|: a step of the length at which the model was last seen to hold is
/// solved roughly, a short one in full, which makes the outer iteration converge quadratically.
/// Steihaug (1983) where the radius is finite.
CgStep conjugate_gradients(const Product& hessian_times, const Tensor& gradient, double reach,
                           double radius);

}  // namespace wald::optim
