// The minima of the test problems, for tests and benchmarks.
#pragma once

#include <vector>

#include "test_problems.h"

namespace wald::testing {

/// The values of the global minimum and of known local ones.
const std::vector<double>& known_minima(const TestProblem& problem);

/// Whether a value is one of the minima to a relative 1e-8, or, where the minimum is 0, at most
/// 1e-12 of the value at the start.
bool is_minimum(const TestProblem& problem, double value, double start_value);

}  // namespace wald::testing
