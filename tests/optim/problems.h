// Objectives and closures for the tests of optimizers.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <wald/engine/ops/ops.h>
#include <wald/engine/tensor.h>
#include <wald/optim/optimizer.h>

namespace wald::optim {

inline Tensor rosenbrock(const Tensor& x) {
  const Tensor head = slice(x, 0, 0, -1), tail = slice(x, 0, 1, x.size(0));
  return sum(100 * square(tail - square(head)) + square(1 - head));
}

inline const std::vector<double> rosenbrock_start = {-1.2, 1, -0.5, 0.8};

inline Tensor parameter(const std::vector<double>& values, Dims shape = {},
                        DType dtype = DType::float64) {
  if (shape.empty()) shape = {static_cast<std::int64_t>(values.size())};
  return to(from_vector(values, shape), dtype).requires_grad_();
}

/// The closure that libtorch's users write.
template <class F>
Closure closure_of(Optimizer& optimizer, const F& f) {
  return [&optimizer, f] {
    optimizer.zero_grad();
    const Tensor loss = f();
    loss.backward();
    return loss;
  };
}

/// The rule of the recorded trajectories.
inline void expect_close(const std::vector<double>& got, const std::vector<double>& wanted,
                         const std::string& what) {
  ASSERT_EQ(got.size(), wanted.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_LE(std::fabs(got[i] - wanted[i]), 1e-9 * std::max(1.0, std::fabs(wanted[i])))
        << what << ", element " << i << ": " << got[i] << " for " << wanted[i];
}

}  // namespace wald::optim
