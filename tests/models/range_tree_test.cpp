// Sums over ranges against loops, at all scales, with derivatives of both orders.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <wald/engine/gradcheck.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/models/range_tree.h>

namespace wald {
namespace {

using Values = std::vector<double>;

// 13 rows over 11 sets; set 10 has no row, row 12 is in none.
const std::vector<std::int64_t> first = {0, 0, 3, 2, 5, 9, 1, 7, 0, 4, 8, 6, 4},
                                last = {10, 1, 7, 3, 10, 10, 8, 9, 5, 5, 10, 7, 4};
constexpr std::int64_t sets = 11;
const RangeTree tree(first, last, sets);

Values scaled_by(double factor) {
  Values eta;
  for (std::size_t i = 0; i < first.size(); ++i)
    eta.push_back(factor * std::sin(3.7 * static_cast<double>(i + 1)));
  return eta;
}

Values weights() {
  Values w;
  for (std::size_t i = 0; i < first.size(); ++i) w.push_back(0.5 + static_cast<double>(i % 3));
  return w;
}

TEST(RangeTree, LogSumsAreThoseOfALoopAtAllScales) {
  for (const double factor : {0.0, 1.0, 90.0, 110.0, 1e4, 1e300}) {
    const Values eta = scaled_by(factor), w = weights();
    const auto [scale, sum] = tree.sums(from_vector(eta), from_vector(w));
    const Values found = (scale + log(sum)).to_vector();
    for (std::int64_t t = 0; t < sets; ++t) {
      double largest = -std::numeric_limits<double>::infinity(), total = 0;
      for (std::size_t i = 0; i < eta.size(); ++i)
        if (first[i] <= t && t < last[i]) largest = std::max(largest, eta[i]);
      for (std::size_t i = 0; i < eta.size(); ++i)
        if (first[i] <= t && t < last[i]) total += w[i] * std::exp(eta[i] - largest);
      if (t == 10)
        EXPECT_EQ(sum.to_vector()[10], 0);
      else
        EXPECT_NEAR(found[t], largest + std::log(total), 1e-14 * (1 + std::abs(found[t])))
            << factor << ", set " << t;
    }
  }
}

TEST(RangeTree, DerivativesOfLogSums) {
  const auto log_sums = [](const Tensor& eta, const Tensor& w) {
    const auto [scale, sum] = tree.sums(eta, w);
    return slice(scale + log(sum), 0, 0, 10);
  };
  const Tensor w = from_vector(weights());
  for (const double factor : {1.0, 300.0}) {  // with the exponentials in the rows, in the nodes
    const Tensor eta = from_vector(scaled_by(factor));
    const FunctionOfSeveral f = [&](const std::vector<Tensor>& in) {
      return log_sums(in[0], in[1]);
    };
    EXPECT_TRUE(gradcheck(f, {eta, w})) << factor;
    EXPECT_TRUE(gradgradcheck(f, {eta, w})) << factor;
  }
}

// A row far above all others that are with it: the derivatives are those of softmax, 1 and 0.
TEST(RangeTree, DerivativesOfFarApartRowsAreFinite) {
  const Tensor eta = from_vector(scaled_by(1e4));
  const ScalarFunction total = [](const Tensor& at) {
    const auto [scale, sum] = tree.sums(at, {});
    return wald::sum(slice(scale + log(sum), 0, 0, 10));
  };
  const Values gradient = value_and_gradient(total, eta).gradient.to_vector();
  double all = 0;
  for (double g : gradient) all += g;
  EXPECT_DOUBLE_EQ(all, 10);
  EXPECT_LT(max(abs(hessian(total, eta))).item(), 1e-200);
}

TEST(RangeTree, LargestOfEachSet) {
  Values values;
  for (std::size_t i = 0; i < first.size(); ++i) values.push_back(static_cast<double>(i));
  const double none = -std::numeric_limits<double>::infinity();
  EXPECT_EQ(tree.largest(values), (Values{8, 8, 8, 8, 9, 6, 11, 7, 10, 10, none}));
}

// Sweeps take eight vectors at a time: one more, and any leading axes.
TEST(RangeTree, JacobianOfMoreDirectionsThanOneWalkTakes) {
  const Tensor eta = from_vector(scaled_by(1));
  const auto sums = [](const Tensor& at) { return tree.sums(at, {}).sum; };
  const Tensor found = jacobian(sums, eta);
  const double largest = max(eta).item();
  for (std::int64_t t = 0; t < sets; ++t)
    for (std::size_t i = 0; i < first.size(); ++i) {
      const bool is_in = first[i] <= t && t < last[i];
      EXPECT_NEAR(found.to_vector()[t * 13 + i], is_in ? std::exp(eta.to_vector()[i] - largest) : 0,
                  1e-15);
    }
}

}  // namespace
}  // namespace wald
