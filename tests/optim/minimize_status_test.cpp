// Each method on functions that are hard to end on: each ends with the status that is true.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "minimize_problems.h"

namespace wald::optim {
namespace {

using ::testing::HasSubstr;

Tensor at(const Tensor& x, std::int64_t i) { return select(x, 0, i); }

class EachMethod : public ::testing::TestWithParam<Method> {
 protected:
  MinimizeResult run(const ScalarFunction& f, const std::vector<double>& x0) const {
    return minimize(f, tensor_of(x0), by(GetParam()));
  }
  bool uses_gradients() const { return GetParam() != Method::nelder_mead; }
};
INSTANTIATE_TEST_SUITE_P(Minimize, EachMethod, ::testing::ValuesIn(available_methods()), test_name);

void expect_near(const MinimizeResult& result, const std::vector<double>& wanted,
                 double tolerance) {
  const std::vector<double> x = result.x.to_vector();
  ASSERT_EQ(x.size(), wanted.size());
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(x[i], wanted[i], tolerance) << i;
}

TEST_P(EachMethod, MinimizesRosenbrocksFunction) {
  const MinimizeResult result = run(rosenbrock, {-1.2, 1});
  EXPECT_EQ(outcome_of(result), "converged, tolerance") << result.message;
  expect_near(result, {1, 1}, 1e-6);
  expect_belongs_together(rosenbrock, result);
  EXPECT_EQ(result.hessian.to_vector(), hessian(rosenbrock, result.x).to_vector());
}

TEST_P(EachMethod, MinimizesALogLikelihood) {
  const MinimizeResult result = run(logistic, {0, 0, 0});
  EXPECT_EQ(outcome_of(result), "converged, tolerance") << result.message;
  EXPECT_LE(result.newton_decrement, 1e-14 * result.value);
  expect_belongs_together(logistic, result);
}

TEST_P(EachMethod, ComesToAMinimumFromFarAway) {
  const MinimizeResult result = run(rosenbrock, {76, 97, 20, 120, .01, 1e4});
  EXPECT_EQ(outcome_of(result), "converged, tolerance") << result.message;
  for (double g : result.gradient.to_vector()) EXPECT_NEAR(g, 0, 1e-5);
  expect_belongs_together(rosenbrock, result);
}

TEST_P(EachMethod, TurnsBackFromWhereTheFunctionIsNotDefined) {
  const auto f = [](const Tensor& x) { return sum(square(log(x) - 1)); };
  const MinimizeResult result = run(f, {1e-3, 50});
  EXPECT_EQ(outcome_of(result), "converged, tolerance") << result.message;
  expect_near(result, {std::exp(1), std::exp(1)}, 1e-6);
}

TEST_P(EachMethod, TurnsBackFromAWallOfNaN) {
  const auto f = [](const Tensor& x) {
    return sum(where(x < 2, square(square(x - 1.5)) + square(x - 1.5), log(-1 - square(x))));
  };
  const MinimizeResult result = run(f, {-30});
  EXPECT_EQ(outcome_of(result), "converged, tolerance") << result.message;
  expect_near(result, {1.5}, 1e-6);
}

TEST_P(EachMethod, DoesNotConvergeAtAWall) {
  const auto f = [](const Tensor& x) {
    return sum(where(x < 2, square(x - 3), log(-1 - square(x))));
  };
  const MinimizeResult result = run(f, {-30});
  EXPECT_EQ(result.status, Status::failed) << result.message;
  EXPECT_LT(result.x.item(), 2);
  if (uses_gradients()) {
    EXPECT_GT(result.x.item(), 1.9);
  }
  expect_belongs_together(f, result);
}

TEST_P(EachMethod, SaysThatAConstantIsFlat) {
  MinimizeOptions options = by(GetParam());
  options.names = {"slope", "scale"};
  const auto f = [](const Tensor& x) { return 3 + 0 * sum(x); };
  const MinimizeResult result = minimize(f, tensor({1, 2}), options);
  EXPECT_EQ(outcome_of(result), "converged, tolerance");
  EXPECT_THAT(result.message, HasSubstr("flat along slope, scale"));
  EXPECT_EQ(result.x.to_vector(), std::vector<double>({1, 2}));
}

TEST_P(EachMethod, NamesADirectionThatIsFlat) {
  const auto f = [](const Tensor& x) {
    return 1 + square(at(x, 0) + at(x, 1) - 3) + square(at(x, 2));
  };
  const MinimizeResult result = run(f, {0, 0.5, 1});
  EXPECT_EQ(outcome_of(result), "converged, tolerance") << result.message;
  EXPECT_THAT(result.message, HasSubstr("flat along coordinate 0, coordinate 1"));
  EXPECT_NEAR(result.value, 1, 1e-12);
}

TEST_P(EachMethod, StaysAtAnOptimum) {
  const MinimizeResult result = run(rosenbrock, {1, 1, 1});
  EXPECT_EQ(outcome_of(result), "converged, tolerance");
  EXPECT_EQ(result.iterations, 0);
  EXPECT_EQ(result.newton_decrement, 0);
}

TEST_P(EachMethod, SaysThatThereIsNoMinimum) {
  const auto line = [](const Tensor& x) { return sum(x); };
  const auto hill = [](const Tensor& x) { return 1 - sum(square(x)); };
  const auto cubic = [](const Tensor& x) { return sum(x * square(x)); };
  EXPECT_EQ(outcome_of(run(line, {1, 2})), "failed, unbounded");
  EXPECT_EQ(outcome_of(run(hill, {0.5, 0})), "failed, unbounded");
  EXPECT_EQ(outcome_of(run(cubic, {1})), "failed, unbounded");
}

TEST_P(EachMethod, LeavesAMaximum) {
  const auto hill = [](const Tensor& x) { return 1 - sum(square(x)); };
  EXPECT_EQ(outcome_of(run(hill, {0, 0})), "failed, unbounded");
}

TEST_P(EachMethod, DoesNotTakeAnInfimumAtInfinityForAMinimum) {
  const auto tail = [](const Tensor& x) { return sum(exp(-x)); };
  const auto raised = [](const Tensor& x) { return 1 + sum(exp(-x)); };
  const auto separated = [](const Tensor& x) { return sum(softplus(-x * tensor({1, 2, 3}))); };
  if (!uses_gradients()) return;
  EXPECT_EQ(outcome_of(run(tail, {0})), "failed, unbounded");
  EXPECT_EQ(outcome_of(run(raised, {0})), "failed, unbounded");
  EXPECT_EQ(outcome_of(run(separated, {0})), "failed, unbounded");
}

// Far out nothing is left of its curvature beside that of the other direction.
TEST_P(EachMethod, DoesNotTakeAnInfimumAlongAValleyForAMinimum) {
  const auto valley = [](const Tensor& x) {
    const Tensor along = at(x, 0) + at(x, 1), across = at(x, 0) - at(x, 1);
    return 1 / softplus(along) + square(across);
  };
  if (!uses_gradients()) return;
  EXPECT_EQ(outcome_of(run(valley, {1, 0})), "failed, unbounded");
}

TEST_P(EachMethod, LeavesASaddleDownward) {
  const auto f = [](const Tensor& x) {
    return square(at(x, 0)) - square(at(x, 1)) + square(square(at(x, 1)));
  };
  const MinimizeResult result = run(f, {0, 0});
  EXPECT_EQ(outcome_of(result), "converged, tolerance") << result.message;
  EXPECT_NEAR(result.value, -0.25, 1e-12);
}

TEST_P(EachMethod, ReportsASaddleThatItCannotLeave) {
  const auto f = [](const Tensor& x) {
    const Tensor y = at(x, 1);
    return square(at(x, 0)) - where(y == 0, square(y), log(-1 - square(y)));
  };
  const MinimizeResult result = run(f, {0, 0});
  EXPECT_EQ(outcome_of(result), "failed, saddle");
  EXPECT_TRUE(std::isnan(result.newton_decrement));
}

TEST_P(EachMethod, MinimizesWhatIsZeroAtZero) {
  const auto bowl = [](const Tensor& x) { return sum(tensor({1, 3}) * square(x)); };
  const auto flat_bowl = [](const Tensor& x) { return sum(square(square(x))); };
  const MinimizeResult square_root = run(bowl, {3, 4});
  EXPECT_EQ(outcome_of(square_root), "converged, tolerance") << square_root.message;
  expect_near(square_root, {0, 0}, 1e-6);
  const MinimizeResult quartic = run(flat_bowl, {3, 4});
  EXPECT_EQ(outcome_of(quartic), "converged, tolerance") << quartic.message;
  expect_near(quartic, {0, 0}, 1e-3);
  EXPECT_LT(quartic.iterations, 500);
}

TEST_P(EachMethod, DoesNotStartWhereNothingIsKnown) {
  const MinimizeResult result = run([](const Tensor& x) { return sum(log(x)); }, {-1, 2});
  EXPECT_EQ(outcome_of(result), "failed, not_finite");
  EXPECT_EQ(result.x.to_vector(), std::vector<double>({-1, 2}));
  EXPECT_EQ(result.iterations, 0);
}

TEST_P(EachMethod, DoesNotConvergeOffAStationaryPoint) {
  // Steps in the value hide from the gradient what the function does.
  const auto wrong = [](const Tensor& x) { return sum(square(x - 1).detach() + 3 * x); };
  const MinimizeResult result = run(wrong, {0.3, -2});
  EXPECT_NE(result.status, Status::converged) << result.message;
  const auto kink = [](const Tensor& x) { return sum(abs(x - 0.3) + abs(x - 0.7) * 0.5); };
  const MinimizeResult kinked = run(kink, {2});
  EXPECT_NE(kinked.status, Status::precision) << kinked.message;
  if (kinked.status == Status::converged) {
    EXPECT_EQ(kinked.gradient.item(), 0);
  }
}

TEST(Precision, IsToldFromConvergence) {
  // The large constant is added and taken away: the value is rounded to 2^-10, not so the gradient.
  const auto coarse = [](const Tensor& x) {
    return sum(square(x - 1) + square(square(x - 1)) + 5e12) - 5e12 + 1;
  };
  for (Method method : available_methods()) {
    SCOPED_TRACE(name_of(method));
    MinimizeOptions options = by(method);
    const MinimizeResult rough = minimize(coarse, tensor({3}), options);
    // Some find by the gradient what the value does not show.
    if (outcome_of(rough) != "converged, tolerance" || method == Method::trust_exact) {
      EXPECT_EQ(outcome_of(rough), "precision, rounding");
      EXPECT_GT(rough.newton_decrement, 1e-14);
    } else {
      EXPECT_LE(rough.newton_decrement, 1e-14);
    }
    EXPECT_NEAR(rough.x.item(), 1, 0.05);
    options.polish = true;
    const MinimizeResult polished = minimize(coarse, tensor({3}), options);
    EXPECT_EQ(outcome_of(polished), "converged, tolerance");
    EXPECT_NEAR(polished.x.item(), 1, 1e-12);
  }
}

TEST(Polish, GoesDownToTheRoundingOfTheGradient) {
  // The value can place x to 1e-4 only.
  const auto f = [](const Tensor& x) { return 1e8 + sum(exp(x) - x); };
  for (Method method : available_methods()) {
    SCOPED_TRACE(name_of(method));
    MinimizeOptions options = by(method);
    options.polish = true;
    const MinimizeResult result = minimize(f, tensor({1, -2}), options);
    EXPECT_EQ(outcome_of(result), "converged, tolerance");
    expect_near(result, {0, 0}, 1e-15);
    expect_belongs_together(f, result);
  }
}

}  // namespace
}  // namespace wald::optim
