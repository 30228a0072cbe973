// (exp(x) - 1) / x and its derivatives against values of 40 digits, at 0, near it and far from it.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include <wald/engine/gradcheck.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/models/mean_exp.h>

namespace wald {
namespace {

TEST(MeanExp, ValuesAndDerivatives) {
  // x, and the means of exp(ux), u exp(ux), u^2 exp(ux), u^3 exp(ux) by mpmath.
  constexpr double rows[][5] = {{0.0, 1.0, 0.5, 0.333333333333333333, 0.25},
                                {-1.0e-300, 1.0, 0.5, 0.333333333333333333, 0.25},
                                {-1.0e-8, 0.999999995000000017, 0.499999996666666679,
                                 0.333333330833333343, 0.249999998000000008},
                                {-0.125, 0.940024779323236777, 0.460223013909130994,
                                 0.303593001869332677, 0.226256824187221018},
                                {-0.999, 0.632384880266603683, 0.264401777430371133,
                                 0.160716767014093437, 0.114016813241859249},
                                {-1.0, 0.632120558828557678, 0.264241117657115357,
                                 0.160602794142788392, 0.113928941256922854},
                                {-1.0009999999999999, 0.631856397993313166, 0.264080571812806798,
                                 0.16048890910781221, 0.113841140574168884},
                                {-2.5, 0.367166000550440482, 0.114032400770616675,
                                 0.0583919211669338217, 0.037236305950761068},
                                {-40.0, 0.0249999999999999999, 0.000624999999999999891,
                                 0.0000312499999999998883, 2.34374999999988542e-6},
                                {-800.0, 0.00125, 1.5625e-6, 3.90625e-9, 1.46484375e-11},
                                {-100000000.0, 1.0e-8, 1.0e-16, 2.0e-24, 6.0e-32}};
  for (const auto& row : rows) {
    ScalarFunction f = [](const Tensor& x) { return sum(mean_exp(x)); };
    for (int k = 0; k < 4; ++k) {
      EXPECT_NEAR(f(tensor({row[0]})).item(), row[k + 1], 4e-15 * row[k + 1])
          << "derivative " << k << " at " << row[0];
      f = [f](const Tensor& x) { return sum(value_and_gradient(f, x).gradient); };
    }
  }
}

TEST(MeanExp, RulesHoldInBatchesAndAreDifferentiable) {
  const Tensor x = tensor({-30.0, -2.0, -1.1, -0.7, -1e-3});
  EXPECT_TRUE(gradcheck(mean_exp, x));
  EXPECT_TRUE(gradgradcheck(mean_exp, x));
}

TEST(MeanExp, EndsAndBadInput) {
  EXPECT_EQ(mean_exp(tensor({-INFINITY})).item(), 0);
  EXPECT_TRUE(std::isnan(mean_exp(tensor({NAN})).item()));
  EXPECT_THROW(mean_exp(to(tensor({-1.0}), DType::float32)), DTypeError);
}

}  // namespace
}  // namespace wald
