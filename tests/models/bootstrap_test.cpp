// The bootstrap: what it draws, the same bits for any number of threads, failures, and intervals
// against values worked out by hand.
#include <wald/engine/ops/ops.h>
#include <wald/kernels/cpu/parallel.h>
#include <wald/models/bootstrap.h>
#include <wald/models/distributions.h>
#include <wald/models/random.h>

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace wald {
namespace {

using Values = std::vector<double>;

/// A fit that is the mean of y, in closed form.
Fit mean_fit(const Tensor& y) {
  Fit fit;
  fit.names = {"mean"};
  fit.estimate = {mean(y).item()};
  fit.status = FitStatus::converged;
  return fit;
}

Tensor sample(int n) {
  RRandom random(4);
  return exp(from_vector(random.rnorm(static_cast<std::size_t>(n))));
}

TEST(Bootstrap, ReplicatesAreFitsOfRowsDrawn) {
  const Tensor y = sample(40);
  const auto refit = [&](const Tensor& rows) { return mean_fit(index_select(y, 0, rows)); };
  const Bootstrap found = bootstrap_cases(refit, mean_fit(y), 40, {.replicates = 4000, .seed = 9});
  EXPECT_EQ(found.count(), 4000);
  EXPECT_EQ(found.failures, 0);
  // Of the mean the bootstrap's moments are known: those of the sample.
  const double sd = std::sqrt(var(y, Dims{0}, 0).item() / 40);
  EXPECT_NEAR(found.mean(0), mean(y).item(), 4 * sd / std::sqrt(4000));
  EXPECT_NEAR(found.std_error(0), sd, 4 * sd / std::sqrt(2 * 4000));
  EXPECT_DOUBLE_EQ(found.vcov()[0], found.std_error(0) * found.std_error(0));
  EXPECT_EQ(std::set<double>(found.replicates.begin(), found.replicates.end()).size(), 4000U);
}

TEST(Bootstrap, IsTheSameForAnyNumberOfThreads) {
  const Tensor y = sample(30);
  const auto refit = [&](const Tensor& rows) {
    const Tensor drawn = index_select(y, 0, rows);
    return maximize([&](const Tensor& b) { return -drawn * exp(-b) - b; }, {0}, {"log(mean)"}, 30);
  };
  const auto redraw = [&](Generator& random) {
    return mean_fit(exponential({30}, 2, {.generator = &random}));
  };
  const Fit fit = refit(from_vector([] {
    std::vector<std::int64_t> all(30);
    for (int i = 0; i < 30; ++i) all[i] = i;
    return all;
  }()));
  const BootstrapOptions options{.replicates = 50, .seed = 3, .jackknife = true};
  std::vector<Bootstrap> cases, draws;
  for (int threads : {1, 2, 5}) {
    const NumThreadsGuard guard(threads);
    cases.push_back(bootstrap_cases(refit, fit, 30, options));
    draws.push_back(bootstrap_parametric(redraw, mean_fit(y), {.replicates = 50, .seed = 3}));
  }
  for (std::size_t i : {1U, 2U}) {
    EXPECT_EQ(cases[i].replicates, cases[0].replicates);
    EXPECT_EQ(cases[i].acceleration, cases[0].acceleration);
    EXPECT_EQ(draws[i].replicates, draws[0].replicates);
  }
  // Another seed, other numbers.
  EXPECT_NE(bootstrap_cases(refit, fit, 30, {.replicates = 50, .seed = 4}).replicates,
            cases[0].replicates);
  // More replicates begin with the same ones.
  const Values more = bootstrap_cases(refit, fit, 30, {.replicates = 60, .seed = 3}).replicates;
  EXPECT_EQ(Values(more.begin(), more.begin() + 50), cases[0].replicates);
}

TEST(Bootstrap, ParametricHasTheModelsSpread) {
  // Means of 25 exponentials of mean 1/2.
  const auto redraw = [](Generator& random) {
    return mean_fit(exponential({25}, 2, {.generator = &random}));
  };
  const Bootstrap found =
      bootstrap_parametric(redraw, mean_fit(full({1}, 0.5)), {.replicates = 4000, .seed = 1});
  EXPECT_NEAR(found.mean(0), 0.5, 4 * 0.1 / std::sqrt(4000));
  EXPECT_NEAR(found.std_error(0), 0.1, 4 * 0.1 / std::sqrt(2 * 4000));
}

TEST(Bootstrap, CountsFailures) {
  const Tensor y = tensor({0, 0, 0, 1, 1});
  // Log odds: without a success, or a failure, there are none.
  const auto refit = [&](const Tensor& rows) {
    const Tensor drawn = index_select(y, 0, rows);
    const double share = mean(drawn).item();
    if (share == 0) throw NotIdentifiedError("there are no successes");
    Fit fit = mean_fit(drawn);
    fit.estimate[0] = std::log(share / (1 - share));
    return fit;
  };
  const Fit fit = refit(from_vector(std::vector<std::int64_t>{0, 1, 2, 3, 4}));
  const Bootstrap found = bootstrap_cases(refit, fit, 5, {.replicates = 2000});
  EXPECT_EQ(found.count() + found.failures, 2000);
  EXPECT_EQ(found.reasons.size(), 2U);
  // All five from the three failures, or from the two successes.
  EXPECT_NEAR(found.reasons.at("there are no successes"), 2000 * std::pow(0.6, 5), 50);
  EXPECT_NEAR(found.reasons.at("an estimate is not finite"), 2000 * std::pow(0.4, 5), 20);
  for (double b : found.replicates) EXPECT_TRUE(std::isfinite(b));

  Fit stopped = fit;
  stopped.status = FitStatus::failed;
  try {
    bootstrap_cases([&](const Tensor&) { return stopped; }, fit, 5);
    FAIL();
  } catch (const NumericalError& error) {
    EXPECT_STREQ(error.what(),
                 "bootstrap: 999 of 999 replicates could not be fitted: the fit did not converge");
  }
}

TEST(Bootstrap, PassesOnWhatIsNoFailureOfTheData) {
  const Fit fit = mean_fit(ones({3}));
  Fit other = fit;
  other.names = {"median"};
  EXPECT_THROW(bootstrap_cases([&](const Tensor&) { return other; }, fit, 3), InputError);
  EXPECT_THROW(
      bootstrap_cases([](const Tensor&) -> Fit { throw std::logic_error("mine"); }, fit, 3),
      std::logic_error);
  EXPECT_THROW(bootstrap_cases([&](const Tensor&) { return fit; }, fit, 1), InputError);
  EXPECT_THROW(bootstrap_cases([&](const Tensor&) { return fit; }, fit, 3, {.replicates = 1}),
               InputError);
  EXPECT_THROW(bootstrap_parametric([&](Generator&) { return fit; }, fit, {.jackknife = true}),
               InputError);
}

// Of the mean the jackknife's deviations are those of the rows, over n - 1.
TEST(Bootstrap, AccelerationOfTheMeanIsItsSkewness) {
  const Tensor y = tensor({1, 2, 4, 9, 10, 31});
  const auto refit = [&](const Tensor& rows) { return mean_fit(index_select(y, 0, rows)); };
  const Bootstrap found =
      bootstrap_cases(refit, mean_fit(y), 6, {.replicates = 20, .jackknife = true});
  const Tensor d = y - mean(y);
  EXPECT_NEAR(found.acceleration[0],
              sum(d * d * d).item() / (6 * std::pow(sum(square(d)).item(), 1.5)), 1e-15);
  const auto fragile = [&](const Tensor& rows) {
    if (rows.numel() == 5) throw NotIdentifiedError("too few");
    return refit(rows);
  };
  EXPECT_THROW(bootstrap_cases(fragile, mean_fit(y), 6, {.replicates = 20, .jackknife = true}),
               NumericalError);
}

/// 199 replicates exp(z_i / 2) at the quantiles i / 200 of the normal distribution, mixed.
Bootstrap lognormal_replicates() {
  Bootstrap b;
  b.names = {"t"};
  b.estimate = {1.1};
  b.acceleration = {0.05};
  for (int i = 1; i < 200; ++i)
    b.replicates.push_back(std::exp(normal_quantile((i * 73 % 200) / 200.0) / 2));
  return b;
}

TEST(BootstrapIntervals, AreWorkedOutByHand) {
  const Bootstrap b = lognormal_replicates();
  const auto of = [&](BootstrapInterval kind, double level) {
    return bootstrap_intervals(b, kind, level).at(0);
  };
  // 200 * 0.05 = 10 and 190: replicates themselves.
  const double low = std::exp(normal_quantile(0.05) / 2),
               high = std::exp(normal_quantile(0.95) / 2);
  EXPECT_NEAR(of(BootstrapInterval::percentile, 0.9).lower, low, 1e-14);
  EXPECT_NEAR(of(BootstrapInterval::percentile, 0.9).upper, high, 1e-14);
  EXPECT_NEAR(of(BootstrapInterval::basic, 0.9).lower, 2.2 - high, 1e-14);
  EXPECT_NEAR(of(BootstrapInterval::basic, 0.9).upper, 2.2 - low, 1e-14);
  // Computed apart, with Python's statistics.NormalDist.
  EXPECT_NEAR(of(BootstrapInterval::bca, 0.9).lower, 0.56157046853085, 1e-12);
  EXPECT_NEAR(of(BootstrapInterval::bca, 0.9).upper, 3.043420476918239, 1e-12);
  EXPECT_NEAR(of(BootstrapInterval::bca, 0.8).lower, 0.6594494472751908, 1e-12);
  EXPECT_NEAR(of(BootstrapInterval::bca, 0.8).upper, 2.450636996231327, 1e-12);
  EXPECT_EQ(of(BootstrapInterval::bca, 0.8).estimate, 1.1);
  // Between replicates 2 and 3 at 0.0125, on the normal scale: exact for these replicates.
  Bootstrap normal = b;
  for (double& t : normal.replicates) t = 2 * std::log(t);
  EXPECT_NEAR(bootstrap_intervals(normal, BootstrapInterval::percentile, 0.975)[0].lower,
              normal_quantile(0.0125), 1e-13);
}

TEST(BootstrapIntervals, RefuseWhatTheReplicatesCannotTell) {
  Bootstrap b = lognormal_replicates();
  EXPECT_THROW(bootstrap_intervals(b, BootstrapInterval::percentile, 0.995), NumericalError);
  EXPECT_THROW(bootstrap_intervals(b, BootstrapInterval::basic, 1), InputError);
  EXPECT_THROW(bootstrap_intervals(b, BootstrapInterval::basic, NAN), InputError);
  b.estimate = {1e3};
  EXPECT_THROW(bootstrap_intervals(b, BootstrapInterval::bca), NumericalError);
  b.acceleration.clear();
  EXPECT_THROW(bootstrap_intervals(b, BootstrapInterval::bca), InputError);
  EXPECT_EQ(bootstrap_interval_named("bca"), BootstrapInterval::bca);
  EXPECT_THROW(bootstrap_interval_named("BC"), InputError);
}

}  // namespace
}  // namespace wald
