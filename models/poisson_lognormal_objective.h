// The bound of the Poisson-lognormal model as a function to be maximized, profiled over
// coefficients and covariance. For the fit, which decides which species take part.
#pragma once

#include <wald/models/poisson_lognormal.h>
#include <wald/optim/minimize.h>

namespace wald {

/// The maximum over q, from a start.
struct Optimum {
  VariationalNormal q;
  Tensor sigma, residual;
  double largest_score = 0;
  optim::MinimizeResult found;
  std::vector<double> path;  ///< The bound at the start and after each iteration.
};

/// To where L-BFGS expects to gain no more than this part of the bound, without asking the
/// curvature, if `rough`; else to the end.
Optimum maximize_bound(const PoissonLognormalData& data, const VariationalNormal& start,
                       const PoissonLognormalOptions& options, bool rough);

}  // namespace wald
