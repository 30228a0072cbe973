// Plots of fits and residuals: the files hold what was asked for, as SVG and PNG, and what cannot
// be drawn is refused with its reason.
#include <wald/engine/error.h>
#include <wald/models/plot_estimates.h>
#include <wald/models/plot_residuals.h>
#include <wald/models/random.h>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "../gnuplot.h"
#include "../temp_path.h"

namespace wald {
namespace {

using Values = std::vector<double>;

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void expect_parts(const std::string& path, const std::vector<std::string>& parts) {
  const std::string svg = contents(path);
  for (const std::string& part : parts) EXPECT_NE(svg.find(part), std::string::npos) << part;
}

CoefficientRow row(const std::string& name, double estimate, double half) {
  return {name, estimate, half / 2, 0, 0, estimate - half, estimate + half};
}

ProfileCurve parabola() {
  ProfileCurve profile;
  profile.name = "log(theta)";
  for (int i = 0; i <= 20; ++i) {
    const double z = (i - 10) * 0.3;
    profile.points.push_back({1 + z * 0.5, -80 - z * z / 2, z, {}});
  }
  return profile;
}
const ProfilePlotOptions with_limits = {.lower = 0.02, .upper = 1.98, .std_error = 0.5};

TEST(PlotFits, ForestOfCoefficients) {
  WALD_NEEDS_GNUPLOT();
  const std::vector<CoefficientRow> rows = {row("age", 0.5, 0.3), row("C(sex)male", -0.25, 0.4),
                                            row("nothing", NAN, 1)};
  const std::string path = testing::temp_path("forest.svg");
  plot_coefficients(path, rows, {.title = "A trial"});
  expect_parts(path, {"</svg>", ">age<", ">C(sex)male<", ">A trial<", ">Estimate<"});
  EXPECT_EQ(contents(path).find("nothing"), std::string::npos);
  plot_coefficients(path, rows, {.x_label = "Hazard ratio", .exponentiate = true});
  expect_parts(path, {">Hazard ratio<", ">0.5<", ">1<", ">2<"});
}

// An axis from 0.9 to 1.4 has neither 0.5 nor 2 on it.
TEST(PlotFits, NarrowRatiosHaveTicks) {
  WALD_NEEDS_GNUPLOT();
  const std::string path = testing::temp_path("ratios.svg");
  const std::vector<CoefficientRow> rows = {row("dose", 0.2, 0.05), row("beyond", 800, 1)};
  plot_coefficients(path, rows, {.exponentiate = true});
  expect_parts(path, {">1<", ">1.1<", ">1.2<"});
  EXPECT_EQ(contents(path).find("beyond"), std::string::npos);
}

TEST(PlotFits, ProfileWithItsLimits) {
  WALD_NEEDS_GNUPLOT();
  const std::string path = testing::temp_path("profile.svg");
  plot_profile(path, parabola(), with_limits);
  expect_parts(path, {">log(theta)<", ">Profile log-likelihood less its maximum<", ">profile<",
                      "quadratic (Wald)", ">95% limit<", "stroke-dasharray"});
}

TEST(PlotFits, ObjectiveByIteration) {
  WALD_NEEDS_GNUPLOT();
  const std::string path = testing::temp_path("objective.svg");
  plot_objective(path, Values{5, 3, 2.5, 2.25});
  expect_parts(path, {">Iteration<", ">Objective<"});
  plot_objective(path, Values{5, 3, 2.5, 2.25}, {.logarithmic = true});
  expect_parts(path, {">Objective above its lowest value<", ">1e+00<"});
}

TEST(PlotFits, Residuals) {
  WALD_NEEDS_GNUPLOT();
  RRandom random(5);
  const Values x = random.rnorm(60), r = random.rnorm(60);
  const std::string path = testing::temp_path("residuals.svg");
  plot_residuals(path, x, r, {.x_label = "age", .y_label = "Deviance residual"});
  expect_parts(path, {">age<", ">Deviance residual<", ">local mean<"});
  plot_residuals(path, Values{1, 1, 1}, Values{0.5, -1, 2});
  EXPECT_EQ(contents(path).find("local mean"), std::string::npos);
  plot_normal_qq(path, r, {.title = "Q & Q"});
  expect_parts(path,
               {">Residual, in order<", ">Quantile of the normal distribution<", "Q &amp; Q"});
}

TEST(PlotFits, CoxSnell) {
  WALD_NEEDS_GNUPLOT();
  RRandom random(6);
  Values r, event;
  for (int i = 0; i < 50; ++i) {
    r.push_back(-std::log(random.runif()));
    event.push_back(i % 4 == 0 ? 0 : 1);
  }
  const std::string path = testing::temp_path("cox_snell.svg");
  plot_cox_snell(path, r, event);
  expect_parts(path, {">Cox-Snell residual<", ">Nelson-Aalen<", ">unit exponential<"});
}

TEST(PlotFits, ManyPointsStaySmall) {
  WALD_NEEDS_GNUPLOT();
  RRandom random(8);
  const Values x = random.rnorm(100000), event(100000, 1.0);
  Values r;
  for (double z : x) r.push_back(std::exp(z));
  const std::string path = testing::temp_path("many.svg");
  for (int which : {0, 1, 2}) {
    if (which == 0) plot_residuals(path, x, r);
    if (which == 1) plot_normal_qq(path, x);
    if (which == 2) plot_cox_snell(path, r, event);
    EXPECT_LT(std::filesystem::file_size(path), 1000000U) << which;
  }
}

TEST(PlotFits, PngBySuffix) {
  WALD_NEEDS_GNUPLOT();
  const std::string path = testing::temp_path("profile.png");
  plot_profile(path, parabola(), with_limits);
  EXPECT_EQ(contents(path).substr(1, 3), "PNG");
}

TEST(PlotFits, RefusesWhatCannotBeDrawn) {
  const std::string path = testing::temp_path("refused.svg");
  EXPECT_THROW(plot_coefficients(path, std::vector{row("a", NAN, 1)}), InputError);
  ProfileCurve profile = parabola();
  profile.points.resize(1);
  EXPECT_THROW(plot_profile(path, profile), InputError);
  EXPECT_THROW(plot_objective(path, Values{1}), InputError);
  EXPECT_THROW(plot_residuals(path, Values{1, 2}, Values{1}), InputError);
  EXPECT_THROW(plot_residuals(path, Values{1, NAN}, Values{1, 2}), InputError);
  EXPECT_THROW(plot_normal_qq(path, Values{1}), InputError);
  EXPECT_THROW(plot_cox_snell(path, Values{1, -1}, Values{1, 1}), InputError);
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace wald
