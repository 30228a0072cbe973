// Simulated survival data: the published example to the bit, and the order of the draws.
#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/models/simulate.h>

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "../oracles.h"

namespace wald {
namespace {

// R's sum() accumulates in long double.
template <class Term>
double sum(std::size_t n, Term term) {
  long double total = 0;
  for (std::size_t i = 0; i < n; ++i) total += term(i);
  return static_cast<double>(total);
}

TEST(Simulate, PublishedSurvivalDataHasThePublishedTotals) {
  const SurvivalSample sample = published_survival_data();
  ASSERT_EQ(sample.time.size(), 100000U);
  EXPECT_EQ(sample.covariates, std::vector<std::string>{"trt"});
  const std::vector<double>&time = sample.time, &event = sample.event;
  EXPECT_EQ(sum(100000, [&](auto i) { return event[i]; }), 54174);
  EXPECT_EQ(sum(100000, [&](auto i) { return time[i]; }), 345727.49538571673);
  EXPECT_EQ(sum(100000, [&](auto i) { return sample.columns[0][i]; }), 50016);
}

TEST(Simulate, PublishedSurvivalDataHasRsSums) {
  WALD_NEEDS_ORACLE("rng/published_examples.json");
  const auto expected = testing::read_oracle("rng/published_examples.json")["survival_N100000"];
  const SurvivalSample sample = published_survival_data();
  const std::vector<double>&time = sample.time, &event = sample.event, &trt = sample.columns[0];
  const auto expect_sum = [&](const nlohmann::json& value, auto term) {
    const double reference = value;
    EXPECT_NEAR(sum(time.size(), term), reference, 1e-15 * reference);
  };
  for (int arm : {0, 1}) {
    expect_sum(expected["events_by_trt"][arm],
               [&](auto i) { return trt[i] == arm ? event[i] : 0; });
    expect_sum(expected["time_by_trt"][arm], [&](auto i) { return trt[i] == arm ? time[i] : 0; });
  }
  expect_sum(expected["sum_status_log_time"], [&](auto i) { return event[i] * std::log(time[i]); });
  expect_sum(expected["sum_time_squared"], [&](auto i) { return time[i] * time[i]; });
  expect_sum(expected["sum_time_times_(i mod 97 + 1)"],
             [&](auto i) { return time[i] * static_cast<double>((i + 1) % 97 + 1); });
  EXPECT_EQ(std::ranges::min(time), expected["min_time"].get<double>());
}

TEST(Simulate, PublishedSurvivalDataHasRsRows) {
  WALD_NEEDS_ORACLE("rng/survival_head_tail20.csv");
  const Table rows = read_csv(testing::oracle_path("rng/survival_head_tail20.csv"));
  const SurvivalSample sample = published_survival_data();
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const auto i = static_cast<std::size_t>(rows.number(row, rows.column("id"))) - 1;
    EXPECT_EQ(sample.columns[0][i], rows.number(row, rows.column("trt")));
    EXPECT_EQ(sample.time[i], rows.number(row, rows.column("eventtime")));
    EXPECT_EQ(sample.event[i], rows.number(row, rows.column("status")));
  }
}

TEST(Simulate, ExponentialDrawsCovariatesThenTimes) {
  RRandom random(11), same(11);
  const std::vector<double> coefficients = {-1, 0.5, -0.25};
  const SurvivalSample sample = simulate_exponential(random, 50, coefficients, 2.0);
  EXPECT_EQ(sample.covariates, (std::vector<std::string>{"trt", "x2"}));
  const auto trt = same.rbinom(50, 1, 0.5);
  const auto x2 = same.rnorm(50);
  const auto u = same.runif(50);
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(sample.columns[0][i], trt[i]);
    EXPECT_EQ(sample.columns[1][i], x2[i]);
    const double time = -std::log(u[i]) / std::exp(-1 + 0.5 * trt[i] - 0.25 * x2[i]);
    EXPECT_DOUBLE_EQ(sample.time[i], std::min(time, 2.0));
    EXPECT_EQ(sample.event[i], time <= 2 ? 1 : 0);
  }
  EXPECT_EQ(random.runif(), same.runif());
}

