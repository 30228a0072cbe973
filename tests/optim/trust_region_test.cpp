// The parts of the trust-region methods and of Newton-CG: subproblems against their optimality
// conditions, steps that rounding hides, saddles, state.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>
#include <wald/optim/methods/conjugate_gradients.h>
#include <wald/optim/methods/decrease.h>
#include <wald/optim/methods/descent.h>
#include <wald/optim/methods/quadratic_model.h>
#include <wald/optim/methods/secular.h>

#include "test_problems.h"

namespace wald::optim {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double length_of(const std::vector<double>& v) { return norm(from_vector(v)).item<double>(); }

/// (H + mu) s = -g with H + mu positive semidefinite, mu >= 0, and mu = 0 or |s| = radius.
void expect_optimal(const EigenModel& model, double radius) {
  const EigenStep found = minimize_within(model, radius, 0);
  const double length = length_of(found.steps);
  EXPECT_LE(length, radius * (1 + 1e-12));
  const double mu = -model.slopes[0] / found.steps[0] - model.values[0];
  EXPECT_GE(mu, -1e-10);
  EXPECT_GE(model.values[0] + mu, -1e-10);
  for (std::size_t i = 0; i < found.steps.size(); ++i)
    EXPECT_NEAR((model.values[i] + mu) * found.steps[i], -model.slopes[i],
                1e-9 * length_of(model.slopes));
  if (mu > 1e-8) {
    EXPECT_NEAR(length, radius, 1e-10 * radius);
  }
  EXPECT_EQ(found.is_model_minimum, model.values[0] > 0 && length < radius * (1 - 1e-9));
  EXPECT_NEAR(found.decrease, model.decrease(found.steps), 1e-12 * found.decrease);
}

TEST(MinimizeWithin, IsOptimal) {
  for (const double radius : {1e-3, 0.4, 2., 1e6}) {
    SCOPED_TRACE(radius);
    expect_optimal({{1, 2, 5}, {1, -3, 2}}, radius);
    expect_optimal({{-4, 0.5, 2}, {0.1, 3, -1}}, radius);
    expect_optimal({{-4, -4, 2}, {1e-3, 3, -1}}, radius);
    expect_optimal({{0, 1, 1e9}, {1e-3, 3, -1}}, radius);
    expect_optimal({{-1e-6, 1, 1e9}, {1e-6, 3, -1e3}}, radius);
  }
}

TEST(MinimizeWithin, TakesTheEigenvectorInTheHardCase) {
  const EigenStep found = minimize_within({{-2, 1}, {0, 3}}, 5, 0);
  EXPECT_DOUBLE_EQ(found.steps[1], -1);  // -3 / (1 + 2)
  EXPECT_DOUBLE_EQ(found.steps[0], std::sqrt(24));
  EXPECT_DOUBLE_EQ(found.decrease, 3 - 0.5 + 24);
  EXPECT_FALSE(found.is_model_minimum);
  // Without a gradient too.
  EXPECT_DOUBLE_EQ(minimize_within({{-2, 1}, {0, 0}}, 5, 0).steps[0], 5);
}

TEST(MinimizeWithin, LeavesFlatDirectionsThatGainNothing) {
  const EigenStep found = minimize_within({{1e-17, 1}, {1e-20, 2}}, 10, 1e-15);
  EXPECT_EQ(found.steps[0], 0);
  EXPECT_DOUBLE_EQ(found.steps[1], -2);
  EXPECT_TRUE(found.is_model_minimum);
}

TEST(ConjugateGradients, SolveWhatIsConvex) {
  const Tensor h = tensor({{4, 1, 0}, {1, 3, 0.5}, {0, 0.5, 2}}), g = tensor({1, -2, 3});
  const auto product = [&](const Tensor& v) { return matmul(h, v); };
  const CgStep found = conjugate_gradients(product, g, infinity, infinity);
  EXPECT_EQ(found.end, CgEnd::converged);
  const Tensor newton = -solve(h, g);
  for (int i = 0; i < 3; ++i)
    EXPECT_NEAR(select(found.step, 0, i).item<double>(), select(newton, 0, i).item<double>(),
                1e-13);
  EXPECT_NEAR(found.decrease, -dot(g, newton).item<double>() / 2, 1e-13);

  const CgStep cut = conjugate_gradients(product, g, 0.2, 0.2);
  EXPECT_EQ(cut.end, CgEnd::border);
  EXPECT_NEAR(norm(cut.step).item<double>(), 0.2, 1e-15);
}

TEST(ConjugateGradients, MeetNegativeCurvature) {
  const auto product = [](const Tensor& v) { return v * tensor({1, -1}); };
  const CgStep found = conjugate_gradients(product, tensor({1, 3}), infinity, 2);
  EXPECT_EQ(found.end, CgEnd::negative_curvature);
  EXPECT_NEAR(norm(found.step).item<double>(), 2, 1e-15);
  EXPECT_LT(found.curvature, 0);
}

TEST(Decrease, IsJudgedByGradientsWithinRounding) {
  const auto point = [](double x, double value) {
    return Point{tensor({x}), value, tensor({x})};  // x^2 / 2 + 1
  };
  const double eps = std::numeric_limits<double>::epsilon();
  EXPECT_EQ(decrease(point(2, 3), point(1, 1.5), 1), 1.5);
  // The value is an ulp higher, though the gradient vanishes.
  EXPECT_DOUBLE_EQ(decrease(point(1e-9, 1), point(0, 1 + eps), 5e-19), 5e-19);
  EXPECT_EQ(decrease(point(1e-9, 1), point(0.95e-9, 1), 5e-19), -infinity);
  EXPECT_EQ(decrease(point(1, 1.5), point(0, NAN), 0.5), -infinity);
  EXPECT_EQ(decrease(point(1, 1.5), Point{tensor({0}), 1, tensor({NAN})}, 0.5), -infinity);
}

const Method methods[] = {Method::newton_cg, Method::dogleg, Method::trust_ncg,
                          Method::trust_krylov, Method::trust_exact};

TEST(Descents, GoOnIdenticallyFromTheirState) {
  const auto& problem = testing::test_problem("wood", 4, 6);
  for (const Method method : methods) {
    SCOPED_TRACE(name_of(method));
    MinimizeOptions options;
    options.method = method;
    Objective objective(problem);
    const auto whole = make_descent(options), second = make_descent(options);
    Point here = objective.at(problem.start);
    for (int i = 0; i < 5; ++i) here = *whole->next(objective, here);
    second->load(whole->state());
    // Not the same tensor, as after reading a file.
    Point there{clone(here.x), here.value, here.gradient};
    for (int i = 0; i < 5; ++i) {
      here = *whole->next(objective, here);
      there = *second->next(objective, there);
      EXPECT_EQ(here.x.to_vector(), there.x.to_vector());
    }
  }
}

/// Stationary at the origin, where the curvature along the second coordinate is negative and none
/// of the gradient shows it.
Tensor saddle(const Tensor& x) {
  const Tensor a = select(x, 0, 0), b = select(x, 0, 1);
  return square(a) + pow(b, 4) / 4 - square(b) / 2;
}

TEST(Descents, FindNegativeCurvatureWithoutAGradient) {
  for (const Method method : {Method::trust_krylov, Method::trust_exact}) {
    MinimizeOptions options;
    options.method = method;
    Objective objective(saddle);
    const auto descent = make_descent(options);
    const Point start = objective.at(zeros({2}));
    const std::optional<Point> next = descent->next(objective, start);
    ASSERT_TRUE(next.has_value()) << name_of(method);
    EXPECT_LT(next->value, start.value);
  }
}

TEST(Descents, ExpectTheNewtonDecrementNearAMinimum) {
  const auto& problem = testing::test_problem("wood", 4, 6);
  for (const Method method : methods) {
    SCOPED_TRACE(name_of(method));
    MinimizeOptions options;
    options.method = method;
    Objective objective(problem);
    const Point here = objective.at(tensor({1.0001, 1, 0.9998, 1.0003}));
    const double decrement =
        dot(here.gradient, solve(objective.hessian(here.x), here.gradient)).item<double>() / 2;
    const double expected = make_descent(options)->expected_decrease(objective, here);
    EXPECT_LE(expected, decrement * (1 + 1e-10));
    // Conjugate gradients leave a tenth of the gradient.
    EXPECT_GE(expected, 0.5 * decrement);
  }
}

}  // namespace
}  // namespace wald::optim
