// The line search on the six functions of More and Thuente (1994), section 5, and where numbers
// end.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include <wald/engine/ops/ops.h>
#include <wald/optim/methods/wolfe.h>

namespace wald::optim {
namespace {

/// What was found on a function of one variable from 0.
struct Found {
  std::optional<Point> point;
  Point start;
  std::int64_t evaluations;

  double length() const { return point->x.item<double>(); }
  double slope() const { return point->gradient.item<double>(); }
};

Found search(const std::function<Tensor(const Tensor&)>& phi, double first,
             const WolfeOptions& options = {}) {
  Objective objective([&](const Tensor& x) { return sum(phi(x)); });
  const Point start = objective.at(zeros({1}));
  const double slope = start.gradient.item<double>();
  const auto there = wolfe_search(objective, start, ones({1}), slope, first, options);
  return {there, start, objective.evaluations().values - 1};
}

Tensor first(const Tensor& a) { return -a / (square(a) + 2); }
Tensor second(const Tensor& a) { return pow(a + 0.004, 5) - 2 * pow(a + 0.004, 4); }
Tensor third(const Tensor& a) {
  const double beta = 0.01, l = 39;
  const Tensor middle = square(a - 1) / (2 * beta) + beta / 2;
  const Tensor kink = where(a <= 1 - beta, 1 - a, where(a >= 1 + beta, a - 1, middle));
  return kink + 2 * (1 - beta) / (l * M_PI) * sin(l * M_PI / 2 * a);
}
/// The functions 4 to 6, by Yanai, Ozawa and Kaneko.
std::function<Tensor(const Tensor&)> yanai(double b1, double b2) {
  const auto gamma = [](double b) { return std::sqrt(1 + b * b) - b; };
  return [=](const Tensor& a) {
    return gamma(b1) * sqrt(square(1 - a) + b2 * b2) + gamma(b2) * sqrt(square(a) + b1 * b1);
  };
}

struct Case {
  const char* name;
  std::function<Tensor(const Tensor&)> phi;
  double decrease, curvature;
};

// The tolerances of the paper's tables 1 to 6.
const Case cases[] = {{"first", first, 1e-3, 0.1},
                      {"second", second, 0.1, 0.1},
                      {"third", third, 0.1, 0.1},
                      {"fourth", yanai(0.001, 0.001), 1e-3, 1e-3},
                      {"fifth", yanai(0.01, 0.001), 1e-3, 1e-3},
                      {"sixth", yanai(0.001, 0.01), 1e-3, 1e-3}};

TEST(Wolfe, HoldsFromFirstLengthsOfSixOrders) {
  for (const Case& c : cases)
    for (const double length : {1e-3, 1e-1, 1e1, 1e3}) {
      SCOPED_TRACE(std::string(c.name) + " from " + std::to_string(length));
      WolfeOptions options;
      options.decrease = c.decrease;
      options.curvature = c.curvature;
      const Found found = search(c.phi, length, options);
      ASSERT_TRUE(found.point);
      const double slope = found.start.gradient.item<double>();
      EXPECT_LE(found.point->value, found.start.value + c.decrease * found.length() * slope);
      EXPECT_LE(std::abs(found.slope()), c.curvature * std::abs(slope));
      EXPECT_LE(found.evaluations, 15);
    }
}

TEST(Wolfe, PointValueAndGradientBelongTogether) {
  for (const Case& c : cases) {
    const Found found = search(c.phi, 10);
    ASSERT_TRUE(found.point) << c.name;
    const ValueAndGradient there =
        value_and_gradient([&](const Tensor& x) { return sum(c.phi(x)); }, found.point->x);
    EXPECT_EQ(found.point->value, there.value.item<double>()) << c.name;
    EXPECT_EQ(found.slope(), there.gradient.item<double>()) << c.name;
  }
}

TEST(Wolfe, TurnsBackFromAWall) {
  const auto barrier = [](const Tensor& a) { return -a - 1e-3 * log(1 - a); };
  for (const double length : {0.5, 2., 1e6}) {
    const Found found = search(barrier, length);
    ASSERT_TRUE(found.point) << length;
    EXPECT_LT(found.length(), 1) << length;
    EXPECT_LE(std::abs(found.slope()), 0.9 * 0.999) << length;
  }
}

TEST(Wolfe, GoesNoFurtherThanItMay) {
  WolfeOptions options;
  options.longest = 3;
  const Found found = search([](const Tensor& a) { return -a; }, 1, options);
  ASSERT_TRUE(found.point);
  EXPECT_EQ(found.length(), 3);
}

TEST(Wolfe, FindsNothingUphill) {
  EXPECT_FALSE(search([](const Tensor& a) { return a; }, 1).point);
}

TEST(Wolfe, GoesByTheSlopesWhereTheValuesAreRounding) {
  // The minimum lies 1e-22 below 1: no value shows it.
  const Found found = search([](const Tensor& a) { return 1 + square(a - 1e-11); }, 1e-11);
  ASSERT_TRUE(found.point);
  EXPECT_NEAR(found.length(), 1e-11, 1e-12);
  EXPECT_EQ(found.evaluations, 1);
}

TEST(ParabolaLength, IsThatOfNewton) {
  Objective objective([](const Tensor& x) { return sum(3 * square(x) - 12 * x); });
  const Point here = objective.at(zeros({2}));
  EXPECT_DOUBLE_EQ(parabola_length(objective, here, -here.gradient), 1.0 / 6);
  EXPECT_EQ(objective.evaluations().products, 1);
}

}  // namespace
}  // namespace wald::optim
