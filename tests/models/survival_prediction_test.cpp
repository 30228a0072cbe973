// Predictions and residuals of survival models: against long double, differences of it, and what
// the score equations say of residuals.
#include <wald/engine/ops/ops.h>
#include <wald/models/survival_prediction.h>

#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "survival_reference.h"
#include "survival_samples.h"

namespace wald {
namespace {

using namespace testing;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double normal_975 = 1.959963984540054;

const Tensor& subjects() {
  static const Tensor x = from_vector(Values{1, 0, 0.5, 1, 1, -1.25}, {2, 3});
  return x;
}

SurvivalFit fit_of(const Kind& kind) {
  return fit_survival(testing::data_of(small_sample()), kind.model());
}

Long eta_of(const Values& b, std::size_t row) {
  const Values x = subjects().to_vector();
  return Long(b[0]) * x[3 * row] + Long(b[1]) * x[3 * row + 1] + Long(b[2]) * x[3 * row + 2];
}

Long reference_value(const Kind& kind, SurvivalQuantity quantity, const Values& b, std::size_t row,
                     double time) {
  const Long eta = eta_of(b, row), shape = kind.has_shape() ? b[3] : 0;
  if (quantity == SurvivalQuantity::hazard) return reference_hazard(kind, time, eta, shape);
  const Long hazard = reference_cumulative(kind, time, eta, shape);
  return quantity == SurvivalQuantity::survival ? std::exp(-hazard) : hazard;
}

/// By the delta method with central differences of the value itself.
double reference_error(const SurvivalFit& fit, const std::function<Long(const Values&)>& value) {
  const std::size_t k = fit.names.size();
  std::vector<Long> slope(k);
  for (std::size_t i = 0; i < k; ++i) {
    Values up = fit.estimate, down = fit.estimate;
    up[i] += 1e-5;
    down[i] -= 1e-5;
    slope[i] = (value(up) - value(down)) / (Long(up[i]) - down[i]);
  }
  Long variance = 0;
  for (std::size_t i = 0; i < k; ++i)
    for (std::size_t j = 0; j < k; ++j) variance += slope[i] * fit.vcov[i * k + j] * slope[j];
  return static_cast<double>(std::sqrt(variance));
}

class SurvivalPredictions : public ::testing::TestWithParam<Kind> {};

TEST_P(SurvivalPredictions, AreThoseOfLongDouble) {
  const Kind kind = GetParam();
  const SurvivalFit fit = fit_of(kind);
  const Values times = {0.25, 1, 3.5};
  for (SurvivalQuantity quantity : {SurvivalQuantity::survival, SurvivalQuantity::hazard,
                                    SurvivalQuantity::cumulative_hazard}) {
    const SurvivalPrediction p = predict_survival(fit, quantity, subjects(), times);
    ASSERT_EQ(p.value.size(), 6U);
    for (std::size_t i = 0; i < 6; ++i) {
      const auto value = [&](const Values& b) {
        return reference_value(kind, quantity, b, i / 3, times[i % 3]);
      };
      expect_relative(p.value[i], static_cast<double>(value(fit.estimate)), 1e-13, "value");
      expect_relative(p.std_error[i], reference_error(fit, value), 1e-8, "standard error");
    }
  }
}

// Limits are symmetric for log(-log S), and so on the log scale for hazards.
TEST_P(SurvivalPredictions, LimitsAreSymmetricOnTheirScale) {
  const SurvivalFit fit = fit_of(GetParam());
  const SurvivalPrediction s =
      predict_survival(fit, SurvivalQuantity::survival, subjects(), {1.0, 3.0});
  const SurvivalPrediction h =
      predict_survival(fit, SurvivalQuantity::cumulative_hazard, subjects(), {1.0, 3.0});
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(s.lower[i], std::exp(-h.upper[i]), 1e-14);
    EXPECT_NEAR(s.upper[i], std::exp(-h.lower[i]), 1e-14);
    EXPECT_NEAR(std::log(h.upper[i] / h.value[i]), normal_975 * h.std_error[i] / h.value[i], 1e-12);
    EXPECT_NEAR(std::log(h.value[i] / h.lower[i]), normal_975 * h.std_error[i] / h.value[i], 1e-12);
  }
}

TEST_P(SurvivalPredictions, QuantilesInvertSurvival) {
  const Kind kind = GetParam();
  const SurvivalFit fit = fit_of(kind);
  const Values probabilities = {0.01, 0.5, 0.9};
  const SurvivalPrediction q =
      predict_survival(fit, SurvivalQuantity::quantile, subjects(), probabilities);
  for (std::size_t i = 0; i < 6; ++i) {
    const double time = q.value[i];
    const auto survival = [&](const Values& b) {
      return reference_value(kind, SurvivalQuantity::survival, b, i / 3, time);
    };
    EXPECT_NEAR(static_cast<double>(survival(fit.estimate)), 1 - probabilities[i % 3], 1e-13);
    // dt = -dS / (dS/dt), dS/dt = -h S
    const Long density =
        reference_value(kind, SurvivalQuantity::hazard, fit.estimate, i / 3, time) *
        survival(fit.estimate);
    expect_relative(q.std_error[i], reference_error(fit, survival) / static_cast<double>(density),
                    1e-8, "standard error");
    EXPECT_NEAR(std::log(q.upper[i] / time), normal_975 * q.std_error[i] / time, 1e-12);
  }
}

TEST_P(SurvivalPredictions, MeanSurvivalAveragesTheSubjects) {
  const Kind kind = GetParam();
  const SurvivalFit fit = fit_of(kind);
  SurvivalData data;
  data.x = subjects();
  data.time = ones({2});
  const Values times = {0, 1e-3, 1, 20};
  const SurvivalPrediction mean = predict_mean_survival(fit, subjects(), times);
  const Values plain = mean_survival(fit, data, times);
  for (std::size_t j = 0; j < 4; ++j) {
    EXPECT_NEAR(mean.value[j], plain[j], 1e-15);
    EXPECT_LE(mean.lower[j], mean.value[j]);
    EXPECT_LE(mean.value[j], mean.upper[j]);
    const auto value = [&](const Values& b) {
      return (reference_value(kind, SurvivalQuantity::survival, b, 0, times[j]) +
              reference_value(kind, SurvivalQuantity::survival, b, 1, times[j])) /
             2;
    };
    if (j == 0) continue;
    expect_relative(mean.value[j], static_cast<double>(value(fit.estimate)), 1e-13, "value");
    expect_relative(mean.std_error[j], reference_error(fit, value), 1e-7, "standard error");
  }
  EXPECT_EQ(mean.value[0], 1);
  EXPECT_EQ(mean.std_error[0], 0);
}

TEST_P(SurvivalPredictions, OffsetsMoveTheLinearPredictor) {
  const SurvivalFit fit = fit_of(GetParam());
  const Tensor offset = from_vector(Values{fit.estimate[1], fit.estimate[1]});
  const Tensor treated = subjects() + from_vector(Values{0, 1, 0});
  const Values a =
      predict_survival(fit, SurvivalQuantity::survival, subjects(), {1.0}, 0.95, offset).value;
  const Values b = predict_survival(fit, SurvivalQuantity::survival, treated, {1.0}).value;
  for (std::size_t i : {0, 1}) EXPECT_NEAR(a[i], b[i], 1e-14);
}

TEST_P(SurvivalPredictions, RefusesWhatItCannotPredict) {
  const SurvivalFit fit = fit_of(GetParam());
  const auto predict = [&](SurvivalQuantity quantity, double at, double level = 0.95) {
    return predict_survival(fit, quantity, subjects(), {at}, level);
  };
  for (double time : {-1.0, 0.0, nan, double(INFINITY)})
    EXPECT_THROW(predict(SurvivalQuantity::hazard, time), InputError);
  for (double p : {0.0, 1.0, nan}) EXPECT_THROW(predict(SurvivalQuantity::quantile, p), InputError);
  EXPECT_THROW(predict(SurvivalQuantity::survival, 1, 1), InputError);
  const Tensor two = slice(subjects(), 1, 0, 2);
  EXPECT_THROW(predict_survival(fit, SurvivalQuantity::survival, two, {1.0}), ShapeError);
  EXPECT_THROW(predict_mean_survival(fit, two, {1.0}), ShapeError);
  EXPECT_THROW(predict_mean_survival(fit, subjects(), {-1.0}), InputError);
}

// The score of the intercept of a hazard is the sum of the martingale residuals.
TEST_P(SurvivalPredictions, ResidualsAreThoseOfTheModel) {
  const Kind kind = GetParam();
  const SurvivalSample sample = small_sample();
  const SurvivalData data = testing::data_of(sample);
  const SurvivalFit fit = fit_survival(data, kind.model());
  const SurvivalResiduals r = survival_residuals(fit, data);
  const bool is_hazard = kind.is_ph() || kind.distribution == SurvivalDistribution::exponential ||
                         kind.distribution == SurvivalDistribution::weibull;
  if (is_hazard) {
    EXPECT_NEAR(std::accumulate(r.martingale.begin(), r.martingale.end(), 0.0), 0, 1e-10);
  }
  for (std::size_t i = 0; i < sample.time.size(); ++i) {
    const Long eta = Long(fit.estimate[0]) + Long(fit.estimate[1]) * sample.columns[0][i] +
                     Long(fit.estimate[2]) * sample.columns[1][i];
    const Long shape = kind.has_shape() ? fit.estimate[3] : 0;
    const auto h = static_cast<double>(reference_cumulative(kind, sample.time[i], eta, shape));
    const double d = sample.event[i], m = d - h;
    EXPECT_NEAR(r.cox_snell[i], h, 1e-13 * (1 + h));
    EXPECT_NEAR(r.martingale[i], m, 1e-13 * (1 + h));
    const double deviance = (m > 0 ? 1 : -1) * std::sqrt(-2 * (m + (d > 0 ? std::log(d - m) : 0)));
    EXPECT_NEAR(r.deviance[i], deviance, 1e-6);
  }
}

TEST_P(SurvivalPredictions, IntervalsHaveTheMeanOfTheirResiduals) {
  const Kind kind = GetParam();
  SurvivalData data = testing::data_of({1, nan, 2, 0.5}, {}, {});
  data.event = {};
  data.time2 = from_vector(Values{1.5, 2, nan, 0.5 + 1e-7});
  SurvivalFit fit;
  fit.distribution = kind.distribution;
  fit.form = kind.form;
  fit.coefficients = 1;
  fit.estimate = kind.has_shape() ? Values{0.2, 0.1} : Values{0.2};
  const SurvivalResiduals r = survival_residuals(fit, data);
  const auto hazard = [&](double t) { return reference_cumulative(kind, t, 0.2, 0.1); };
  // The mean of H over the interval, of density exp(-H): (a S(a) - b S(b)) / (S(a) - S(b)) + 1.
  const auto mean = [&](Long a, Long b) {
    const Long sa = std::exp(-a), sb = std::exp(-b);
    return static_cast<double>((a * sa - b * sb) / (sa - sb) + 1);
  };
  EXPECT_NEAR(r.cox_snell[0], mean(hazard(1), hazard(1.5)), 1e-13);
  EXPECT_NEAR(r.cox_snell[1], mean(0, hazard(2)), 1e-13);
  EXPECT_NEAR(r.cox_snell[2], static_cast<double>(hazard(2)), 1e-13);
  EXPECT_NEAR(r.cox_snell[3], static_cast<double>(hazard(0.5)), 1e-6);
  EXPECT_NEAR(r.martingale[0], 1 - r.cox_snell[0], 1e-15);
  EXPECT_NEAR(r.martingale[2], -r.cox_snell[2], 1e-15);
}

INSTANTIATE_TEST_SUITE_P(, SurvivalPredictions, ::testing::ValuesIn(kinds),
                         [](const auto& kind) { return name_of(kind.param); });

TEST(SurvivalPrediction, SomeNeverReachAQuantile) {
  SurvivalFit fit;
  fit.distribution = SurvivalDistribution::gompertz;
  fit.coefficients = 1;
  fit.names = {"(Intercept)", "shape"};
  fit.estimate = {std::log(0.1), -0.2};  // S tends to exp(-0.5) = 0.61
  fit.vcov = {0.01, 0, 0, 0.01};
  const SurvivalPrediction q =
      predict_survival(fit, SurvivalQuantity::quantile, ones({1, 1}), {0.3, 0.5});
  expect_relative(q.value[0], std::log1p(2 * std::log(0.7)) / -0.2, 1e-14, "quantile");
  EXPECT_TRUE(std::isfinite(q.std_error[0]));
  EXPECT_EQ(q.value[1], INFINITY);
  EXPECT_TRUE(std::isnan(q.std_error[1]));
  const SurvivalPrediction s =
      predict_survival(fit, SurvivalQuantity::survival, ones({1, 1}), {1e5});
  EXPECT_NEAR(s.value[0], std::exp(-0.5), 1e-15);
}

}  // namespace
}  // namespace wald
