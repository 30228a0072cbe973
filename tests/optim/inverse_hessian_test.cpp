// Inverse Hessians: digits where the Hessian is ill-conditioned, and the refusal where there is
// none.
#include <gtest/gtest.h>

#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/optim/inverse_hessian.h>

namespace wald::optim {
namespace {

// J'J has condition 4e13, J 6e6. All numbers are exact, so that the inverse is known:
// (J'J)^-1 = K K' for K = J^-1.
TEST(InverseHessian, LosesTheConditionOnce) {
  const double d = 0x1p-22;
  const Tensor j = tensor({{1, 1}, {1, 1 + d}});
  const Tensor k = tensor({{1 + d, -1}, {-1, 1}}) / d;
  const ScalarFunction f = [&](const Tensor& x) { return 0.5 * sum(square(mv(j, x - 3))); };
  const std::vector<double> got = inverse_hessian(f, tensor({3, 3})).to_vector(),
                            exact = matmul(k, t(k)).to_vector();
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(got[i], exact[i], 1e-9 * std::abs(exact[i])) << i;
}

TEST(InverseHessian, UnitsDoNotMatter) {
  const Tensor units = tensor({0x1p80, 0x1p-90});
  const ScalarFunction f = [](const Tensor& x) { return sum(exp(x)) + square(sum(x)); };
  const ScalarFunction scaled = [&](const Tensor& x) { return f(x * units); };
  const Tensor x = tensor({0.25, -1});
  EXPECT_EQ((inverse_hessian(scaled, x / units) * outer(units, units)).to_vector(),
            inverse_hessian(f, x).to_vector());
}

TEST(InverseHessian, WantsAMinimum) {
  const ScalarFunction saddle = [](const Tensor& x) {
    return square(select(x, 0, 0)) - square(select(x, 0, 1));
  };
  EXPECT_THROW(inverse_hessian(saddle, tensor({0, 0})), LinalgError);
  EXPECT_THROW(inverse_hessian([](const Tensor& x) { return square(sum(x)); }, tensor({1, 1})),
               LinalgError);
}

}  // namespace
}  // namespace wald::optim
