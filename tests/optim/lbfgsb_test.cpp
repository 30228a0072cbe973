// Minima within bounds, those that are known and those that scipy finds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <wald/optim/methods/bounded_model.h>
#include <wald/optim/methods/descent.h>

#include "minimize_problems.h"
#include "test_problems.h"

namespace wald::optim {
namespace {

using ::testing::HasSubstr;

MinimizeOptions within(const Tensor& lower, const Tensor& upper) {
  MinimizeOptions options = by(Method::lbfgsb);
  options.lower = lower;
  options.upper = upper;
  return options;
}

void expect_near(const Tensor& x, const std::vector<double>& wanted, double tolerance) {
  const std::vector<double> got = x.to_vector();
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], wanted[i], tolerance) << i;
}

TEST(Bounded, RosenbrocksMinimumAtABound) {
  const MinimizeResult found =
      minimize(rosenbrock, tensor({-1.2, 1}), within(tensor(-2), tensor({0.5, 3})));
  EXPECT_EQ(outcome_of(found), "converged, tolerance");
  EXPECT_EQ(select(found.x, 0, 0).item(), 0.5);
  EXPECT_NEAR(select(found.x, 0, 1).item(), 0.25, 1e-9);
  EXPECT_NEAR(found.value, 0.25, 1e-14);
  expect_belongs_together(rosenbrock, found);
}

// From scipy 1.17.1: minimize(f, x0, jac, method="L-BFGS-B", bounds, options ftol 0, gtol 1e-13),
// x0 moved within the bounds.
TEST(Bounded, MinimaThatScipyFinds) {
  const auto& wood = testing::test_problem("wood", 4, 6);
  const MinimizeResult left =
      minimize(wood, tensor({-0.7, 0.5, -0.7, 0.5}), within(tensor(-10), tensor(0.5)));
  EXPECT_EQ(outcome_of(left), "converged, tolerance");
  EXPECT_NEAR(left.value, 15.797430938468574, 1e-12);
  expect_near(left.x, {-0.698456410333038, 0.5, -0.6974806587803591, 0.5}, 1e-7);
  const MinimizeResult right =
      minimize(wood, tensor({0.4, 0.2, 0.4, 0.2}), within(tensor(-10), tensor(0.5)));
  EXPECT_EQ(outcome_of(right), "converged, tolerance");
  EXPECT_NEAR(right.value, 19.078000549299645, 1e-12);
  expect_near(right.x, {0.5, 0.37386706948639903, 0.5, 0.38759956056029177}, 1e-7);
  const auto& chebyquad = testing::test_problem("chebyquad", 8, 8);
  const MinimizeResult third =
      minimize(chebyquad, chebyquad.start, within(tensor(0.1), tensor(0.8)));
  EXPECT_EQ(outcome_of(third), "converged, tolerance");
  EXPECT_NEAR(third.value, 0.08191352036725032, 1e-14);
}

TEST(Bounded, EqualBoundsHoldACoordinate) {
  const MinimizeResult found = minimize(rosenbrock, tensor({0.3, 1, -1}),
                                        within(tensor({-5, 0.5, -5}), tensor({5, 0.5, 5})));
  EXPECT_EQ(outcome_of(found), "converged, tolerance");
  EXPECT_EQ(select(found.x, 0, 1).item(), 0.5);
  EXPECT_NEAR(select(found.x, 0, 2).item(), 0.25, 1e-8);
}

TEST(Bounded, NoTrialLeavesTheBounds) {
  const auto f = [](const Tensor& x) {
    for (const double v : x.to_vector()) {
      EXPECT_GE(v, 0);
      EXPECT_LE(v, 1.5);
    }
    return rosenbrock(x);
  };
  // The start is moved within before it is evaluated.
  const MinimizeResult found = minimize(f, tensor({-1.2, 7}), within(tensor(0), tensor(1.5)));
  EXPECT_EQ(outcome_of(found), "converged, tolerance");
  expect_near(found.x, {1, 1}, 1e-7);
}

TEST(Bounded, CrossedBoundsNameTheCoordinate) {
  try {
    minimize(rosenbrock, tensor({0, 0}), within(tensor({-1, 2}), tensor(1)));
    FAIL() << "nothing was thrown";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("coordinate 1"));
  }
}

TEST(BoundedModel, StepOfAParabolaEndsAtItsMinimumOrTheBounds) {
  LimitedMemory memory(0);
  // Pairs of f = (x1^2 + 10 x2^2) / 2.
  memory.add(tensor({1, 0}), tensor({1, 0}));
  memory.add(tensor({0, 1}), tensor({0, 10}));
  const BoundedModel model(memory);
  const std::vector<double> x = {3, 1}, gradient = {3, 10};
  const std::vector<double> free = model.step(x, gradient, {{-9, -9}, {9, 9}});
  EXPECT_NEAR(free[0], -3, 1e-12);
  EXPECT_NEAR(free[1], -1, 1e-12);
  EXPECT_NEAR(model.decrease(gradient, free), (9 + 10) / 2., 1e-12);
  const std::vector<double> held = model.step(x, gradient, {{1, -9}, {9, 9}});
  EXPECT_NEAR(held[0], -2, 1e-12);
  EXPECT_LT(held[1], -0.9);
}

}  // namespace
}  // namespace wald::optim
