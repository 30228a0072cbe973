// With parameters held or tied: data that leave the others without a maximum are refused naming
// those, and tests against the null model count what is free, where it is a special case.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/conditional_logit.h>
#include <wald/models/cox.h>
#include <wald/models/glm.h>
#include <wald/models/multinomial_logit.h>
#include <wald/models/ordered_logit.h>
#include <wald/models/random.h>
#include <wald/models/survival.h>

namespace wald {
namespace {

using Values = std::vector<double>;

constexpr std::int64_t n = 60;

/// x decides the response, z has nothing to do with it, g is whether x > 0.
struct Sample {
  Sample() {
    RRandom random(11);
    x = from_vector(random.rnorm(n));
    z = from_vector(random.rnorm(n));
    g = where(x > 0, 1.0, zeros({n}));
    noise = from_vector(random.rnorm(n));
    time = exp(from_vector(random.rnorm(n)));
  }
  GlmData glm(const Tensor& y, const Tensor& first) const {
    GlmData data;
    data.x = stack({ones({n}), first, z}, 1);
    data.names = {"(Intercept)", "x", "z"};
    data.y = y;
    return data;
  }
  CategoricalData categories(const Tensor& score, bool with_intercept) const {
    CategoricalData data;
    data.x = with_intercept ? stack({ones({n}), x, z}, 1) : stack({x, z}, 1);
    data.names = with_intercept ? std::vector<std::string>{"(Intercept)", "x", "z"}
                                : std::vector<std::string>{"x", "z"};
    data.y = to(where(score > 0.5, 2.0, where(score > -0.5, 1.0, zeros({n}))), DType::int64);
    data.levels = {"a", "b", "c"};
    return data;
  }
  Tensor x, z, g, noise, time;
};

template <class Fit>
void expect_refused(const Fit& fit, const std::string& named, const std::string& held) {
  try {
    fit();
    ADD_FAILURE() << "no error naming " << named;
  } catch (const NotIdentifiedError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find(named), message.npos) << message;
    EXPECT_EQ(message.find(held), message.npos) << message;
  }
}

TEST(HeldParameters, SeparationOfTheOthersIsRefused) {
  const Sample s;
  const FitOptions z_held{.fixed = {{"z", 0.5}}};
  const GlmData binary = s.glm(s.g, s.x + 2.0);
  expect_refused([&] { fit_glm(binary, GlmFamily::binomial, GlmLink::logit, z_held); },
                 "(Intercept), x", "z,");
  const GlmData counts = s.glm(where(s.g > 0, 0.0, full({n}, 3.0)), s.g);
  for (const GlmFamily family : {GlmFamily::poisson, GlmFamily::negative_binomial})
    expect_refused([&] { fit_glm(counts, family, GlmLink::log, z_held); }, "of x", "z,");
  SurvivalData times;
  times.x = stack({ones({n}), s.g, s.z}, 1);
  times.names = binary.names;
  times.time = s.time;
  times.event = 1.0 - s.g;
  for (const auto distribution : {SurvivalDistribution::exponential, SurvivalDistribution::weibull})
    expect_refused([&] { fit_survival(times, {distribution}, z_held); }, "of x", "z,");
  CoxData risks;
  risks.x = stack({s.g, s.z}, 1);
  risks.names = {"x", "z"};
  risks.time = s.time;
  risks.event = times.event;
  expect_refused([&] { fit_cox(risks, Ties::efron, z_held); }, "of x", "z,");
  ConditionalLogitData matched;
  matched.x = stack({s.x, s.z}, 1);
  matched.names = {"x", "z"};
  matched.y = s.g;
  matched.strata = to(floor(arange(n) / 10.0), DType::int64);
  expect_refused([&] { fit_conditional_logit(matched, z_held); }, "of x", "z,");
  const CategoricalData ordered = s.categories(s.x, false);
  expect_refused([&] { fit_ordered(ordered, OrderedLink::logit, z_held); }, "along x -", "z,");
  const CategoricalData choices = s.categories(s.x, true);
  expect_refused(
      [&] {
        fit_multinomial(choices, {.fixed = {{"b:z", 0}, {"c:z", 0.1}}});
      },
      "c:x", "b:z");
}

TEST(HeldParameters, WhatSeparatesMayBeHeldItself) {
  const Sample s;
  const GlmFit fit =
      fit_glm(s.glm(s.g, s.x), GlmFamily::binomial, GlmLink::logit, {.fixed = {{"x", 3}}});
  EXPECT_EQ(fit.status, FitStatus::converged);
  EXPECT_EQ(fit.estimate[1], 3);
}

TEST(HeldParameters, GlmTestsCountWhatIsFree) {
  const Sample s;
  const GlmData data = s.glm(where(s.x + s.noise > 0, 1.0, zeros({n})), s.x);
  const auto fitted = [&](const FitOptions& options) {
    return fit_glm(data, GlmFamily::binomial, GlmLink::logit, options);
  };
  const GlmFit without = fitted({.fixed = {{"z", 0}}});
  GlmData smaller = data;
  smaller.x = slice(data.x, 1, 0, 2);
  smaller.names.pop_back();
  const GlmFit same = fit_glm(smaller, GlmFamily::binomial, GlmLink::logit);
  ASSERT_TRUE(without.has_lr_test());
  EXPECT_EQ(without.lr_df(), 1);
  EXPECT_EQ(without.df_residual, same.df_residual);
  EXPECT_NEAR(without.lr_statistic(), same.lr_statistic(), 1e-9);
  EXPECT_EQ(fitted({.tied = {{"x", "z"}}}).lr_df(), 1);
  EXPECT_FALSE(fitted({.fixed = {{"z", 0.5}}}).has_lr_test());
  EXPECT_FALSE(fitted({.fixed = {{"(Intercept)", 0}}}).has_lr_test());
  EXPECT_FALSE(fitted({.fixed = {{"x", 0}, {"z", 0}}}).has_lr_test());
}

TEST(HeldParameters, TestsOfCategoriesCountWhatIsFree) {
  const Sample s;
  const CategoricalData choices = s.categories(s.x + s.noise, true),
                        ordered = s.categories(s.x + s.noise, false);
  EXPECT_EQ(fit_multinomial(choices).lr_df, 4);
  const MultinomialFit one_less = fit_multinomial(choices, {.fixed = {{"c:z", 0}}});
  EXPECT_EQ(one_less.lr_df, 3);
  EXPECT_FALSE(std::isnan(one_less.loglik_null));
  EXPECT_TRUE(std::isnan(fit_multinomial(choices, {.fixed = {{"c:z", 0.5}}}).loglik_null));
  EXPECT_TRUE(std::isnan(fit_multinomial(choices, {.fixed = {{"b:(Intercept)", 0}}}).loglik_null));
  EXPECT_EQ(fit_ordered(ordered).lr_df, 2);
  EXPECT_EQ(fit_ordered(ordered, OrderedLink::logit, {.fixed = {{"z", 0}}}).lr_df, 1);
  const OrderedFit cut = fit_ordered(ordered, OrderedLink::logit, {.fixed = {{"a|b", -0.5}}});
  EXPECT_TRUE(std::isnan(cut.loglik_null));
}

TEST(HeldParameters, CoxTestsNeedCoefficientsHeldAtNoEffect) {
  const Sample s;
  CoxData data;
  data.x = stack({s.x, s.z}, 1);
  data.names = {"x", "z"};
  data.time = s.time;
  data.event = ones({n});
  EXPECT_TRUE(fit_cox(data, Ties::efron, {.fixed = {{"z", 0}}}).contains_null);
  EXPECT_EQ(fit_cox(data, Ties::efron, {.fixed = {{"z", 0}}}).df(), 1);
  EXPECT_FALSE(fit_cox(data, Ties::efron, {.fixed = {{"z", 0.2}}}).contains_null);
}

}  // namespace
}  // namespace wald
