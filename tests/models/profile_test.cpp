// Profile likelihood intervals against closed forms and against maximization on a grid; open ends;
// profiles that cannot be followed.
#include <wald/engine/ops/ops.h>
#include <wald/models/distributions.h>
#include <wald/models/profile.h>
#include <wald/models/random.h>
#include <wald/models/regression.h>

#include <gtest/gtest.h>

#include <cmath>

#include "glm_oracle.h"

namespace wald {
namespace {

using Values = std::vector<double>;

const double chi2_95 = two_sided_quantile(0.95) * two_sided_quantile(0.95);

LogLikelihood normal(const Values& y) {
  return [y = from_vector(y)](const Tensor& p) {
    const Tensor z = (y - select(p, 0, 0)) * exp(-select(p, 0, 1));
    return -0.5 * square(z) - select(p, 0, 1);
  };
}

struct Moments {
  double mean, variance;
};

Moments moments(const Values& y) {
  const Tensor t = from_vector(y);
  return {mean(t).item(), var(t, Dims{0}, 0).item()};
}

// l_p(mu) = -n/2 log(s^2 + (mean - mu)^2), for any unit of y.
TEST(ProfileInterval, OfANormalMeanIsClosed) {
  RRandom random(2);
  for (double unit : {1.0, 1e-150, 1e7}) {
    Values y = random.rnorm(15);
    for (double& v : y) v *= unit;
    const auto [center, variance] = moments(y);
    const LogLikelihood loglik = normal(y);
    const Fit fit = maximize(loglik, {center, std::log(unit)}, {"mu", "log(sigma)"}, 15);
    for (double level : {0.5, 0.95, 0.9999}) {
      const double chi2 = std::pow(two_sided_quantile(level), 2);
      const double reach = std::sqrt(variance * std::expm1(chi2 / 15));
      const ProfileInterval mu = profile_interval(loglik, fit, "mu", level);
      EXPECT_NEAR(mu.lower / unit, (center - reach) / unit, 1e-11) << level;
      EXPECT_NEAR(mu.upper / unit, (center + reach) / unit, 1e-11) << level;
      EXPECT_EQ(mu.estimate, fit.estimate[0]);
      EXPECT_TRUE(mu.message.empty());
    }
    // l_p(log sigma) = -n (log sigma + s^2 / (2 sigma^2)).
    const ProfileInterval sigma = profile_interval(loglik, fit, "log(sigma)");
    for (double end : {sigma.lower, sigma.upper}) {
      const double ratio = variance / std::exp(2 * end);
      EXPECT_NEAR(15 * (ratio - 1 - std::log(ratio)), chi2_95, 1e-10);
    }
    EXPECT_LT(sigma.lower, fit.estimate[1]);
    EXPECT_GT(sigma.upper, fit.estimate[1]);
  }
}

// A single parameter: a Poisson rate, whose limits solve l(rate) = l(hat) - chi2 / 2.
TEST(ProfileInterval, OfTheOnlyParameter) {
  const Tensor y = tensor({3, 0, 2, 5});
  const LogLikelihood loglik = [&](const Tensor& b) { return y * b - exp(b); };
  const Fit fit = maximize(loglik, {0}, {"log(rate)"}, 4);
  const ProfileInterval found = profile_interval(loglik, fit, "log(rate)");
  const auto deviance = [](double b) {
    return 2 * (10 * std::log(2.5) - 10 - (10 * b - 4 * std::exp(b)));
  };
  EXPECT_NEAR(deviance(found.lower), chi2_95, 1e-11);
  EXPECT_NEAR(deviance(found.upper), chi2_95, 1e-11);
}

Regression logistic_regression(const testing::GlmOracle& oracle) {
  Regression r{oracle.x(), oracle.names(), {}, {}, {}, {}, Values(oracle.names().size(), 0.0), {}};
  r.terms = [y = oracle.column("y")](const Tensor& eta, const Tensor&) {
    return y * eta - softplus(eta);
  };
  return r;
}

// The largest log-likelihood with a coefficient held, found by a fit of its own; the end where it
// has fallen by chi2 / 2, by bisection.
double end_by_refits(const Regression& r, const Fit& fit, std::size_t j, double sign) {
  const auto drop = [&](double value) {
    return fit.loglik - fit_regression(r, {.fixed = {{fit.names[j], value}}}).loglik - chi2_95 / 2;
  };
  double inside = fit.estimate[j], outside = inside + sign * 5 * fit.std_error(j);
  EXPECT_GT(drop(outside), 0);
  for (int step = 0; step < 48; ++step) {
    const double middle = (inside + outside) / 2;
    (drop(middle) < 0 ? inside : outside) = middle;
  }
  return (inside + outside) / 2;
}

TEST(ProfileInterval, OfLogisticCoefficientsIsThatOfRefits) {
  WALD_NEEDS_ORACLE("glm/mtcars.json");
  for (const char* item : {"mtcars", "birthwt"}) {
    const Regression r = logistic_regression(testing::read_glm_oracle(item, "logit"));
    const Fit fit = fit_regression(r);
    const auto intervals = profile_intervals(log_likelihood(r), fit);
    ASSERT_EQ(intervals.size(), fit.names.size());
    for (std::size_t j = 0; j < std::min<std::size_t>(3, intervals.size()); ++j) {
      const double se = fit.std_error(j);
      EXPECT_NEAR(intervals[j].lower, end_by_refits(r, fit, j, -1), 1e-8 * se) << fit.names[j];
      EXPECT_NEAR(intervals[j].upper, end_by_refits(r, fit, j, 1), 1e-8 * se) << fit.names[j];
    }
  }
}

// Likelihoods that tend to a limit above the level.
TEST(ProfileInterval, OpenEndsAreInfinite) {
  const Tensor y = tensor({0.9, 0.99, 0.95});
  const LogLikelihood loglik = [&](const Tensor& b) {
    return -square(y - sigmoid(b)) / (2 * 0.2 * 0.2);
  };
  const Fit fit = maximize(loglik, {1}, {"b"}, 3);
  const ProfileInterval found = profile_interval(loglik, fit, "b");
  EXPECT_TRUE(std::isinf(found.upper) && found.upper > 0) << found.upper << found.message;
  EXPECT_TRUE(found.message.empty()) << found.message;
  const auto at = [&](double b) { return sum(loglik(full({1}, b))).item(); };
  EXPECT_NEAR(at(found.lower), fit.loglik - chi2_95 / 2, 1e-11);
  // With a second parameter: growth to m at a rate so high that all x are at the plateau.
  const Tensor x = tensor({1, 2, 3, 4, 5, 6});
  const Tensor z = tensor({2.1, 2.6, 3.1, 2.8, 3.2, 2.9});
  const LogLikelihood saturating = [&](const Tensor& p) {
    return -square(z - select(p, 0, 0) * (1 - exp(-exp(select(p, 0, 1)) * x))) / (2 * 0.5 * 0.5);
  };
  const Fit growth = maximize(saturating, {3, 0}, {"m", "log(k)"}, 6);
  const ProfileInterval rate = profile_interval(saturating, growth, "log(k)", 0.999);
  EXPECT_TRUE(std::isinf(rate.upper) && rate.upper > 0) << rate.upper << rate.message;
  EXPECT_TRUE(std::isfinite(rate.lower)) << rate.message;
}

// Far from quadratic: Cauchy location, where the profile is not concave beyond the scale.
TEST(ProfileInterval, OfACauchyLocationFollowsTheTails) {
  const Tensor y = tensor({-1, 0, 1});
  const LogLikelihood loglik = [&](const Tensor& p) { return -log1p(square(y - p)); };
  const Fit fit = maximize(loglik, {0.1}, {"m"}, 3);
  const ProfileInterval found = profile_interval(loglik, fit, "m", 0.9999);
  const auto at = [&](double b) { return sum(loglik(full({1}, b))).item(); };
  const double drop = std::pow(two_sided_quantile(0.9999), 2) / 2;
  EXPECT_NEAR(at(found.upper), fit.loglik - drop, 1e-10);
  EXPECT_NEAR(found.lower, -found.upper, 1e-10 * found.upper);
  EXPECT_GT(found.upper, 5 * fit.std_error(0));
}

// The domain of a rate ends at 0, where the log-likelihood falls to minus infinity.
TEST(ProfileInterval, StopsBeforeTheEndOfTheDomain) {
  const Tensor y = tensor({1, 2, 3, 2});
  const LogLikelihood loglik = [&](const Tensor& p) { return 2.0 * log(p) - p * y; };
  const Fit fit = maximize(loglik, {0.5}, {"rate"}, 4);
  const ProfileInterval found = profile_interval(loglik, fit, "rate", 0.999999);
  const auto at = [&](double b) { return sum(loglik(full({1}, b))).item(); };
  const double target = fit.loglik - std::pow(two_sided_quantile(0.999999), 2) / 2;
  EXPECT_GT(found.lower, 0);
  EXPECT_NEAR(at(found.lower), target, 1e-10);
  EXPECT_NEAR(at(found.upper), target, 1e-10);
}

TEST(ProfileInterval, SaysWhereTheProfileCannotBeFollowed) {
  // The log-likelihood is not a number beyond 2.5, well within the limit.
  const Tensor y = tensor({1.5, 2, 2.5});
  const LogLikelihood loglik = [&](const Tensor& p) {
    return where(p < 2.5, -0.5 * square(y - p), NAN);
  };
  const Fit fit = maximize(loglik, {1.8}, {"m"}, 3);
  const ProfileInterval found = profile_interval(loglik, fit, "m");
  EXPECT_NEAR(found.lower, 2 - two_sided_quantile(0.95) / std::sqrt(3), 1e-12);
  EXPECT_TRUE(std::isnan(found.upper));
  EXPECT_NE(found.message.find("upper end: the profile cannot be followed beyond 2.5"),
            std::string::npos)
      << found.message;
}

TEST(ProfileInterval, ParametersFixedOrTiedStaySo) {
  RRandom random(8);
  const Values y = random.rnorm(12);
  const LogLikelihood loglik = normal(y);
  const Fit fixed = maximize(loglik, {0, 0}, {"mu", "log(sigma)"}, 12,
                             {.fixed = {{"log(sigma)", std::log(2.0)}}});
  const ProfileInterval mu = profile_interval(loglik, fixed, "mu");
  EXPECT_NEAR(mu.upper - mu.lower, 2 * two_sided_quantile(0.95) * 2 / std::sqrt(12), 1e-11);
  EXPECT_THROW(profile_interval(loglik, fixed, "log(sigma)"), InputError);
  EXPECT_EQ(profile_intervals(loglik, fixed).size(), 1U);

  // Two means that are one: the interval of either is that of the mean of all.
  const Tensor a = from_vector(Values(y.begin(), y.begin() + 4)),
               b = from_vector(Values(y.begin() + 4, y.end()));
  const LogLikelihood two = [&](const Tensor& p) {
    const Tensor s = select(p, 0, 2);
    return cat({-0.5 * square((a - select(p, 0, 0)) * exp(-s)) - s,
                -0.5 * square((b - select(p, 0, 1)) * exp(-s)) - s});
  };
  const Fit tied = maximize(two, {0, 1, 0}, {"a", "b", "log(sigma)"}, 12, {.tied = {{"a", "b"}}});
  const auto [center, variance] = moments(y);
  const double reach = std::sqrt(variance * std::expm1(chi2_95 / 12));
  for (const char* name : {"a", "b"}) {
    const ProfileInterval found = profile_interval(two, tied, name);
    EXPECT_NEAR(found.lower, center - reach, 1e-11) << name;
    EXPECT_NEAR(found.upper, center + reach, 1e-11) << name;
  }
}

TEST(ProfileInterval, RefusesBadCalls) {
  const LogLikelihood loglik = normal({1, 2, 4});
  Fit fit = maximize(loglik, {0, 0}, {"mu", "log(sigma)"}, 3);
  EXPECT_THROW(profile_interval(loglik, fit, "sigma"), InputError);
  EXPECT_THROW(profile_interval(loglik, fit, "mu", 1), InputError);
  EXPECT_THROW(profile_interval(loglik, fit, "mu", NAN), InputError);
  EXPECT_THROW(profile_curve(loglik, fit, "mu", {.points = 0}), InputError);
  Fit failed = fit;
  failed.status = FitStatus::failed;
  EXPECT_THROW(profile_interval(loglik, failed, "mu"), InputError);
  fit.vcov.clear();
  EXPECT_THROW(profile_interval(loglik, fit, "mu"), InputError);
}

TEST(ProfileCurve, IsTheMaximumAtEachValue) {
  RRandom random(2);
  const Values y = random.rnorm(15);
  const auto [center, variance] = moments(y);
  const LogLikelihood loglik = normal(y);
  const Fit fit = maximize(loglik, {0, 0}, {"mu", "log(sigma)"}, 15);
  const ProfileCurve curve = profile_curve(loglik, fit, "mu", {.points = 8});
  ASSERT_EQ(curve.points.size(), 17U);
  EXPECT_TRUE(curve.message.empty());
  EXPECT_EQ(curve.points[8].value, fit.estimate[0]);
  EXPECT_EQ(curve.points[8].signed_root, 0);
  for (std::size_t i = 0; i < curve.points.size(); ++i) {
    const ProfilePoint& point = curve.points[i];
    const double square_sigma = variance + std::pow(center - point.value, 2);
    EXPECT_NEAR(point.loglik, -7.5 * (std::log(square_sigma) + 1), 1e-11);
    EXPECT_NEAR(point.estimate[0], point.value, 1e-14);
    EXPECT_NEAR(point.estimate[1], 0.5 * std::log(square_sigma), 1e-7);
    if (i > 0) {
      EXPECT_GT(point.value, curve.points[i - 1].value);
      EXPECT_GT(point.signed_root, curve.points[i - 1].signed_root);
    }
  }
  const double end = two_sided_quantile(0.99);
  EXPECT_NEAR(curve.points.front().signed_root, -end, 1e-9);
  EXPECT_NEAR(curve.points.back().signed_root, end, 1e-9);
}

}  // namespace
}  // namespace wald
