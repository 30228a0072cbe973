// The test functions of More, Garbow and Hillstrom (1981), "Testing Unconstrained Optimization
// Software", ACM TOMS 7, 17-41, in operations of tensors. For tests and benchmarks; knows no
// optimizer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/engine/transforms.h>

namespace wald::testing {

/// A sum of m squares of n variables, and the start that the paper gives.
struct TestProblem {
  std::string key;  ///< As "helical_valley".
  std::int64_t n, m;
  Tensor start;              ///< [n]
  TensorFunction residuals;  ///< [n] -> [m]

  /// "watson, n = 6".
  std::string name() const;
  /// The sum of the squares.
  Tensor operator()(const Tensor& x) const;
};

/// 32 instances of 24 functions.
const std::vector<TestProblem>& test_problems();
/// Throws InputError if there is none.
const TestProblem& test_problem(const std::string& key, std::int64_t n, std::int64_t m);

}  // namespace wald::testing
