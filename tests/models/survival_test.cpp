// Exponential regression: closed forms, and what must not change when units, rows or weights are
// written differently.
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/models/survival.h>
#include <wald/models/survival_prediction.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "survival_samples.h"

namespace wald {
namespace {

using namespace testing;

constexpr SurvivalForm forms[] = {SurvivalForm::ph, SurvivalForm::aft};

struct ArmTotals {
  long double events[2] = {}, time[2] = {};

  explicit ArmTotals(const SurvivalSample& sample) {
    for (std::size_t i = 0; i < sample.time.size(); ++i) {
      const int arm = static_cast<int>(sample.columns[0][i]);
      events[arm] += sample.event[i];
      time[arm] += sample.time[i];
    }
  }
};

TEST(SurvivalPublished, EstimatesAreTheLogRatesOfTheArms) {
  const SurvivalSample sample = published_survival_data();
  const ArmTotals arms(sample);
  const long double control = std::log(arms.events[0] / arms.time[0]);
  const long double effect = std::log(arms.events[1] / arms.time[1]) - control;
  const SurvivalFit fit = fit_exponential(data_of(sample));
  expect_relative(fit.estimate[0], static_cast<double>(control), 1e-13, "intercept");
  expect_relative(fit.estimate[1], static_cast<double>(effect), 1e-12, "effect");
  const double variance = static_cast<double>(1 / arms.events[0]);
  expect_relative(fit.std_error(0), std::sqrt(variance), 1e-12, "se of the intercept");
  expect_relative(fit.std_error(1), std::sqrt(variance + static_cast<double>(1 / arms.events[1])),
                  1e-12, "se of the effect");
  EXPECT_NEAR(fit.estimate[0], -1.615311215945, 5.1e-13);
  EXPECT_NEAR(fit.estimate[1], -0.495611433294, 5.1e-13);
  EXPECT_NEAR(fit.loglik, -152935.7186, 5.1e-5);
  EXPECT_NEAR(fit.loglik_logtime, -131655.8596854, 5.1e-8);
  EXPECT_EQ(fit.status, FitStatus::converged);
}

// X' diag(t exp(X b)) X, in long double.
TEST(SurvivalPublished, BothHessiansAreTheClosedForm) {
  const SurvivalSample sample = published_survival_data();
  const SurvivalData data = data_of(sample);
  const SurvivalFit fit = fit_exponential(data);
  long double exact[4] = {};
  for (std::size_t i = 0; i < sample.time.size(); ++i) {
    const long double x[2] = {1, sample.columns[0][i]};
    const long double weight =
        sample.time[i] * std::exp(x[0] * fit.estimate[0] + x[1] * fit.estimate[1]);
    for (int a = 0; a < 2; ++a)
      for (int b = 0; b < 2; ++b) exact[2 * a + b] += weight * x[a] * x[b];
  }
  const LogLikelihood terms = log_likelihood(survival_regression(data));
  const auto objective = [&](const Tensor& b) { return -sum(terms(b)); };
  for (HessianMethod method : {HessianMethod::batched, HessianMethod::rows}) {
    const Values h = hessian(objective, from_vector(fit.estimate), method).to_vector();
    for (int i = 0; i < 4; ++i)
      expect_relative(h[i], static_cast<double>(exact[i]), 1e-12, fmt::format("element {}", i));
  }
  for (int i = 0; i < 4; ++i)
    expect_relative(fit.information[i], static_cast<double>(exact[i]), 1e-12, "information");
}

TEST(Survival, WithoutCovariatesTheRateIsEventsOverTime) {
  const SurvivalSample sample = small_sample();
  const double events = std::accumulate(sample.event.begin(), sample.event.end(), 0.0);
  const double time = std::accumulate(sample.time.begin(), sample.time.end(), 0.0);
  for (SurvivalForm form : forms) {
    const double sign = form == SurvivalForm::ph ? 1 : -1;
    const SurvivalFit fit = fit_exponential(data_of(sample.time, sample.event, {}), form);
    expect_relative(fit.estimate[0], sign * std::log(events / time), 1e-14, "log rate");
    expect_relative(fit.std_error(0), 1 / std::sqrt(events), 1e-14, "standard error");
    expect_relative(fit.loglik, events * std::log(events / time) - events, 1e-14, "loglik");
    expect_relative(fit.aic(), 2 - 2 * fit.loglik, 1e-15, "aic");
    expect_relative(fit.bic(), std::log(300.0) - 2 * fit.loglik, 1e-15, "bic");
    EXPECT_EQ(fit.events, events);
    expect_relative(fit.time_at_risk, time, 1e-14, "time at risk");
    EXPECT_EQ(fit.n, 300);
  }
}

TEST(Survival, NullModelIsTheFitWithoutCovariates) {
  const SurvivalSample sample = small_sample();
  for (SurvivalForm form : forms) {
    const SurvivalFit with = fit_exponential(data_of(sample), form);
    const SurvivalFit without = fit_exponential(data_of(sample.time, sample.event, {}), form);
    expect_relative(with.loglik_null, without.loglik, 1e-14, "null log-likelihood");
    EXPECT_EQ(with.lr_df(), 2);
    EXPECT_GT(with.lr_statistic(), 0);
  }
  SurvivalData no_intercept = data_of(sample);
  no_intercept.x = slice(no_intercept.x, 1, 1, 3);
  no_intercept.names = {"x1", "x2"};
  EXPECT_TRUE(std::isnan(fit_exponential(no_intercept).loglik_null));
}

TEST(Survival, TwoGroupsHaveEachTheirRate) {
  const SurvivalSample sample = small_sample();
  const ArmTotals arms(sample);
  const auto log_rate = [&](int arm) {
    return static_cast<double>(std::log(arms.events[arm] / arms.time[arm]));
  };
  const SurvivalFit fit = fit_exponential(data_of(sample.time, sample.event, {sample.columns[0]}));
  expect_relative(fit.estimate[0], log_rate(0), 1e-13, "control");
  expect_relative(fit.estimate[1], log_rate(1) - log_rate(0), 1e-13, "effect");
  const double v0 = static_cast<double>(1 / arms.events[0]);
  const double v1 = static_cast<double>(1 / arms.events[1]);
  expect_relative(fit.vcov[0], v0, 1e-13, "variance of the control");
  expect_relative(fit.vcov[1], -v0, 1e-13, "covariance");
  expect_relative(fit.vcov[3], v0 + v1, 1e-13, "variance of the effect");
}

TEST(Survival, SmallestDataHaveClosedForms) {
  const SurvivalFit one = fit_exponential(data_of({2.5}, {1}, {}));
  expect_relative(one.estimate[0], -std::log(2.5), 1e-15, "one row");
  EXPECT_DOUBLE_EQ(one.std_error(0), 1);
  // As many coefficients as rows: each event has its own rate.
  const SurvivalFit full = fit_exponential(data_of({2, 3, 5}, {1, 1, 1}, {{0, 1, 0}, {0, 0, 1}}));
  EXPECT_NEAR(full.estimate[0], -std::log(2), 1e-12);
  EXPECT_NEAR(full.estimate[1], std::log(2.0 / 3), 1e-12);
  EXPECT_NEAR(full.estimate[2], std::log(2.0 / 5), 1e-12);
  EXPECT_NEAR(full.std_error(1), std::sqrt(2), 1e-12);
}

TEST(Survival, FormsDifferBySign) {
  const SurvivalData data = data_of(small_sample());
  const SurvivalFit ph = fit_exponential(data), aft = fit_exponential(data, SurvivalForm::aft);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(ph.estimate[i], -aft.estimate[i], 1e-12 * ph.std_error(i));
  for (std::size_t i = 0; i < 9; ++i)
    EXPECT_NEAR(ph.vcov[i], aft.vcov[i], 1e-12 * std::abs(ph.vcov[i]));
  EXPECT_NEAR(ph.loglik, aft.loglik, 1e-13 * std::abs(ph.loglik));
}

TEST(Survival, WholeWeightsAreRepeatedRows) {
  const SurvivalSample sample = small_sample();
  SurvivalSample repeated{{}, {}, {}, {{}, {}}};
  Values weights;
  for (std::size_t i = 0; i < sample.time.size(); ++i) {
    weights.push_back(static_cast<double>(i % 4));  // 0 leaves the row out
    for (std::size_t copy = 0; copy < i % 4; ++copy) {
      repeated.time.push_back(sample.time[i]);
      repeated.event.push_back(sample.event[i]);
      for (int c : {0, 1}) repeated.columns[c].push_back(sample.columns[c][i]);
    }
  }
  SurvivalData weighted = data_of(sample);
  weighted.weights = from_vector(weights);
  const SurvivalFit fit = fit_exponential(weighted);
  expect_same_fit(fit, fit_exponential(data_of(repeated)), 1e-12);
  EXPECT_EQ(fit.n, 300);
}

TEST(Survival, SpellsSplitAtAnyTimeAreOneSpell) {
  const SurvivalSample sample = small_sample();
  SurvivalSample split{{}, {}, {}, {{}, {}}};
  Values entry;
  for (std::size_t i = 0; i < sample.time.size(); ++i)
    for (bool is_last : {false, true}) {
      const double cut = sample.time[i] * 0.25;
      split.time.push_back(is_last ? sample.time[i] : cut);
      split.event.push_back(is_last ? sample.event[i] : 0);
      entry.push_back(is_last ? cut : 0);
      for (int c : {0, 1}) split.columns[c].push_back(sample.columns[c][i]);
    }
  SurvivalData spells = data_of(split);
  spells.entry = from_vector(entry);
  expect_same_fit(fit_exponential(spells), fit_exponential(data_of(sample)), 1e-12);
}

TEST(Survival, UnitsOfTimeMoveTheInterceptAlone) {
  SurvivalSample sample = small_sample();
  const SurvivalFit reference = fit_exponential(data_of(sample));
  for (double unit : {1e6, 1e-6, 1e100, 1e-100}) {
    SurvivalSample scaled = sample;
    for (double& time : scaled.time) time *= unit;
    const SurvivalFit fit = fit_exponential(data_of(scaled));
    EXPECT_NEAR(fit.estimate[0], reference.estimate[0] - std::log(unit), 1e-12) << unit;
    for (std::size_t i : {1, 2})
      expect_relative(z_values(fit)[i], z_values(reference)[i], 1e-9, fmt::format("{}", unit));
  }
}

TEST(Survival, UnitsOfCovariatesDoNotMatter) {
  const SurvivalSample sample = small_sample();
  const Values z = z_values(fit_exponential(data_of(sample)));
  for (double unit : {1e6, 1e-6, 1e100, 1e-100}) {
    SurvivalSample scaled = sample;
    for (double& x : scaled.columns[0]) x *= unit;
    for (double& x : scaled.columns[1]) x /= unit;
    const Values scaled_z = z_values(fit_exponential(data_of(scaled)));
    for (std::size_t i : {0, 1, 2})
      expect_relative(scaled_z[i], z[i], 1e-9, fmt::format("{}, coefficient {}", unit, i));
  }
}

TEST(Survival, ShiftedCovariateKeepsItsSlope) {
  const SurvivalSample sample = small_sample();
  const SurvivalFit reference = fit_exponential(data_of(sample));
  for (auto [shift, tolerance] : {std::pair(1e3, 1e-9), std::pair(1e6, 1e-9)}) {
    SurvivalSample shifted = sample;
    for (double& x : shifted.columns[1]) x += shift;
    const SurvivalFit fit = fit_exponential(data_of(shifted));
    EXPECT_NEAR(fit.estimate[2], reference.estimate[2], tolerance * reference.std_error(2));
    expect_relative(z_values(fit)[2], z_values(reference)[2], tolerance, fmt::format("{}", shift));
    expect_relative(z_values(fit)[1], z_values(reference)[1], tolerance, fmt::format("{}", shift));
    EXPECT_NE(fit.status, FitStatus::failed);
  }
}

TEST(Survival, LikelihoodIsASumOverRows) {
  const SurvivalSample sample = small_sample();
  SurvivalData data = data_of(sample);
  Values entry, weights;
  for (std::size_t i = 0; i < sample.time.size(); ++i) {
    entry.push_back(sample.time[i] * 0.125);
    weights.push_back(0.5 + static_cast<double>(i % 3));
  }
  data.entry = from_vector(entry);
  data.weights = from_vector(weights);
  for (SurvivalForm form : forms) {
    const double sign = form == SurvivalForm::ph ? 1 : -1;
    const SurvivalFit fit = fit_exponential(data, form);
    const LogLikelihood loglik =
        log_likelihood(survival_regression(data, {SurvivalDistribution::exponential, form}));
    const Values terms = loglik(from_vector(fit.estimate)).to_vector();
    ASSERT_EQ(terms.size(), sample.time.size());
    double total = 0;
    for (std::size_t i = 0; i < terms.size(); ++i) {
      const double eta = sign * (fit.estimate[0] + fit.estimate[1] * sample.columns[0][i] +
                                 fit.estimate[2] * sample.columns[1][i]);
      const double term =
          weights[i] * (sample.event[i] * eta - std::exp(eta) * (sample.time[i] - entry[i]));
      EXPECT_NEAR(terms[i], term, 1e-13 * (1 + std::abs(term))) << "row " << i;
      total += terms[i];
    }
    expect_relative(fit.loglik, total, 1e-13, "sum");
  }
}

TEST(Survival, MeanSurvivalAveragesTheSubjects) {
  const SurvivalData data = data_of({1, 2, 3, 4}, {1, 1, 1, 0}, {{0, 0, 1, 1}});
  for (SurvivalForm form : forms) {
    const SurvivalFit fit = fit_exponential(data, form);
    const Values s = mean_survival(fit, data, {0, 1, 2.5, 1e9});
    EXPECT_EQ(s[0], 1);
    for (auto [i, time] : {std::pair(1, 1.0), std::pair(2, 2.5)})
      EXPECT_NEAR(s[i], (std::exp(-2.0 / 3 * time) + std::exp(-1.0 / 7 * time)) / 2, 1e-14);
    EXPECT_EQ(s[3], 0);
  }
}

TEST(Survival, RefusesWhatHasNoFiniteEstimate) {
  EXPECT_THROW(fit_exponential(data_of({1, 2}, {0, 0}, {})), NotIdentifiedError);
  EXPECT_THROW(fit_exponential(data_of({1, 2, 3, 4}, {1, 1, 0, 0}, {{0, 0, 1, 1}})),
               NotIdentifiedError);
  SurvivalData unweighted = data_of({1, 2, 3, 4}, {1, 1, 1, 0}, {{0, 0, 1, 1}});
  unweighted.weights = from_vector(Values{1, 1, 0, 1});  // the only event of its group counts 0
  EXPECT_THROW(fit_exponential(unweighted), NotIdentifiedError);
}

}  // namespace
}  // namespace wald
