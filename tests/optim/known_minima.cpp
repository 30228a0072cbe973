#include "known_minima.h"

#include <cmath>

#include <wald/engine/error.h>

namespace wald::testing {
namespace {

struct Entry {
  const char* key;
  std::int64_t n;
  std::vector<double> minima;
};

// The global minimum and the local ones, of positive definite Hessian, computed in high precision
// (shared/oracles/optim).
const Entry entries[] = {
    {"rosenbrock", 2, {0}},
    {"powell_badly_scaled", 2, {0}},
    {"brown_badly_scaled", 2, {0}},
    {"beale", 2, {0}},
    {"helical_valley", 3, {0}},
    {"gaussian", 3, {1.127932769618648e-08}},
    {"meyer", 3, {87.94585517085112}},
    {"gulf", 3, {0}},
    {"powell_singular", 4, {0}},
    {"wood", 4, {0}},
    {"brown_dennis", 4, {85822.20162635634}},
    {"biggs_exp6", 6, {0, 0.005655649925499931}},
    {"osborne2", 11, {0.040137736293547735, 0.3454370874983653}},
    {"watson", 6, {0.0022876700535524363}},
    {"watson", 9, {1.39976013809902e-06}},
    {"watson", 12, {4.722381105891757e-10}},
    {"ext_rosenbrock", 10, {0}},
    {"ext_rosenbrock", 20, {0}},
    {"penalty1", 4, {2.249977500899937e-05}},
    {"penalty1", 10, {7.087651467090369e-05}},
    {"variably_dimensioned", 10, {0}},
    {"brown_almost_linear", 5, {0, 1.0}},
    {"brown_almost_linear", 10, {0, 1.0}},
    {"discrete_boundary_value", 10, {0}},
    {"discrete_integral_equation", 10, {0}},
    {"broyden_tridiagonal", 10, {0}},
    {"linear_full_rank", 10, {10.0}},
    {"linear_rank1", 10, {4.634146341463414}},
    {"chebyquad", 7, {0}},
    {"chebyquad", 8, {0.0035168737256779316}},
    {"chebyquad", 9, {0}},
    {"chebyquad", 10, {0.004772713696375349, 0.006503954800882306, 0.009500628850221673}},
};

}  // namespace

const std::vector<double>& known_minima(const TestProblem& problem) {
  for (const Entry& entry : entries)
    if (entry.key == problem.key && entry.n == problem.n) return entry.minima;
  throw InputError("known_minima: there are none for " + problem.name());
}

bool is_minimum(const TestProblem& problem, double value, double start_value) {
  for (const double minimum : known_minima(problem))
    if (minimum == 0 ? value <= 1e-12 * start_value : std::abs(value - minimum) <= 1e-8 * minimum)
      return true;
  return false;
}

}  // namespace wald::testing
