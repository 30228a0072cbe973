// The quasi-Newton methods step by step: what they learn, and what they keep.
#include <gtest/gtest.h>

#include <wald/engine/ops/ops.h>
#include <wald/optim/methods/descent.h>

#include "known_minima.h"
#include "minimize_problems.h"

namespace wald::optim {
namespace {

constexpr Method line_methods[] = {Method::cg, Method::bfgs, Method::lbfgs, Method::lbfgsb};

TEST(QuasiNewton, GoesOnIdenticallyFromItsState) {
  for (const Method method :
       {Method::cg, Method::bfgs, Method::lbfgs, Method::lbfgsb, Method::nelder_mead}) {
    SCOPED_TRACE(name_of(method));
    Objective objective(rosenbrock);
    const auto original = make_descent(by(method)), copy = make_descent(by(method));
    Point here = objective.at(tensor({-1.2, 1, -0.5}));
    for (int i = 0; i < 8; ++i) here = original->next(objective, here).value();
    copy->load(original->state());
    Point twin = here;
    for (int i = 0; i < 8; ++i) {
      here = original->next(objective, here).value();
      twin = copy->next(objective, twin).value();
      ASSERT_EQ(here.value, twin.value) << i;
      ASSERT_EQ(here.x.to_vector(), twin.x.to_vector()) << i;
    }
  }
}

TEST(QuasiNewton, MinimizesAParabolaInFewEvaluations) {
  const auto parabola = [](const Tensor& x) {
    return sum(tensor({1, 3, 20}) * square(x - tensor({1, -2, 0.5})));
  };
  for (const Method method : line_methods) {
    Objective objective(parabola);
    const auto descent = make_descent(by(method));
    Point here = objective.at(zeros({3}));
    while (here.value > 1e-20 && objective.evaluations().values < 100)
      here = descent->next(objective, here).value();
    EXPECT_LE(objective.evaluations().values, 40) << name_of(method);
  }
}

TEST(Bfgs, InverseHessianTakesEachChangeToItsStep) {
  Objective objective(rosenbrock);
  const auto descent = make_descent(by(Method::bfgs));
  EXPECT_FALSE(descent->inverse_hessian().defined());
  Point here = objective.at(tensor({-1.2, 1, -0.5}));
  for (int i = 0; i < 10; ++i) {
    const Point there = descent->next(objective, here).value();
    const Tensor step = there.x - here.x, change = there.gradient - here.gradient;
    const Tensor error = mv(descent->inverse_hessian(), change) - step;
    EXPECT_LE((norm(error) / norm(step)).item(), 1e-10) << i;
    here = there;
  }
}

TEST(Bfgs, ReachesAMinimumOfConditionTenToTheFourteenth) {
  const auto& watson = testing::test_problem("watson", 12, 31);
  const MinimizeResult found = minimize(watson, watson.start, by(Method::bfgs));
  EXPECT_TRUE(testing::is_minimum(watson, found.value, 30)) << found.value;
}

TEST(Lbfgs, HoldsSoManyPairs) {
  MinimizeOptions options = by(Method::lbfgs);
  options.memory = 3;
  Objective objective(rosenbrock);
  const auto descent = make_descent(options);
  Point here = objective.at(tensor({-1.2, 1}));
  for (int i = 0; i < 10; ++i) here = descent->next(objective, here).value();
  std::size_t steps = 0;
  for (const auto& [name, value] : descent->state()) steps += name.rfind("step_", 0) == 0;
  EXPECT_EQ(steps, 3u);
}

TEST(NelderMead, MinimizesWhereThereAreNoDerivatives) {
  Objective objective([](const Tensor& x) { return sum(abs(x.detach() - tensor({1, 2}))); });
  const auto descent = make_descent(by(Method::nelder_mead));
  Point here{tensor({3, -1}), objective.value(tensor({3, -1})), {}};
  while (const auto there = descent->next(objective, here)) {
    EXPECT_LT(there->value, here.value);
    EXPECT_FALSE(there->gradient.defined());
    here = *there;
  }
  EXPECT_LE(here.value, 1e-6);
  EXPECT_EQ(objective.evaluations().gradients, 0);
}

TEST(NelderMead, TurnsBackFromNaN) {
  Objective objective([](const Tensor& x) { return sum(x - log(x)); });
  const auto descent = make_descent(by(Method::nelder_mead));
  const Tensor start = tensor({0.01, 5});
  Point here{start, objective.value(start), {}};
  while (const auto there = descent->next(objective, here)) here = *there;
  EXPECT_NEAR(here.value, 2, 1e-9);
}

}  // namespace
}  // namespace wald::optim
