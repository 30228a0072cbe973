// Conditional logistic regression against an exact solution, against enumeration of all choices,
// with many cases in a stratum, and its refusals.
#include <wald/engine/error.h>
#include <wald/engine/gradcheck.h>
#include <wald/engine/io/csv.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/models/column_values.h>
#include <wald/models/conditional_logit.h>
#include <wald/models/cox.h>
#include <wald/models/random.h>

#include <gtest/gtest.h>

#include <cmath>

#include "../oracles.h"

namespace wald {
namespace {

using Values = std::vector<double>;

double number(const nlohmann::json& text) { return std::stod(text.get<std::string>()); }

TEST(ConditionalLogit, IsTheExactSolutionOfInfert) {
  WALD_NEEDS_ORACLE("glm/infert.json");
  const Table table = read_csv(testing::oracle_path("glm/infert.clogit.design.csv"));
  std::vector<std::size_t> rows(table.rows());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i;
  const auto column = [&](const char* name) {
    return from_vector(number_column(table, name, rows));
  };
  const ConditionalLogitData data{.x = stack({column("spontaneous"), column("induced")}, 1),
                                  .names = {"spontaneous", "induced"},
                                  .y = column("y"),
                                  .strata = to(column("stratum"), DType::int64),
                                  .offset = {}};
  const ConditionalLogitFit fit = fit_conditional_logit(data);
  const nlohmann::json item = testing::read_oracle("glm/infert.json");
  const nlohmann::json &reference = item.at("fits").at("clogit"), &hp = reference.at("hp");
  EXPECT_EQ(fit.status, FitStatus::converged);
  for (std::size_t i = 0; i < 2; ++i) {
    const double se = number(hp.at("se")[i]);
    EXPECT_NEAR(fit.estimate[i], number(hp.at("coef")[i]), 1e-8 * se);
    EXPECT_NEAR(fit.std_error(i), se, 1e-7 * se);
    for (std::size_t j = 0; j < 2; ++j)
      EXPECT_NEAR(fit.vcov[i * 2 + j], number(hp.at("vcov")[i][j]),
                  1e-7 * se * number(hp.at("se")[j]));
  }
  EXPECT_NEAR(fit.loglik / number(hp.at("loglik")), 1, 1e-10);
  EXPECT_NEAR(fit.loglik_null / reference.at("r").at("loglik_null").get<double>(), 1, 1e-10);
  EXPECT_EQ(fit.n, 248);
  EXPECT_EQ(fit.strata, 83);
  EXPECT_EQ(fit.dropped_strata, 0);
}

/// log sum over the sets of `chosen` elements of exp of their sum, one set after the other.
double by_enumeration(const Values& eta, std::int64_t chosen) {
  long double total = 0;
  for (unsigned set = 0; set < 1u << eta.size(); ++set) {
    if (__builtin_popcount(set) != chosen) continue;
    long double of_set = 0;
    for (std::size_t i = 0; i < eta.size(); ++i)
      if (set >> i & 1) of_set += eta[i];
    total += std::exp(of_set);
  }
  return static_cast<double>(std::log(total));
}

TEST(ConditionalLogit, ElementarySymmetricFunctionsAreSumsOverChoices) {
  RRandom random(3);
  for (std::int64_t m = 1; m <= 9; ++m) {
    const Values eta = random.rnorm(static_cast<std::size_t>(m));
    for (std::int64_t chosen = 1; chosen <= m; ++chosen)
      EXPECT_NEAR(log_elementary_symmetric(from_vector(eta), chosen).item(),
                  by_enumeration(eta, chosen), 1e-13)
          << chosen << " of " << m;
  }
  EXPECT_THROW(log_elementary_symmetric(zeros({3}), 4), ShapeError);
  EXPECT_THROW(log_elementary_symmetric(zeros({3}), 0), ShapeError);
}

TEST(ConditionalLogit, ElementarySymmetricFunctionsHaveTwoDerivatives) {
  RRandom random(4);
  const Tensor eta = from_vector(random.rnorm(12), {2, 6});
  for (std::int64_t chosen : {1, 3, 6}) {
    const TensorFunction f = [chosen](const Tensor& x) {
      return log_elementary_symmetric(x, chosen);
    };
    EXPECT_TRUE(gradcheck(f, {eta}));
    EXPECT_TRUE(gradgradcheck(f, {eta}));
  }
}

/// Strata of the sizes given with so many cases each; a covariate, one of another unit, and cases
/// at random.
ConditionalLogitData sample(const std::vector<std::pair<int, int>>& strata, std::uint32_t seed) {
  RRandom random(seed);
  Values a, b, y;
  std::vector<std::int64_t> stratum;
  for (std::size_t s = 0; s < strata.size(); ++s)
    for (int i = 0; i < strata[s].first; ++i) {
      a.push_back(random.rnorm());
      b.push_back(1000 * random.rnorm());
      y.push_back(i < strata[s].second);
      stratum.push_back(static_cast<std::int64_t>(7 * s) - 3);
    }
  return {.x = stack({from_vector(a), from_vector(b)}, 1),
          .names = {"a", "b"},
          .y = from_vector(y),
          .strata = from_vector(stratum),
          .offset = {}};
}

TEST(ConditionalLogit, TermsAreThoseOfEnumeration) {
  const ConditionalLogitData data =
      sample({{5, 1}, {6, 2}, {4, 3}, {3, 3}, {7, 4}, {1, 1}, {2, 0}, {9, 3}, {6, 2}}, 9);
  const Tensor b = tensor({0.7, -0.0004});
  const Values eta = mv(data.x, b).to_vector(), y = data.y.to_vector();
  const auto stratum = data.strata.to_vector<std::int64_t>();
  const Values terms = conditional_log_likelihood(data)(b).to_vector();
  for (std::size_t first = 0; first < eta.size();) {
    Values own;
    double of_cases = 0;
    std::int64_t cases = 0;
    std::size_t i = first;
    for (; i < eta.size() && stratum[i] == stratum[first]; ++i) {
      own.push_back(eta[i]);
      cases += y[i] == 1;
      if (y[i] == 1) of_cases += eta[i];
      EXPECT_TRUE(i == first || terms[i] == 0);
    }
    EXPECT_NEAR(terms[first], of_cases - by_enumeration(own, cases), 1e-12);
    first = i;
  }
}

TEST(ConditionalLogit, OneCaseInEachStratumIsCoxWithOneTime) {
  ConditionalLogitData data = sample({{5, 1}, {6, 1}, {4, 1}, {3, 1}, {7, 1}, {4, 1}}, 10);
  data.offset = 0.1 * select(data.x, 1, 0);
  const ConditionalLogitFit fit = fit_conditional_logit(data);
  const CoxFit cox = fit_cox({.x = data.x,
                              .names = data.names,
                              .time = ones({data.n()}),
                              .event = data.y,
                              .entry = {},
                              .weights = {},
                              .offset = data.offset,
                              .strata = data.strata});
  EXPECT_NEAR(fit.loglik, cox.loglik, 1e-12);
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_NEAR(fit.estimate[i], cox.estimate[i], 1e-10 * cox.std_error(i));
  data.offset = {};
  EXPECT_NEAR(fit_conditional_logit(data).estimate[0], fit.estimate[0] + 0.1, 1e-10);
}

TEST(ConditionalLogit, ManyCasesInAStratumDoNotOverflow) {
  const ConditionalLogitData data = sample({{200, 100}, {150, 90}}, 11);
  const ConditionalLogitFit fit = fit_conditional_logit(data);
  EXPECT_EQ(fit.status, FitStatus::converged);
  EXPECT_NEAR(fit.loglik_null,
              2 * std::lgamma(101) - std::lgamma(201) + std::lgamma(91) + std::lgamma(61) -
                  std::lgamma(151),
              1e-11 * 150);
  // Cases and others change places with the sign.
  ConditionalLogitData turned = data;
  turned.y = 1 - data.y;
  const ConditionalLogitFit other = fit_conditional_logit(turned);
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_NEAR(other.estimate[i], -fit.estimate[i], 1e-10 * fit.std_error(i));
  // Predictors of hundreds.
  const Tensor far = tensor({300.0, 0.1});
  EXPECT_TRUE(std::isfinite(sum(conditional_log_likelihood(data)(far)).item()));
}

TEST(ConditionalLogit, StrataWithoutVariationAreLeftOutAndCounted) {
  const ConditionalLogitFit with = fit_conditional_logit(
      sample({{5, 1}, {6, 2}, {5, 2}, {4, 2}, {8, 3}, {3, 3}, {2, 0}, {1, 1}}, 12));
  const ConditionalLogitFit without =
      fit_conditional_logit(sample({{5, 1}, {6, 2}, {5, 2}, {4, 2}, {8, 3}}, 12));
  EXPECT_EQ(with.dropped_strata, 3);
  EXPECT_EQ(with.strata, 5);
  EXPECT_EQ(with.cases, 10);
  EXPECT_EQ(with.n, 34);
  EXPECT_EQ(with.estimate, without.estimate);
  EXPECT_EQ(with.loglik, without.loglik);
}

TEST(ConditionalLogit, OriginsAndUnitsDoNotMatter) {
  ConditionalLogitData data = sample({{5, 1}, {6, 2}, {5, 2}, {4, 2}, {8, 3}}, 13);
  const ConditionalLogitFit fit = fit_conditional_logit(data);
  data.x = data.x * tensor({0x1p60, 0x1p-70});
  const ConditionalLogitFit scaled = fit_conditional_logit(data);
  EXPECT_EQ(scaled.estimate[0], fit.estimate[0] * 0x1p-60);
  EXPECT_EQ(scaled.estimate[1], fit.estimate[1] * 0x1p70);
}

template <class Failure>
std::string refusal(const ConditionalLogitData& data) {
  try {
    fit_conditional_logit(data);
  } catch (const Failure& error) {
    return error.what();
  }
  return "";
}

TEST(ConditionalLogit, WhatHasNoEstimateIsNamed) {
  ConditionalLogitData data = sample({{5, 1}, {6, 2}, {5, 2}, {4, 2}, {8, 3}}, 14);
  const auto has = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  const Tensor a = select(data.x, 1, 0), b = select(data.x, 1, 1);
  const auto with = [&](const Tensor& column) {
    ConditionalLogitData more = data;
    more.x = stack({a, b, column}, 1);
    more.names = {"a", "b", "c"};
    return more;
  };
  EXPECT_TRUE(has(refusal<NotIdentifiedError>(with(to(data.strata, DType::float64))),
                  "of c: it does not vary within any stratum"));
  EXPECT_TRUE(
      has(refusal<NotIdentifiedError>(with(a - 0.001 * b + to(data.strata, DType::float64))),
          "c = a - 0.001 b"));
  const std::string separated = refusal<NotIdentifiedError>(with(5 * data.y + 0.1 * a));
  EXPECT_TRUE(has(separated, "no finite estimate of the coefficients of a, c")) << separated;
  EXPECT_TRUE(has(separated, "along -0.1 a + c")) << separated;
  data.y = zeros({data.n()});
  EXPECT_TRUE(has(refusal<NotIdentifiedError>(data), "no stratum has both"));
}

TEST(ConditionalLogit, BadInputIsRefused) {
  const ConditionalLogitData good = sample({{5, 1}, {6, 2}}, 15);
  ConditionalLogitData data = good;
  data.y = good.y * 2;
  EXPECT_NE(refusal<InputError>(data).find("row 1: the outcome must be 0 or 1"), std::string::npos);
  data = good;
  data.x = good.x / 0.0;
  EXPECT_NE(refusal<InputError>(data), "");
  data = good;
  data.strata = to(good.strata, DType::float64);
  EXPECT_NE(refusal<DTypeError>(data), "");
  data = good;
  data.offset = ones({3});
  EXPECT_NE(refusal<ShapeError>(data), "");
  data = good;
  data.names = {"a"};
  EXPECT_NE(refusal<ShapeError>(data), "");
}

}  // namespace
}  // namespace wald