TEST(Simulate, ExponentialWithoutCensoringSeesAllEvents) {
  RRandom random(5);
  const std::vector<double> intercept = {std::log(0.2)};
  const SurvivalSample sample = simulate_exponential(random, 20000, intercept);
  EXPECT_TRUE(sample.columns.empty());
  EXPECT_EQ(sum(20000, [&](auto i) { return sample.event[i]; }), 20000);
  EXPECT_NEAR(sum(20000, [&](auto i) { return sample.time[i]; }) / 20000, 5,
              5 * 4 / std::sqrt(2e4));
}

// rweibull(3, p, exp(-eta / p)), rweibull(3, 1 / sigma, exp(eta)), rlnorm(3, eta, sigma) and
// exp(rlogis(3, eta, sigma)) of R 4.2.2, p = exp(0.4), sigma = exp(-0.2), each after set.seed(11),
// trt <- rbinom(3, 1, .5), x2 <- rnorm(3), eta <- -1 + 0.5 * trt + 0.3 * x2.
TEST(Simulate, TimesAreThoseOfRsFunctions) {
  using enum SurvivalDistribution;
  struct Case {
    SurvivalModel model;
    double shape;
    std::vector<double> times;
  };
  const std::vector<Case> cases = {
      {{weibull, SurvivalForm::ph},
       0.4,
       {4.9891933656065479, 2.0175358107707617, 1.3673042586672446}},
      {{weibull, SurvivalForm::aft},
       -0.2,
       {0.34862728369493506, 0.96340482542203532, 0.43638187300660125}},
      {{lognormal, SurvivalForm::aft},
       -0.2,
       {0.073700882192377568, 0.541234188502675351, 1.204650600205046995}},
      {{loglogistic, SurvivalForm::aft},
       -0.2,
       {0.038181833992698533, 0.171917797227807784, 0.422742689793718984}},
      {{gompertz, SurvivalForm::ph},
       0.3,
       {4.8617332393986041, 2.0592442661852757, 1.3032438643271467}}};
  for (const Case& c : cases) {
    RRandom random(11);
    const std::vector<double> parameters = {-1, 0.5, 0.3, c.shape};
    const SurvivalSample sample = simulate_survival(random, 3, c.model, parameters);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_DOUBLE_EQ(sample.time[i], c.times[i]);
  }
}

TEST(Simulate, SomeNeverHaveTheEventOfAFallingGompertzHazard) {
  RRandom random(11);
  const SurvivalModel model{SurvivalDistribution::gompertz, SurvivalForm::ph};
  const std::vector<double> parameters = {-1, 0.5, 0.3, -0.3};
  const SurvivalSample sample = simulate_survival(random, 3, model, parameters, 100);
  EXPECT_EQ(sample.event, (std::vector<double>{0, 1, 1}));
  EXPECT_EQ(sample.time[0], 100);
  EXPECT_DOUBLE_EQ(sample.time[1], 6.4319909056278126);
  EXPECT_DOUBLE_EQ(sample.time[2], 2.1696345718500818);
  EXPECT_THROW(simulate_survival(random, 3, model, parameters), InputError);
}

TEST(Simulate, RefusesWhatItCannotDraw) {
  RRandom random(1);
  const std::vector<double> fine = {0}, infinite = {INFINITY};
  EXPECT_THROW(simulate_exponential(random, 3, {}), InputError);
  EXPECT_THROW(simulate_exponential(random, 3, infinite), InputError);
  EXPECT_THROW(simulate_exponential(random, 3, fine, 0), InputError);
  EXPECT_THROW(simulate_exponential(random, 3, fine, NAN), InputError);
  EXPECT_TRUE(simulate_exponential(random, 0, fine).time.empty());
  EXPECT_THROW(simulate_survival(random, 3, {SurvivalDistribution::weibull}, fine), InputError);
  const std::vector<double> two = {0, 0};
  EXPECT_THROW(simulate_survival(random, 3, {SurvivalDistribution::lognormal}, two), InputError);
}

}  // namespace
}  // namespace wald
