// Tests of hypotheses and the delta method against closed forms.
#include <wald/engine/ops/ops.h>
#include <wald/models/delta.h>
#include <wald/models/distributions.h>
#include <wald/models/hypothesis.h>
#include <wald/models/ols.h>
#include <wald/models/random.h>
#include <wald/models/regression.h>

#include <gtest/gtest.h>

#include <cmath>

namespace wald {
namespace {

using Values = std::vector<double>;

/// Poisson counts in three groups: the estimates are log means.
struct Groups {
  Values totals = {30, 45, 28}, sizes = {10, 12, 14};
  LogLikelihood loglik() const {
    return [y = from_vector(totals), n = from_vector(sizes)](const Tensor& b) {
      return y * b - n * exp(b);
    };
  }
  Fit fit(const FitOptions& options = {}) const {
    return maximize(loglik(), {1, 1, 1}, {"a", "b", "c"}, 3, options);
  }
  /// The log-likelihood where all groups have one mean.
  double pooled() const { return 103 * std::log(103.0 / 36) - 103; }
};

TEST(WaldTest, OfGroupsIsTheWeightedSumOfSquares) {
  const Groups groups;
  const Fit fit = groups.fit();
  // a = b = c: log means y_i with variances 1 / totals.
  double center = 0, exact = 0;
  for (int i = 0; i < 3; ++i) center += groups.totals[i] * fit.estimate[i] / 103;
  for (int i = 0; i < 3; ++i) exact += groups.totals[i] * std::pow(fit.estimate[i] - center, 2);
  const TestResult test = wald_test(fit, tensor({{1, -1, 0}, {0, 1, -1}}), zeros({2}));
  EXPECT_EQ(test.df, 2);
  EXPECT_NEAR(test.statistic, exact, 1e-12);
  EXPECT_NEAR(test.p(), std::exp(-exact / 2), 1e-14);
  EXPECT_EQ(test.f_p(), test.p());
  // The same set of restrictions in other words, and as a function.
  EXPECT_NEAR(wald_test(fit, tensor({{2, -1, -1}, {0, 5, -5}}), zeros({2})).statistic, exact,
              1e-12);
  const auto g = [](const Tensor& b) { return diff(b); };
  EXPECT_NEAR(wald_test(fit, g).statistic, exact, 1e-12);
  const LinearHypothesis read = linear_hypothesis("a = b = c", fit.names);
  EXPECT_NEAR(wald_test(fit, read.r, read.q).statistic, exact, 1e-12);
}

TEST(WaldTest, OfASmoothFunctionIsByItsDerivative) {
  const Fit fit = Groups().fit();
  // exp(a) = 2.5: the mean 3 with variance 30 / 100.
  const TestResult test =
      wald_test(fit, [](const Tensor& b) { return exp(select(b, 0, 0)) - 2.5; });
  EXPECT_EQ(test.df, 1);
  EXPECT_NEAR(test.statistic, 0.25 / 0.3, 1e-12);
  EXPECT_NEAR(test.p(), two_sided_p_value(0.5 / std::sqrt(0.3)), 1e-14);
}

TEST(WaldTest, OfOlsCoefficientsIsItsF) {
  RRandom random(3);
  const Tensor a = from_vector(random.rnorm(30)), b = from_vector(random.rnorm(30));
  const OlsFit fit = ols(stack({ones({30}), a, b}, 1), 1 + a + from_vector(random.rnorm(30)),
                         {"(Intercept)", "a", "b"});
  const LinearHypothesis both = linear_hypothesis("a = b = 0", fit.names);
  const TestResult test = wald_test(fit, both.r, both.q);
  EXPECT_NEAR(test.f(), fit.f_statistic, 1e-10 * fit.f_statistic);
  EXPECT_EQ(test.denominator_df, 27);
  EXPECT_NEAR(test.f_p(), fit.f_p_value(), 1e-12);
  // By the chi-squared distribution if asked for.
  EXPECT_EQ(wald_test(fit, both.r, both.q, {.denominator_df = INFINITY}).f_p(), test.p());
}

TEST(WaldTest, RefusesWhatTestsNothing) {
  const Fit fit = Groups().fit();
  EXPECT_THROW(wald_test(fit, tensor({{1, -1, 0}, {2, -2, 0}}), zeros({2})), InputError);
  EXPECT_THROW(wald_test(fit, zeros({1, 3}), zeros({1})), InputError);
  EXPECT_THROW(wald_test(fit, tensor({{1, -1}}), zeros({1})), ShapeError);
  EXPECT_THROW(wald_test(fit, tensor({{1, -1, 0}}), zeros({2})), ShapeError);
  const Fit fixed = Groups().fit({.fixed = {{"a", 1}}});
  EXPECT_THROW(wald_test(fixed, tensor({{1, 0, 0}}), zeros({1})), InputError);
  EXPECT_NEAR(wald_test(fixed, tensor({{1, -1, 0}}), zeros({1})).statistic,
              45 * std::pow(1 - std::log(45.0 / 12), 2), 1e-10);
}

TEST(LinearHypothesis, IsRead) {
  const std::vector<std::string> names = {"(Intercept)", "a", "a:b", "C(g)2", "x"};
  const auto expect = [&](const char* text, const Values& r, const Values& q) {
    const LinearHypothesis read = linear_hypothesis(text, names);
    EXPECT_EQ(read.r.to_vector(), r) << text;
    EXPECT_EQ(read.q.to_vector(), q) << text;
  };
  expect("a", {0, 1, 0, 0, 0}, {0});
  expect("a = 0", {0, 1, 0, 0, 0}, {0});
  expect("a:b=C(g)2", {0, 0, 1, -1, 0}, {0});
  expect(" 2 a - 0.5*x = 1 + (Intercept)", {-1, 2, 0, 0, -0.5}, {1});
  expect("a = x = 3", {0, 1, 0, 0, -1, 0, 1, 0, 0, 0}, {0, 3});
  expect("a = 1, x + a:b = -2", {0, 1, 0, 0, 0, 0, 0, 1, 0, 1}, {1, -2});
  expect("-a + a + x", {0, 0, 0, 0, 1}, {0});
  for (const char* bad :
       {"", "b", "a +", "a = ", "2 *", "a x", "3 = 3", "a - a", "a = 0,", "1.2.3 a"})
    EXPECT_THROW(linear_hypothesis(bad, names), InputError) << bad;
}

TEST(LrTest, OfNestedFits) {
  const Groups groups;
  const Fit full = groups.fit(), one = groups.fit({.tied = {{"a", "b", "c"}}});
  EXPECT_NEAR(one.loglik, groups.pooled(), 1e-11);
  const TestResult test = lr_test(one, full);
  double exact = -2 * groups.pooled();
  for (int i = 0; i < 3; ++i)
    exact +=
        2 * (groups.totals[i] * std::log(groups.totals[i] / groups.sizes[i]) - groups.totals[i]);
  EXPECT_EQ(test.df, 2);
  EXPECT_NEAR(test.statistic, exact, 1e-10);
  EXPECT_THROW(lr_test(full, one), InputError);
  EXPECT_THROW(lr_test(full, full), InputError);
  Fit other = full;
  other.n = 4;
  EXPECT_THROW(lr_test(one, other), InputError);
  Fit better = one;
  better.loglik = full.loglik + 1;
  EXPECT_THROW(lr_test(better, full), InputError);
}

TEST(ScoreTest, OfEqualGroupsIsPearsons) {
  const Groups groups;
  const Fit one = groups.fit({.tied = {{"a", "b", "c"}}});
  // The Poisson score test of one mean is the sum of (observed - expected)^2 / expected.
  double pearson = 0, outer = 0;
  for (int i = 0; i < 3; ++i) {
    const double expected = groups.sizes[i] * 103 / 36;
    pearson += std::pow(groups.totals[i] - expected, 2) / expected;
    outer += 1;  // each row has a parameter of its own
  }
  const TestResult test = score_test(groups.loglik(), one);
  EXPECT_EQ(test.df, 2);
  EXPECT_NEAR(test.statistic, pearson, 1e-11);
  EXPECT_NEAR(score_test(groups.loglik(), one, {.kind = Covariance::opg}).statistic, outer, 1e-10);
  EXPECT_NEAR(score_test(groups.loglik(), one, {.information = one.information}).statistic, pearson,
              1e-11);
  // Of values that are all given, nothing estimated.
  const Fit none = groups.fit({.fixed = {{"a", 1}, {"b", 1}, {"c", 1}}});
  double exact = 0;
  for (int i = 0; i < 3; ++i)
    exact += std::pow(groups.totals[i] - groups.sizes[i] * std::exp(1), 2) /
             (groups.sizes[i] * std::exp(1));
  EXPECT_EQ(score_test(groups.loglik(), none).df, 3);
  EXPECT_NEAR(score_test(groups.loglik(), none).statistic, exact, 1e-11);
}

TEST(ScoreTest, RefusesWhatTestsNothing) {
  const Groups groups;
  EXPECT_THROW(score_test(groups.loglik(), groups.fit()), InputError);
  const Fit one = groups.fit({.tied = {{"a", "b"}}});
  EXPECT_THROW(score_test(groups.loglik(), one, {.kind = Covariance::hc0}), InputError);
  EXPECT_THROW(score_test(groups.loglik(), one, {.information = {1, 2}}), InputError);
  EXPECT_THROW(score_test(groups.loglik(), one, {.information = Values(9, 1.0)}), NumericalError);
}

TEST(DeltaMethod, OfMeansAndTheirRatio) {
  const Fit fit = Groups().fit();
  const DerivedEstimates derived =
      delta_method(fit,
                   [](const Tensor& b) {
                     const Tensor means = exp(b);
                     return cat({means, unsqueeze(select(means, 0, 0) / select(means, 0, 1), 0)});
                   },
                   {"mean a", "mean b", "mean c", "ratio"});
  EXPECT_NEAR(derived.estimate[0], 3, 1e-12);
  EXPECT_NEAR(derived.estimate[3], 3 / 3.75, 1e-12);
  EXPECT_NEAR(derived.std_error(0), std::sqrt(30) / 10, 1e-12);
  EXPECT_NEAR(derived.std_error(3), 0.8 * std::sqrt(1.0 / 30 + 1.0 / 45), 1e-12);
  EXPECT_NEAR(derived.vcov[3], 3 * 0.8 / 30, 1e-12);
  const auto rows = coefficient_table(derived, 0.9);
  EXPECT_EQ(rows[3].name, "ratio");
  EXPECT_NEAR(rows[0].upper, 3 + 1.6448536269514722 * std::sqrt(0.3), 1e-12);
  EXPECT_NEAR(rows[0].p, two_sided_p_value(3 / std::sqrt(0.3)), 1e-20);
}

TEST(DeltaMethod, TakesAnotherCovarianceAndConstants) {
  const Fit fit = Groups().fit({.fixed = {{"c", 1}}});
  const auto total = [](const Tensor& b) { return sum(b); };
  EXPECT_NEAR(delta_method(fit, total, {"sum"}).std_error(0), std::sqrt(1.0 / 30 + 1.0 / 45),
              1e-12);
  EXPECT_NEAR(delta_method(fit, total, {"sum"}, {4, 0, 0, 0, 5, 0, 0, 0, 0}).std_error(0), 3,
              1e-12);
  EXPECT_EQ(delta_method(fit, [](const Tensor&) { return full({2}, 7.0); }, {"x", "y"}).vcov,
            Values(4, 0.0));
  EXPECT_THROW(delta_method(fit, total, {"sum", "more"}), InputError);
  EXPECT_THROW(delta_method(fit, [](const Tensor& b) { return log(-b); }, {"x", "y", "z"}),
               InputError);
  EXPECT_THROW(
      delta_method(fit, [](const Tensor& b) { return sqrt(select(b, 0, 2) - 1); }, {"root"}),
      InputError);
}

}  // namespace
}  // namespace wald
