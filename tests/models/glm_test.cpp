// Generalized linear models: identities of weights, offsets, groups and units; the tails of the
// likelihoods; residuals; what has no finite estimate and what is no response, each told in one
// sentence.
#include <wald/engine/creation.h>
#include <wald/engine/io/csv.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/models/design.h>
#include <wald/models/glm_summary.h>
#include <wald/models/random.h>
#include <wald/models/response.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "../oracles.h"

namespace wald {
namespace {

using Values = std::vector<double>;

constexpr GlmLink binomial_links[] = {GlmLink::logit, GlmLink::probit, GlmLink::cloglog,
                                      GlmLink::cauchit};

GlmData data_of(const Values& y, const std::vector<Values>& columns) {
  GlmData data;
  std::vector<Tensor> x = {ones({static_cast<std::int64_t>(y.size())})};
  data.names = {"(Intercept)"};
  for (const Values& column : columns) {
    x.push_back(from_vector(column));
    data.names.push_back(std::string(1, static_cast<char>('a' + data.names.size() - 1)));
  }
  data.x = stack(x, 1);
  data.y = from_vector(y);
  return data;
}

/// 60 rows with two covariates, and counts, or 0 and 1 where they are above `cut`.
GlmData sample(bool is_binary) {
  RRandom random(11);
  const Values a = random.rnorm(60), b = random.runif(60), u = random.runif(60);
  Values y(60);
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double count = std::floor(-std::exp(0.8 + 0.6 * a[i] - b[i]) * std::log(u[i]) * 1.7);
    y[i] = is_binary ? count >= 2 : count;
  }
  return data_of(y, {a, b});
}

GlmFit fit_counts(const GlmData& data) { return fit_glm(data, GlmFamily::poisson, GlmLink::log); }

std::string refusal(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

void expect_says(const std::string& message, const std::vector<const char*>& parts) {
  for (const char* part : parts)
    EXPECT_NE(message.find(part), std::string::npos) << part << " is not in: " << message;
}

void expect_same(const Fit& fit, const Fit& other, double tolerance = 1e-11) {
  ASSERT_EQ(fit.names, other.names);
  for (std::size_t i = 0; i < fit.names.size(); ++i) {
    EXPECT_NEAR(fit.estimate[i], other.estimate[i], tolerance * other.std_error(i));
    EXPECT_NEAR(fit.std_error(i) / other.std_error(i), 1, tolerance);
  }
}

TEST(Glm, AWeightOfTwoIsTheRowTwice) {
  for (GlmFamily family : {GlmFamily::binomial, GlmFamily::poisson, GlmFamily::negative_binomial}) {
    GlmData once = sample(family == GlmFamily::binomial), twice = once;
    twice.x = cat({once.x, slice(once.x, 0, 0, 20)}, 0);
    twice.y = cat({once.y, slice(once.y, 0, 0, 20)}, 0);
    once.weights = where(arange(60) < 20, 2.0, ones({60}));
    const GlmFit weighted = fit_glm(once, family, default_link(family)),
                 repeated = fit_glm(twice, family, default_link(family));
    expect_same(weighted, repeated);
    EXPECT_NEAR(weighted.loglik, repeated.loglik, 1e-11);
    EXPECT_NEAR(weighted.deviance, repeated.deviance, 1e-10);
    EXPECT_NEAR(weighted.null_deviance, repeated.null_deviance, 1e-10);
    EXPECT_EQ(weighted.n, 60);
  }
}

TEST(Glm, RowsWithoutWeightDetermineNothing) {
  const GlmData data = sample(false);
  GlmData more = data;
  more.x = cat({data.x, tensor({{1.0, 1e6, -1e6}})}, 0);
  more.y = cat({data.y, tensor({1e5})}, 0);
  more.weights = cat({ones({60}), zeros({1})}, 0);
  const GlmFit fit = fit_counts(more), alone = fit_counts(data);
  expect_same(fit, alone);
  EXPECT_EQ(fit.df_residual, alone.df_residual);
  EXPECT_NEAR(fit.deviance, alone.deviance, 1e-10);
  // A column that only such rows have is not determined.
  GlmData free = more;
  free.x = cat({more.x, unsqueeze(cat({zeros({60}), ones({1})}, 0), 1)}, 1);
  free.names.push_back("c");
  expect_says(refusal([&] { fit_counts(free); }), {"collinear", "c = 0"});
}

TEST(Glm, GroupedCountsAreTheirSingleTrials) {
  for (GlmLink link : binomial_links) {
    const Values successes = {3, 0, 5, 2}, trials = {7, 4, 5, 6}, a = {0.5, -1, 2, 0.25};
    GlmData grouped = data_of(successes, {a});
    grouped.trials = from_vector(trials);
    Values y, column;
    double constants = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      for (double j = 0; j < trials[i]; ++j) {
        y.push_back(j < successes[i]);
        column.push_back(a[i]);
      }
      constants += lchoose(tensor({trials[i]}), tensor({successes[i]})).item<double>();
    }
    const GlmFit fit = fit_glm(grouped, GlmFamily::binomial, link),
                 single = fit_glm(data_of(y, {column}), GlmFamily::binomial, link);
    expect_same(fit, single);
    EXPECT_NEAR(fit.loglik, single.loglik + constants, 1e-12);
    EXPECT_NEAR(fit.lr_statistic(), single.lr_statistic(), 1e-11);
    // A row without trials is no row.
    GlmData more = grouped;
    more.x = cat({grouped.x, tensor({{1.0, 50.0}})}, 0);
    more.y = cat({grouped.y, zeros({1})}, 0);
    more.trials = cat({grouped.trials, zeros({1})}, 0);
    const GlmFit with_none = fit_glm(more, GlmFamily::binomial, link);
    expect_same(with_none, fit);
    EXPECT_NEAR(with_none.deviance, fit.deviance, 1e-12);
    EXPECT_EQ(with_none.df_residual, 2);
  }
}

TEST(Glm, AConstantOffsetComesOffTheIntercept) {
  for (GlmFamily family : {GlmFamily::binomial, GlmFamily::poisson, GlmFamily::negative_binomial,
                           GlmFamily::gamma, GlmFamily::gaussian}) {
    GlmData data = sample(family == GlmFamily::binomial);
    if (family == GlmFamily::gamma) data.y = data.y + 0.5;
    const GlmFit plain = fit_glm(data, family, default_link(family));
    data.offset = full({60}, 0.75);
    const GlmFit shifted = fit_glm(data, family, default_link(family));
    EXPECT_NEAR(shifted.estimate[0], plain.estimate[0] - 0.75, 1e-11 * plain.std_error(0));
    EXPECT_NEAR(shifted.estimate[1], plain.estimate[1], 1e-11 * plain.std_error(1));
    EXPECT_NEAR(shifted.null_deviance / plain.null_deviance, 1, 1e-12);
  }
}

TEST(Glm, UnitsOfCovariatesDoNotMatter) {
  const GlmData data = sample(true);
  const GlmFit fit = fit_glm(data, GlmFamily::binomial, GlmLink::logit);
  for (double unit : {0x1p300, 0x1p-300, 0x1p40}) {
    GlmData other = data;
    other.x = data.x * tensor({1.0, unit, 1 / unit});
    const GlmFit scaled = fit_glm(other, GlmFamily::binomial, GlmLink::logit);
    EXPECT_NEAR(scaled.estimate[1] * unit, fit.estimate[1], 1e-11);
    EXPECT_NEAR(scaled.estimate[2] / unit, fit.estimate[2], 1e-11);
    EXPECT_NEAR(scaled.std_error(1) * unit, fit.std_error(1), 1e-11);
    EXPECT_NEAR(scaled.loglik, fit.loglik, 1e-12);
  }
}

TEST(Glm, OneRowOfCountsIsItsMean) {
  const GlmFit fit = fit_counts(data_of({3}, {}));
  EXPECT_NEAR(fit.estimate[0], std::log(3.0), 1e-15);
  EXPECT_NEAR(fit.std_error(0), 1 / std::sqrt(3.0), 1e-15);
  EXPECT_NEAR(fit.loglik, 3 * std::log(3.0) - 3 - std::log(6.0), 1e-15);
  EXPECT_NEAR(fit.deviance, 0, 1e-15);
}

// The terms, their first and their second derivatives, as far out as +-700.
TEST(Glm, TailsAreKept) {
  const Tensor eta = tensor({-700.0, -350.0, -40.0, 0.0, 40.0, 350.0, 700.0});
  for (GlmLink link : binomial_links)
    for (double y : {0.0, 1.0}) {
      const PredictorLikelihood terms =
          glm_terms(GlmFamily::binomial, link, {full({7}, y), Tensor()});
      const ScalarFunction total = [&](const Tensor& at) { return sum(terms(at, Tensor())); };
      const auto second = hvp(total, eta, ones({7}));
      for (const Tensor& t : {terms(eta, Tensor()), second.gradient, second.product})
        EXPECT_TRUE(all(isfinite(t)).item<bool>()) << name_of(link) << " " << y;
      const Values slopes = second.gradient.to_vector();
      for (double slope : slopes) EXPECT_GE(y == 1 ? slope : -slope, 0);
    }
  const auto success = [](GlmLink link, double at) {
    return glm_terms(GlmFamily::binomial, link, {ones({1}), Tensor()})(tensor({at}), Tensor())
        .item<double>();
  };
  EXPECT_DOUBLE_EQ(success(GlmLink::logit, -700), -700);
  EXPECT_DOUBLE_EQ(success(GlmLink::logit, 700), -std::exp(-700.0));
  EXPECT_DOUBLE_EQ(success(GlmLink::cloglog, -700), -700);
  EXPECT_NEAR(success(GlmLink::cloglog, -36.9) / success(GlmLink::cloglog, -37.1), 36.9 / 37.1,
              1e-14);
  // Mills' ratio by its asymptotic series.
  const double square = 700.0 * 700;
  EXPECT_NEAR(success(GlmLink::probit, -700),
              -square / 2 - std::log(700 * std::sqrt(2 * M_PI)) +
                  std::log1p(-1 / square + 3 / (square * square)),
              1e-10);
  EXPECT_NEAR(success(GlmLink::cauchit, -700), std::log(std::atan(1 / 700.0) / M_PI), 1e-14);
}

// Large theta: the negative binomial terms are the Poisson ones up to 1 / theta.
TEST(Glm, LargeThetaIsPoisson) {
  const GlmResponse response{tensor({0.0, 1.0, 7.0, 300.0}), {}};
  const Tensor eta = tensor({0.3, -2.0, 2.0, 5.5}), none;
  const Tensor poisson = glm_terms(GlmFamily::poisson, GlmLink::log, response)(eta, none);
  const PredictorLikelihood terms = glm_terms(GlmFamily::negative_binomial, GlmLink::log, response);
  for (double log_theta : {20.0, 25.0, 30.0}) {
    const Tensor difference = abs(terms(eta, tensor({log_theta})) - poisson);
    EXPECT_LT(max(difference).item<double>(), 1e5 * std::exp(-log_theta) + 1e-11);
  }
}

TEST(Glm, ResidualsAddUpToTheirStatistics) {
  for (GlmFamily family : {GlmFamily::binomial, GlmFamily::poisson, GlmFamily::negative_binomial}) {
    const GlmData data = sample(family == GlmFamily::binomial);
    const GlmFit fit = fit_glm(data, family, default_link(family));
    const auto total_square = [&](GlmResidual kind) {
      return sum(square(glm_residuals(fit, data, kind))).item<double>();
    };
    EXPECT_NEAR(total_square(GlmResidual::deviance), fit.deviance, 1e-11);
    EXPECT_NEAR(total_square(GlmResidual::pearson), fit.pearson, 1e-11);
    const Tensor response = glm_residuals(fit, data, GlmResidual::response);
    EXPECT_NEAR(max(abs(data.y - fitted_mean(fit, data) - response)).item<double>(), 0, 1e-15);
    if (family != GlmFamily::negative_binomial) {
      EXPECT_NEAR(sum(response).item<double>(), 0, 1e-12);  // canonical links
    }
  }
}

TEST(Glm, CanonicalLinksHaveTheExpectedInformation) {
  for (GlmFamily family : {GlmFamily::binomial, GlmFamily::poisson}) {
    const GlmData data = sample(family == GlmFamily::binomial);
    const GlmFit fit = fit_glm(data, family, default_link(family));
    const Values expected = expected_information(fit, data);
    for (std::size_t i = 0; i < expected.size(); ++i)
      EXPECT_NEAR(expected[i], fit.information[i], 1e-11 * fit.information[0]);
  }
}

// R's names of the columns differ; the numbers do not.
TEST(Glm, FormulasOnRawDataGiveTheReferences) {
  WALD_NEEDS_ORACLE("glm/quine.json");
  const struct {
    const char *file, *fit, *formula;
    GlmFamily family;
    GlmLink link;
  } cases[] = {{"birthwt", "logit", "low ~ age + lwt + C(race) + smoke + ptl + ht + ui + ftv",
                GlmFamily::binomial, GlmLink::logit},
               {"quine", "negbin_interactions", "Days ~ Sex/(Age + Eth * Lrn)",
                GlmFamily::negative_binomial, GlmLink::log},
               {"InsectSprays", "poisson", "count ~ spray", GlmFamily::poisson, GlmLink::log},
               {"epil", "negbin", "y ~ lbase * C(trt, ref = placebo) + lage + V4",
                GlmFamily::negative_binomial, GlmLink::log},
               {"Cars93", "gamma_log", "Price ~ Horsepower + MPG.city + Origin", GlmFamily::gamma,
                GlmLink::log}};
  for (const auto& c : cases) {
    const auto exact =
        testing::read_oracle(std::string("glm/") + c.file + ".json")["fits"][c.fit]["hp"];
    const Table table = read_csv(testing::oracle_path(std::string("glm/") + c.file + ".csv"));
    const Formula formula = parse_formula(c.formula);
    const Design design = make_design(table, formula);
    const GlmData data{
        design.x, design.names, from_vector(evaluate(number_response(formula), table, design.rows)),
        {},       {},           {}};
    const GlmFit fit = fit_glm(data, c.family, c.link);
    const double loglik = std::strtod(exact["loglik"].get<std::string>().c_str(), nullptr);
    EXPECT_NEAR(fit.loglik / loglik, 1, 1e-12) << c.formula;
    ASSERT_EQ(fit.names.size(), exact["coef"].size()) << c.formula;
    for (std::size_t i = 0; i < fit.names.size(); ++i) {
      const auto at = [&](const char* key) {
        return std::strtod(exact[key][i].get<std::string>().c_str(), nullptr);
      };
      EXPECT_NEAR(fit.estimate[i], at("coef"), 1e-9 * at("se")) << c.formula << " " << fit.names[i];
      EXPECT_NEAR(fit.std_error(i) / at("se"), 1, 1e-9) << c.formula << " " << fit.names[i];
    }
  }
}

TEST(GlmRefuses, SeparatedData) {
  const auto binary = [](const Values& y, const std::vector<Values>& columns) {
    return refusal([&] { fit_glm(data_of(y, columns), GlmFamily::binomial, GlmLink::probit); });
  };
  expect_says(binary({0, 0, 1, 1}, {{1, 2, 3, 4}}), {"completely separated", "(Intercept), a"});
  // Only the group has no finite coefficient: b varies within both.
  const std::string quasi =
      binary({0, 0, 0, 1, 0, 1, 1, 0}, {{1, 1, 1, 0, 0, 0, 0, 0}, {1, 2, 3, 1, 2, 3, 4, 4}});
  expect_says(quasi, {"quasi-completely separated", "of the coefficient of a:"});
  expect_says(binary({1, 1, 1}, {{3, 1, 2}}), {"no failures", "(Intercept)"});
  expect_says(binary({0, 0, 0}, {}), {"no successes", "(Intercept)"});
  expect_says(binary({1}, {}), {"no failures"});
  // Without a constant, covariates of both signs hold an all-equal response.
  GlmData through_0 = data_of({0, 0}, {});
  through_0.x = tensor({{1.0}, {-1.0}});
  EXPECT_NEAR(fit_glm(through_0, GlmFamily::binomial, GlmLink::logit).estimate[0], 0, 1e-12);
}

TEST(GlmRefuses, GroupsOfZeros) {
  const GlmData data = data_of({0, 0, 0, 2, 3, 1}, {{1, 1, 1, 0, 0, 0}});
  for (GlmFamily family : {GlmFamily::poisson, GlmFamily::negative_binomial})
    expect_says(refusal([&] { fit_glm(data, family, GlmLink::log); }),
                {"of a: it tends to minus infinity", "0 in every row with a count above 0"});
  expect_says(refusal([&] { fit_counts(data_of({0, 0, 0}, {})); }), {"(Intercept)"});
  // Two groups along no single column.
  expect_says(refusal([&] {
                fit_counts(data_of({0, 4, 2, 0}, {{1, 1, 0, 0}, {0, 1, 1, 0}}));
              }),
              {"no finite estimate", "0 in every row with a count above 0"});
}

TEST(GlmRefuses, ParametersBesidesTheCoefficients) {
  expect_says(refusal([&] {
                fit_glm(data_of({3, 4, 3, 4, 3}, {}), GlmFamily::negative_binomial, GlmLink::log);
              }),
              {"no finite estimate of theta", "Poisson"});
  expect_says(refusal([&] {
                fit_glm(data_of({2, 2, 2}, {}), GlmFamily::gamma, GlmLink::log);
              }),
              {"exactly", "log(shape)"});
  expect_says(refusal([&] {
                fit_glm(data_of({1, 2, 3}, {{1, 2, 3}}), GlmFamily::gaussian, GlmLink::identity);
              }),
              {"exactly", "log(sigma)"});
}

TEST(GlmRefuses, WhatIsNoResponse) {
  const struct {
    GlmFamily family;
    Values y;
    const char* says;
  } cases[] = {{GlmFamily::binomial, {0, 1, 2}, "0 or 1, not 2 as in row 3"},
               {GlmFamily::binomial, {0, NAN, 1}, "0 or 1, not nan as in row 2"},
               {GlmFamily::poisson, {1, -1, 0}, "whole number from 0 up, not -1 as in row 2"},
               {GlmFamily::poisson, {1, 0.5, 0}, "whole number from 0 up, not 0.5 as in row 2"},
               {GlmFamily::negative_binomial, {1, INFINITY, 0}, "not inf as in row 2"},
               {GlmFamily::gamma, {1, 2, 0}, "must be positive, not 0 as in row 3"},
               {GlmFamily::gaussian, {1, NAN, 0}, "finite number, not nan as in row 2"}};
  for (const auto& c : cases) {
    const GlmData data = data_of(c.y, {});
    expect_says(refusal([&] { fit_glm(data, c.family, default_link(c.family)); }), {c.says});
  }
  GlmData data = data_of({1, 0, 1}, {{1, 2, 4}});
  data.trials = tensor({1.0, 2.0, 0.0});
  const auto refused = [&] {
    return refusal([&] { fit_glm(data, GlmFamily::binomial, GlmLink::logit); });
  };
  expect_says(refused(), {"to the number of trials, not 1 as in row 3"});
  data.trials = tensor({1.0, 2.5, 1.0});
  expect_says(refused(), {"number of trials must be a whole number"});
  data.trials = Tensor();
  data.weights = tensor({1.0, -1.0, 1.0});
  expect_says(refused(), {"weight", "-1 as in row 2"});
  data.weights = Tensor();
  data.offset = tensor({0.0, 0.0, double(INFINITY)});
  expect_says(refused(), {"offset", "row 3"});
  data.offset = Tensor();
  data.x = tensor({{1.0, 2.0}, {1.0, double(NAN)}, {1.0, 3.0}});
  expect_says(refused(), {"a has a value that is not a finite number"});
  expect_says(refusal([&] { fit_glm(data, GlmFamily::poisson, GlmLink::probit); }),
              {"the poisson family takes no probit link"});
}

TEST(Glm, FixedThetaIsHeld) {
  const GlmData data = sample(false);
  FitOptions options;
  options.fixed["log(theta)"] = 0.5;
  const GlmFit fit = fit_glm(data, GlmFamily::negative_binomial, GlmLink::log, options);
  EXPECT_EQ(fit.estimate[3], 0.5);
  // The score of the coefficients is 0 there.
  const Tensor mean = fitted_mean(fit, data), theta = exp(tensor({0.5}));
  const Values score = mv(t(data.x), (data.y - mean) * theta / (theta + mean)).to_vector();
  for (double s : score) EXPECT_NEAR(s, 0, 1e-11);
}

TEST(Glm, SummariesShowRatios) {
  const GlmFit logistic = fit_glm(sample(true), GlmFamily::binomial, GlmLink::logit);
  expect_says(summary(logistic),
              {"Logistic regression", "Odds ratio", "Null deviance", "LR chi2(2)"});
  const GlmFit negbin = fit_glm(sample(false), GlmFamily::negative_binomial, GlmLink::log);
  expect_says(summary(negbin), {"Negative binomial", "Rate ratio", "log(theta)"});
}

}  // namespace
}  // namespace wald
