// Fits of every distribution of survival times: what must not change when units, rows, weights,
// censoring or parameters are written differently, and what has no estimate.
#include <wald/engine/ops/ops.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "survival_reference.h"
#include "survival_samples.h"

namespace wald {
namespace {

using namespace testing;
using ::testing::HasSubstr;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

SurvivalFit fit_of(const Kind& kind, const SurvivalData& data) {
  return fit_survival(data, kind.model());
}

/// 300 subjects, some of whom entered late.
SurvivalData late_data() {
  SurvivalSample sample = small_sample();
  SurvivalData data = testing::data_of(sample);
  for (std::size_t i = 0; i < sample.time.size(); ++i)
    sample.time[i] *= i % 3 == 0 ? 0 : 0.1 * static_cast<double>(i % 7);
  data.entry = from_vector(sample.time);
  return data;
}

/// The same subjects, seen at every half unit of time only: of some the event is seen, of some only
/// that it has been, of some that it has not.
SurvivalData visited_data() {
  const SurvivalSample sample = small_sample();
  SurvivalData data = testing::data_of(sample);
  Values from = sample.time, to = sample.time;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (i % 5 == 0 && sample.event[i] == 1) continue;
    from[i] = std::floor(2 * sample.time[i]) / 2;
    to[i] = sample.event[i] == 1 ? from[i] + 0.5 : nan;
    if (i % 4 == 0 && sample.event[i] == 1) from[i] = nan;
  }
  data.event = {};
  data.time = from_vector(from);
  data.time2 = from_vector(to);
  return data;
}

SurvivalData scaled(SurvivalData data, double unit) {
  data.time = data.time * unit;
  if (data.entry.defined()) data.entry = data.entry * unit;
  if (data.time2.defined()) data.time2 = data.time2 * unit;
  return data;
}

class SurvivalFits : public ::testing::TestWithParam<Kind> {};

TEST_P(SurvivalFits, TheUnitOfTimeChangesConstantsOnly) {
  for (const SurvivalData& data : {testing::data_of(small_sample()), late_data(), visited_data()}) {
    const SurvivalFit reference = fit_of(GetParam(), data);
    EXPECT_EQ(reference.status, FitStatus::converged) << reference.message;
    for (double unit : {1e-6, 1e6}) {
      const SurvivalFit fit = fit_of(GetParam(), scaled(data, unit));
      EXPECT_EQ(fit.status, FitStatus::converged) << fit.message;
      for (std::size_t i : {1, 2}) {
        EXPECT_NEAR(fit.estimate[i], reference.estimate[i], 1e-9 * reference.std_error(i));
        expect_relative(fit.std_error(i), reference.std_error(i), 1e-9, "standard error");
      }
      expect_relative(fit.lr_statistic(), reference.lr_statistic(), 1e-9, "likelihood ratio");
      const double seen = sum(data.time2.defined() ? data.time == data.time2 : data.event == 1)
                              .item<std::int64_t>();
      EXPECT_NEAR(fit.loglik, reference.loglik - seen * std::log(unit),
                  1e-11 * std::abs(fit.loglik));
      EXPECT_NEAR(fit.loglik_logtime, reference.loglik_logtime, 1e-10 * std::abs(fit.loglik));
    }
  }
}

// Twice the events of weight 1 are those of weight 2, and weight 0 is none.
TEST_P(SurvivalFits, WholeWeightsAreRepeatedRows) {
  for (SurvivalData data : {late_data(), visited_data()}) {
    SurvivalData repeated = data;
    std::vector<std::int64_t> rows;
    Values weights;
    for (std::int64_t i = 0; i < data.n(); ++i) {
      weights.push_back(static_cast<double>(i % 3));
      rows.insert(rows.end(), static_cast<std::size_t>(i % 3), i);
    }
    const Tensor index = from_vector(rows);
    for (Tensor* column :
         {&repeated.x, &repeated.time, &repeated.event, &repeated.entry, &repeated.time2})
      if (column->defined()) *column = index_select(*column, 0, index);
    data.weights = from_vector(weights);
    expect_same_fit(fit_of(GetParam(), data), fit_of(GetParam(), repeated), 1e-9);
  }
}

TEST_P(SurvivalFits, EventsAreIntervalsWithoutLength) {
  const SurvivalData data = late_data();
  SurvivalData intervals = data;
  intervals.time2 = where(data.event == 1, data.time, nan);
  intervals.event = {};
  const SurvivalFit a = fit_of(GetParam(), data), b = fit_of(GetParam(), intervals);
  expect_same_fit(a, b, 1e-12);
  EXPECT_NEAR(a.loglik_null, b.loglik_null, 1e-12 * std::abs(a.loglik_null));
}

// Intervals of a billionth of the time: the estimates are those of the times.
TEST_P(SurvivalFits, ShortIntervalsAreEvents) {
  const SurvivalData data = late_data();
  SurvivalData intervals = data;
  intervals.time2 = where(data.event == 1, data.time * (1 + 1e-9), nan);
  intervals.event = {};
  const SurvivalFit a = fit_of(GetParam(), data), b = fit_of(GetParam(), intervals);
  for (std::size_t i = 0; i < a.names.size(); ++i) {
    EXPECT_NEAR(a.estimate[i], b.estimate[i], 1e-6 * a.std_error(i));
    expect_relative(b.std_error(i), a.std_error(i), 1e-6, "standard error");
  }
}

TEST_P(SurvivalFits, AnOffsetIsACoefficientOfOne) {
  for (SurvivalData data : {late_data(), visited_data()}) {
    const SurvivalFit free = fit_of(GetParam(), data);
    data.offset = select(data.x, 1, 2) * free.estimate[2];
    data.x = slice(data.x, 1, 0, 2);
    data.names.pop_back();
    const SurvivalFit fit = fit_of(GetParam(), data);
    EXPECT_NEAR(fit.loglik, free.loglik, 1e-12 * std::abs(free.loglik));
    for (std::size_t i : {0, 1})
      EXPECT_NEAR(fit.estimate[i], free.estimate[i], 1e-6 * free.std_error(i));
    EXPECT_LT(fit.loglik_null, fit.loglik);
  }
}

TEST_P(SurvivalFits, NullModelIsTheFitWithoutCovariates) {
  for (SurvivalData data : {late_data(), visited_data()}) {
    const SurvivalFit with = fit_of(GetParam(), data);
    data.x = slice(data.x, 1, 0, 1);
    data.names = {"(Intercept)"};
    const SurvivalFit without = fit_of(GetParam(), data);
    EXPECT_EQ(with.lr_df(), 2);
    EXPECT_EQ(without.lr_df(), 0);
    expect_relative(with.loglik_null, without.loglik, 1e-12, "null log-likelihood");
    expect_relative(without.loglik_null, without.loglik, 1e-15, "null log-likelihood");
  }
}

// What is held is held in the null model too, or there is none to compare with.
TEST_P(SurvivalFits, ParametersMayBeHeld) {
  const Kind kind = GetParam();
  SurvivalData data = visited_data();
  const SurvivalFit free = fit_of(kind, data);
  const SurvivalFit without = fit_survival(data, kind.model(), {.fixed = {{"x2", 0.0}}});
  EXPECT_EQ(without.lr_df(), 1);
  expect_relative(without.loglik_null, free.loglik_null, 1e-12, "null log-likelihood");
  EXPECT_TRUE(std::isnan(fit_survival(data, kind.model(), {.fixed = {{"x2", 0.1}}}).loglik_null));
  const SurvivalFit tied = fit_survival(data, kind.model(), {.tied = {{"x1", "x2"}}});
  EXPECT_EQ(tied.lr_df(), 1);
  EXPECT_EQ(tied.estimate[1], tied.estimate[2]);
  data.x = slice(data.x, 1, 0, 2);
  data.names.pop_back();
  expect_relative(without.loglik, fit_of(kind, data).loglik, 1e-12, "without x2");
  if (!kind.has_shape()) return;
  const std::string shape = free.names.back();
  const SurvivalFit exponential = fit_survival(data, kind.model(), {.fixed = {{shape, 0.0}}});
  EXPECT_EQ(exponential.lr_df(), 1);
  EXPECT_LT(exponential.loglik_null, exponential.loglik);
  if (kind.distribution == SurvivalDistribution::weibull ||
      kind.distribution == SurvivalDistribution::gompertz) {
    const SurvivalFit same = fit_survival(data, {SurvivalDistribution::exponential, kind.form});
    EXPECT_NEAR(exponential.estimate[1], same.estimate[1], 1e-9 * same.std_error(1));
    expect_relative(exponential.loglik_null, same.loglik_null, 1e-12, "null log-likelihood");
  }
}

// Times far from 0 in their width, where a hazard that does not change is no place to start from.
TEST_P(SurvivalFits, NarrowTimesAreFitted) {
  RRandom random(3);
  Values time = random.runif(200), event;
  for (double& t : time) {
    event.push_back(t < 0.6 ? 1 : 0);
    t += 1000;
  }
  const SurvivalFit fit = fit_of(GetParam(), testing::data_of(time, event, {}));
  EXPECT_EQ(fit.status, FitStatus::converged) << fit.message;
}

// Without a constant column the intercept may still be in the span of the others.
TEST_P(SurvivalFits, IndicatorsOfAllGroupsReplaceTheIntercept) {
  for (double unit : {1.0, 1e6}) {
    SurvivalData data = scaled(late_data(), unit);
    const SurvivalFit reference = fit_of(GetParam(), data);
    const Tensor trt = select(data.x, 1, 1);
    data.x = stack({1.0 - trt, trt, select(data.x, 1, 2)}, 1);
    const SurvivalFit fit = fit_of(GetParam(), data);
    EXPECT_TRUE(std::isnan(fit.loglik_null));
    EXPECT_NEAR(fit.loglik, reference.loglik, 1e-12 * std::abs(fit.loglik));
    EXPECT_NEAR(fit.estimate[1], reference.estimate[0] + reference.estimate[1],
                1e-9 * fit.std_error(1));
  }
}

TEST_P(SurvivalFits, UnitsOfCovariatesDoNotMatter) {
  const SurvivalData data = visited_data();
  const Values z = z_values(fit_of(GetParam(), data));
  for (double unit : {1e6, 1e-6, 1e100, 1e-100}) {
    SurvivalData changed = data;
    changed.x = data.x * from_vector(Values{1, unit, 1 / unit});
    const Values changed_z = z_values(fit_of(GetParam(), changed));
    for (std::size_t i = 0; i < z.size(); ++i)
      EXPECT_NEAR(changed_z[i], z[i], 1e-8 * (1 + std::abs(z[i]))) << unit << " " << i;
  }
}

std::string refusal(const Kind& kind, const SurvivalData& data) {
  try {
    fit_of(kind, data);
  } catch (const NotIdentifiedError& e) {
    return e.what();
  }
  return "fitted";
}

TEST_P(SurvivalFits, RefusesWhatHasNoFiniteEstimate) {
  const Kind kind = GetParam();
  const char* grows = kind.is_ph() ? "minus infinity" : "plus infinity";
  const SurvivalData none = testing::data_of({1, 2, 3, 4}, {0, 0, 0, 0}, {});
  EXPECT_THAT(refusal(kind, none), HasSubstr("there are no events"));
  EXPECT_THAT(refusal(kind, none), HasSubstr("(Intercept)"));
  SurvivalData group = testing::data_of({1, 2, 3, 4, 5}, {1, 1, 1, 0, 0}, {{0, 0, 0, 1, 1}});
  EXPECT_THAT(refusal(kind, group), HasSubstr("coefficient of x1"));
  EXPECT_THAT(refusal(kind, group), HasSubstr(grows));
  SurvivalData collinear =
      testing::data_of({1, 2, 3, 4}, {1, 1, 1, 1}, {{1, 2, 3, 5}, {2, 4, 6, 10}});
  EXPECT_THAT(refusal(kind, collinear), HasSubstr("x2 = 2 x1"));
  SurvivalData unweighted = testing::data_of({1, 2, 3, 4}, {1, 1, 0, 0}, {});
  unweighted.weights = from_vector(Values{0, 0, 1, 1});
  EXPECT_THAT(refusal(kind, unweighted), HasSubstr("there are no events"));
}

TEST_P(SurvivalFits, RefusesIntervalsThatSayTooLittle) {
  const Kind kind = GetParam();
  const char* falls = kind.is_ph() ? "plus infinity" : "minus infinity";
  SurvivalData left = testing::data_of({1, 2, 3, 4}, {1, 1, 1, 1}, {});
  left.time2 = left.time;
  left.time = full({4}, nan);
  left.event = {};
  EXPECT_THAT(refusal(kind, left), HasSubstr("nobody is known to be without the event"));
  SurvivalData group = testing::data_of({1, 2, 3, nan, nan}, {1, 1, 1, 0, 0}, {{0, 0, 0, 1, 1}});
  group.event = {};
  group.time2 = from_vector(Values{1, 2.5, 4, 2, 3});
  EXPECT_THAT(refusal(kind, group), HasSubstr("coefficient of x1"));
  EXPECT_THAT(refusal(kind, group), HasSubstr(falls));
}

// A distribution with a width shrinks to a point that holds all events.
TEST_P(SurvivalFits, RefusesEventsAtOneTime) {
  if (!GetParam().has_shape()) return;
  const SurvivalData same = testing::data_of({2, 2, 2, 2}, {1, 1, 1, 1}, {});
  EXPECT_THAT(refusal(GetParam(), same),
              HasSubstr(GetParam().model().form == SurvivalForm::aft ? "log(scale)" : "shape"));
  const SurvivalData one = testing::data_of({2.5}, {1}, {});
  EXPECT_NE(refusal(GetParam(), one), "fitted");
  // One censored later is against that.
  SurvivalData later = testing::data_of({2, 2, 3}, {1, 1, 0}, {});
  if (GetParam().distribution != SurvivalDistribution::gompertz) {
    EXPECT_EQ(refusal(GetParam(), later), "fitted");
  }
}

INSTANTIATE_TEST_SUITE_P(, SurvivalFits, ::testing::ValuesIn(kinds),
                         [](const auto& kind) { return name_of(kind.param); });

TEST(SurvivalForms, WeibullFormsAreOneModel) {
  for (const SurvivalData& data : {late_data(), visited_data()}) {
    const SurvivalFit ph = fit_survival(data, {SurvivalDistribution::weibull, SurvivalForm::ph});
    const SurvivalFit aft = fit_survival(data, {SurvivalDistribution::weibull, SurvivalForm::aft});
    EXPECT_NEAR(ph.loglik, aft.loglik, 1e-12 * std::abs(ph.loglik));
    EXPECT_NEAR(ph.estimate[3], -aft.estimate[3], 1e-9 * ph.std_error(3));
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_NEAR(ph.estimate[i], -aft.estimate[i] * std::exp(-aft.estimate[3]),
                  1e-9 * ph.std_error(i));
  }
}

TEST(SurvivalForms, OnlyThoseThatADistributionHas) {
  const SurvivalData data = late_data();
  using enum SurvivalDistribution;
  for (SurvivalDistribution d : {lognormal, loglogistic})
    EXPECT_THROW(fit_survival(data, {d, SurvivalForm::ph}), InputError);
  EXPECT_THROW(fit_survival(data, {gompertz, SurvivalForm::aft}), InputError);
  EXPECT_THROW(law_named("gamma"), InputError);
}

// What was drawn is found again, within the errors that the fit states.
TEST(SurvivalForms, SimulatedParametersAreFound) {
  for (const Kind& kind : kinds) {
    RRandom random(77);
    Values truth = {kind.is_ph() ? -1.2 : 1.2, 0.5, -0.4};
    if (kind.has_shape())
      truth.push_back(kind.distribution == SurvivalDistribution::gompertz ? -0.25 : 0.3);
    const SurvivalSample sample = simulate_survival(random, 4000, kind.model(), truth, 6);
    const SurvivalFit fit = fit_of(kind, testing::data_of(sample));
    for (std::size_t i = 0; i < truth.size(); ++i)
      EXPECT_LT(std::abs(fit.estimate[i] - truth[i]), 3.5 * fit.std_error(i)) << kind << " " << i;
  }
}

}  // namespace
}  // namespace wald
