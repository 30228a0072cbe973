// Functions that the tests of minimize() minimize, and how to write down how a run ended.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>
#include <wald/optim/minimize.h>

namespace wald::optim {

inline Tensor rosenbrock(const Tensor& x) {
  const Tensor head = slice(x, 0, 0, -1), tail = slice(x, 0, 1, x.size(0));
  return sum(100 * square(tail - square(head)) + square(1 - head));
}

/// Minus the log-likelihood of a logistic regression on 40 made observations; x [3].
inline Tensor logistic(const Tensor& x) {
  const Tensor t = linspace(-2, 2, 40), wave = sin(7 * t);
  const Tensor event = where(sin(50 * t) + t > 0, ones({40}), zeros({40}));
  const Tensor eta = select(x, 0, 0) + select(x, 0, 1) * t + select(x, 0, 2) * wave;
  return sum(softplus(eta) - event * eta);
}

inline MinimizeOptions by(Method method) {
  MinimizeOptions options;
  options.method = method;
  return options;
}

/// "converged, tolerance".
inline std::string outcome_of(const MinimizeResult& result) {
  return std::string(name_of(result.status)) + ", " + name_of(result.reason);
}

/// For the names of tests: "trust_exact".
inline std::string test_name(const ::testing::TestParamInfo<Method>& info) {
  std::string name = name_of(info.param);
  for (char& c : name)
    if (c == '-') c = '_';
  return name;
}

/// That all three belong to one point.
inline void expect_belongs_together(const ScalarFunction& f, const MinimizeResult& result) {
  const ValueAndGradient there = value_and_gradient(f, result.x);
  EXPECT_EQ(there.value.item(), result.value);
  const std::vector<double> got = result.gradient.to_vector(), g = there.gradient.to_vector();
  ASSERT_EQ(got.size(), g.size());
  for (std::size_t i = 0; i < g.size(); ++i) EXPECT_EQ(got[i], g[i]) << "element " << i;
}

}  // namespace wald::optim
