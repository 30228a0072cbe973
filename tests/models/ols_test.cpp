// Linear regression against NIST's certified values, its refusals, and what follows from a fit.
#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/distributions.h>
#include <wald/models/ols.h>
#include <wald/models/random.h>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

#include "../nist.h"

namespace wald {
namespace {

using testing::log_relative_error;
using testing::nist_numbers;
using Values = std::vector<double>;

/// The design of a linear problem of NIST: powers of x where there is one predictor.
DoubledDesign nist_design(const nlohmann::json& entry, const std::vector<Values>& columns) {
  const auto k = static_cast<std::int64_t>(entry.at("terms").size());
  const Tensor x = from_vector(columns.at(1));
  if (entry.at("terms")[0] == "x") return {unsqueeze(x, 1), {}};
  if (columns.size() == 2) return polynomial_design(x, static_cast<int>(k) - 1);
  std::vector<Tensor> all = {ones(x.shape())};
  for (std::size_t j = 1; j < columns.size(); ++j) all.push_back(from_vector(columns[j]));
  return {stack(all, 1), {}};
}

class NistLinear : public ::testing::TestWithParam<const char*> {};

TEST_P(NistLinear, IsSolvedToNineDigits) {
  WALD_NEEDS_ORACLE("nist/index.json");
  const nlohmann::json& entry = testing::nist_entry(GetParam());
  const auto columns = testing::nist_columns(GetParam());
  const DoubledDesign design = nist_design(entry, columns);
  const auto names = entry.at("param_names").get<std::vector<std::string>>();
  const OlsFit fit = ols(design, from_vector(columns[0]), names);
  const nlohmann::json &hp = entry.at("hp"), &certified = entry.at("certified");
  Values sd;
  for (std::size_t i = 0; i < names.size(); ++i) sd.push_back(fit.std_error(i));
  const auto number = [](const nlohmann::json& text) { return std::stod(text.get<std::string>()); };
  const double digits = log_relative_error(fit.estimate, nist_numbers(hp.at("params"))),
               sd_digits = log_relative_error(sd, nist_numbers(hp.at("sd"))),
               s_digits = log_relative_error(fit.residual_std_dev, number(hp.at("residual_sd"))),
               r_digits = log_relative_error(fit.r_squared, number(certified.at("r_squared")));
  std::printf("%-9s LRE of parameters %4.1f, standard deviations %4.1f, s %4.1f, R^2 %4.1f\n",
              GetParam(), digits, sd_digits, s_digits, r_digits);
  EXPECT_EQ(fit.status, FitStatus::converged);
  EXPECT_GE(digits, 9);
  EXPECT_GE(r_digits, 9);
  if (number(hp.at("rss")) == 0) return;
  EXPECT_GE(sd_digits, 9);
  EXPECT_GE(s_digits, 9);
}

INSTANTIATE_TEST_SUITE_P(All, NistLinear,
                         ::testing::Values("Norris", "NoInt1", "Filip", "Longley", "Wampler1",
                                           "Wampler2", "Wampler3", "Wampler5"),
                         [](const auto& problem) { return std::string(problem.param); });

constexpr int rows = 40;
const std::vector<std::string> three_names = {"(Intercept)", "a", "b"};

/// An intercept and two independent covariates, and y = 1 + 2 a - 3 b + e.
struct Sample {
  Tensor x, y;
};

Sample sample() {
  RRandom random(5);
  const Tensor a = from_vector(random.rnorm(rows)), b = from_vector(random.rnorm(rows));
  const Tensor e = from_vector(random.rnorm(rows));
  return {stack({ones({rows}), a, b}, 1), 1 + 2 * a - 3 * b + e};
}

template <class Failure>
std::string refusal(const Tensor& x, const Tensor& y, std::vector<std::string> names) {
  try {
    ols(x, y, std::move(names));
  } catch (const Failure& error) {
    return error.what();
  }
  return "";
}

TEST(Ols, ResidualsAreOrthogonalToTheColumns) {
  const Sample s = sample();
  const OlsFit fit = ols(s.x, s.y, three_names);
  for (double v : mv(t(s.x), from_vector(fit.residuals)).to_vector()) EXPECT_NEAR(v, 0, 1e-13);
  EXPECT_NEAR(fit.rss + sum(square(mv(s.x, from_vector(fit.estimate)) - mean(s.y))).item(),
              fit.total_squares, 1e-12 * fit.total_squares);
}

TEST(Ols, IsTheMaximumLikelihoodFit) {
  const Sample s = sample();
  const OlsFit fit = ols(s.x, s.y, three_names);
  const auto terms = [&](const Tensor& p) {
    const Tensor log_sigma = select(p, 0, 3);
    return -0.9189385332046727418 - log_sigma -
           square((s.y - mv(s.x, slice(p, 0, 0, 3))) * exp(-log_sigma)) / 2;
  };
  const Fit ml = maximize(terms, {0, 0, 0, 0}, {"(Intercept)", "a", "b", "log(sigma)"}, rows);
  EXPECT_NEAR(fit.loglik, ml.loglik, 1e-11);
  EXPECT_NEAR(fit.aic(), ml.aic(), 1e-11);
  EXPECT_NEAR(fit.bic(), ml.bic(), 1e-11);
  const double by_n = std::sqrt((rows - 3.0) / rows);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(fit.estimate[i], ml.estimate[i], 1e-11);
    EXPECT_NEAR(fit.std_error(i) * by_n, ml.std_error(i), 1e-11);
    for (std::size_t j = 0; j < 3; ++j)
      EXPECT_NEAR(fit.information[i * 3 + j], ml.information[i * 4 + j], 1e-9);
  }
}

TEST(Ols, TableTakesTheTDistribution) {
  const Tensor x = stack({ones({5}), tensor({1, 2, 3, 4, 5})}, 1), y = tensor({1, 3, 2, 5, 4});
  const OlsFit fit = ols(x, y, {"(Intercept)", "x"});
  // By hand: slope 0.8, rss 3.6, s^2 1.2, so the slope's standard error is sqrt(0.12).
  const CoefficientRow slope = coefficient_table(fit)[1];
  EXPECT_NEAR(slope.estimate, 0.8, 1e-15);
  EXPECT_NEAR(slope.std_error, std::sqrt(0.12), 1e-15);
  EXPECT_NEAR(slope.p, two_sided_p_value(0.8 / std::sqrt(0.12), 3), 1e-15);
  EXPECT_NEAR(slope.upper - 0.8, 3.182446305283708 * std::sqrt(0.12), 1e-13);
  EXPECT_NEAR(fit.r_squared, 0.64, 1e-15);
  EXPECT_NEAR(fit.adjusted_r_squared(), 0.52, 1e-15);
  EXPECT_NEAR(fit.f_statistic, slope.z * slope.z, 1e-13);
  EXPECT_NEAR(fit.f_p_value(), slope.p, 1e-14);
}

TEST(Ols, UnitsOfColumnsAndResponseDoNotMatter) {
  const Sample s = sample();
  const OlsFit fit = ols(s.x, s.y, three_names);
  const double a = 0x1p300, b = 0x1p-280, of_y = 0x1p40;
  const OlsFit scaled = ols(s.x * tensor({1, a, b}), s.y * of_y, three_names);
  EXPECT_EQ(scaled.estimate[1], fit.estimate[1] / a * of_y);
  EXPECT_EQ(scaled.estimate[2], fit.estimate[2] / b * of_y);
  EXPECT_EQ(coefficient_table(scaled)[1].z, coefficient_table(fit)[1].z);
}

TEST(Ols, ExactDataGiveExactCoefficients) {
  const OlsFit line = ols(stack({ones({3}), tensor({1, 2, 4})}, 1), tensor({5, 7, 11}), {"a", "b"});
  EXPECT_EQ(line.estimate, (Values{3, 2}));
  EXPECT_EQ(line.rss, 0);
  EXPECT_EQ(line.r_squared, 1);
  const Sample s = sample();
  const OlsFit itself = ols(s.x, select(s.x, 1, 1), three_names);
  EXPECT_EQ(itself.estimate[1], 1);
  EXPECT_NEAR(itself.estimate[0], 0, 1e-30);
  EXPECT_EQ(itself.rss, 0) << "what is left is rounding";
  const OlsFit square_system = ols(tensor({{2, 1}, {1, 3}}), tensor({3, 4}), {"a", "b"});
  EXPECT_EQ(square_system.estimate, (Values{1, 1}));
  EXPECT_TRUE(std::isnan(square_system.std_error(0))) << "no degrees of freedom";
}

// At a distance of 1e-11 two columns still determine coefficients, to which refinement gives all
// digits of the numbers that are there.
TEST(Ols, NearlyCollinearColumns) {
  const double d = 0x1p-36;
  const Tensor a = tensor({1, 2, 3, 4, 5, 6}), b = a + d * tensor({1, -1, 1, 1, -1, 1});
  const OlsFit fit = ols(stack({a, b}, 1), a + b, {"a", "b"});
  EXPECT_EQ(fit.estimate, (Values{1, 1}));
}

TEST(Ols, CollinearColumnsAreNamed) {
  const Sample s = sample();
  const Tensor a = select(s.x, 1, 1), b = select(s.x, 1, 2);
  const Tensor x = cat({s.x, unsqueeze(a - 2 * b, 1)}, 1);
  EXPECT_NE(refusal<NotIdentifiedError>(x, s.y, {"(Intercept)", "a", "b", "c"}).find("c = a - 2 b"),
            std::string::npos);
  EXPECT_NE(
      refusal<NotIdentifiedError>(stack({a, zeros({rows})}, 1), s.y, {"a", "z"}).find("z = 0"),
      std::string::npos);
  EXPECT_NE(
      refusal<NotIdentifiedError>(tensor({{1, 2, 4}, {2, 1, 9}}), tensor({1, 2}), {"a", "b", "c"})
          .find("c ="),
      std::string::npos)
      << "more columns than rows";
}

TEST(Ols, WhatCannotBeFittedIsRefused) {
  const Sample s = sample();
  EXPECT_NE(refusal<ShapeError>(s.x, s.y, {"a"}), "");
  EXPECT_NE(refusal<ShapeError>(s.x, slice(s.y, 0, 1, rows), three_names), "");
  EXPECT_NE(refusal<ShapeError>(select(s.x, 1, 1), s.y, {"a"}), "");
  EXPECT_NE(refusal<ShapeError>(zeros({rows, 0}), s.y, {}), "");
  EXPECT_NE(refusal<DTypeError>(to(s.x, DType::float32), s.y, three_names), "");
  EXPECT_NE(refusal<InputError>(s.x, s.y / 0.0, three_names), "");
  EXPECT_NE(refusal<InputError>(s.x * NAN, s.y, three_names), "");
  EXPECT_THROW(polynomial_design(s.x, 2), InputError);
  EXPECT_THROW(polynomial_design(s.y, -1), InputError);
}

TEST(PolynomialDesign, HoldsWhatRoundingTook) {
  const double x = 1 + 0x1p-52;
  const DoubledDesign design = polynomial_design(tensor({x}), 2);
  EXPECT_EQ(design.x.to_vector(), (Values{1, x, 1 + 0x1p-51}));
  EXPECT_EQ(design.rest.to_vector(), (Values{0, 0, 0x1p-104}));
}

}  // namespace
}  // namespace wald
