// What is computed from a fit and data afterwards, where the data lie on a device: the processor's
// answers, without a DeviceGuard.
#include <gtest/gtest.h>

#include <wald/models/bootstrap.h>
#include <wald/models/covariance.h>
#include <wald/models/cox_baseline.h>
#include <wald/models/cox_residuals.h>
#include <wald/models/delta.h>
#include <wald/models/hypothesis.h>
#include <wald/models/multinomial_logit.h>
#include <wald/models/ols.h>
#include <wald/models/ordered_logit.h>
#include <wald/models/profile.h>
#include <wald/models/regression.h>
#include <wald/models/survival_prediction.h>

#include "device_fit.h"

namespace wald::testing {
namespace {

using AfterDeviceFit = DeviceFit;

void expect_same_tensor(const Tensor& found, const Tensor& wanted, const std::string& what) {
  EXPECT_EQ(found.device(), emulated()) << what;
  expect_same(found.to_vector(), wanted.to_vector(), what);
}

TEST_F(AfterDeviceFit, PredictsMeansAndResiduals) {
  const GlmData here = counts(), moved = there(here);
  const GlmFit fit = fit_glm(here, GlmFamily::poisson, GlmLink::log);
  expect_same_tensor(linear_predictor(fit, moved), linear_predictor(fit, here), "predictor");
  expect_same_tensor(fitted_mean(fit, moved), fitted_mean(fit, here), "mean");
  for (GlmResidual kind : {GlmResidual::response, GlmResidual::pearson, GlmResidual::deviance})
    expect_same_tensor(glm_residuals(fit, moved, kind), glm_residuals(fit, here, kind),
                       "residuals");
  expect_same(expected_information(fit, moved), expected_information(fit, here), "information");
}

TEST_F(AfterDeviceFit, HasRobustCovariances) {
  const GlmData here = binary(), moved = there(here);
  const GlmFit fit = fit_glm(here, GlmFamily::binomial, GlmLink::logit);
  const Regression regression = glm_regression(fit, here), there_too = glm_regression(fit, moved);
  const Tensor h = leverages(regression, fit), h_there = leverages(there_too, fit);
  expect_same_tensor(h_there, h, "leverages");
  const Tensor groups = to(floor(uniform * 20.0), DType::int64);
  for (Covariance kind : {Covariance::opg, Covariance::hc0, Covariance::hc1, Covariance::hc2,
                          Covariance::hc3, Covariance::cr0, Covariance::cr1}) {
    const auto wanted =
        covariance(log_likelihood(regression), fit, kind, {.groups = groups, .leverages = h});
    expect_same(covariance(log_likelihood(there_too), fit, kind,
                           {.groups = there(groups), .leverages = h_there}),
                wanted, name_of(kind));
    expect_same(
        covariance(log_likelihood(there_too), fit, kind, {.groups = groups, .leverages = h}),
        wanted, std::string(name_of(kind)) + " with groups and leverages here");
  }
}

TEST_F(AfterDeviceFit, TestsHypotheses) {
  const GlmData here = binary(), moved = there(here);
  const auto fit_with = [](const GlmData& data, const FitOptions& options) {
    return fit_glm(data, GlmFamily::binomial, GlmLink::logit, options);
  };
  const GlmFit fit = fit_with(here, {}), held = fit_with(here, {.fixed = {{"b", 0.0}}});
  const auto score = [&](const GlmData& data, Covariance kind) {
    return score_test(log_likelihood(glm_regression(fit, data)), held, {.kind = kind}).statistic;
  };
  for (Covariance kind : {Covariance::information, Covariance::opg})
    EXPECT_NEAR(score(moved, kind), score(here, kind), 1e-9);
  const auto ratio = [](const Tensor& b) { return select(b, 0, 1) / select(b, 0, 2); };
  const auto on_device = [&](const Tensor& b) { return ratio(there(b)); };
  EXPECT_NEAR(wald_test(fit, on_device).statistic, wald_test(fit, ratio).statistic, 1e-10);
  const LinearHypothesis both = linear_hypothesis("a = b", fit.names);
  EXPECT_NEAR(wald_test(fit, there(both.r), there(both.q)).statistic,
              wald_test(fit, both.r, both.q).statistic, 1e-10);
  expect_same(delta_method(fit, on_device, {"ratio"}).vcov,
              delta_method(fit, ratio, {"ratio"}).vcov, "delta method");
}

TEST_F(AfterDeviceFit, ProfilesTheLikelihood) {
  const GlmData here = binary(), moved = there(here);
  const GlmFit fit = fit_glm(here, GlmFamily::binomial, GlmLink::logit);
  const ProfileInterval wanted =
      profile_interval(log_likelihood(glm_regression(fit, here)), fit, "b");
  const ProfileInterval found =
      profile_interval(log_likelihood(glm_regression(fit, moved)), fit, "b");
  EXPECT_EQ(found.message, "");
  expect_same({found.lower, found.upper}, {wanted.lower, wanted.upper}, "profile interval");
  const DeviceGuard guard(emulated());
  const ProfileInterval under_guard =
      profile_interval(log_likelihood(glm_regression(fit, moved)), fit, "b");
  expect_same({under_guard.lower, under_guard.upper}, {wanted.lower, wanted.upper},
              "under a guard");
}

TEST_F(AfterDeviceFit, IsBootstrapped) {
  const GlmData here = counts(), moved = there(here);
  const auto refit = [](const GlmData& data) {
    return [&data](const Tensor& rows) {
      GlmData some = data;
      const Tensor chosen = to(rows, data.x.device());
      some.x = index_select(data.x, 0, chosen);
      some.y = index_select(data.y, 0, chosen);
      return Fit(fit_glm(some, GlmFamily::poisson, GlmLink::log));
    };
  };
  const Fit fit = fit_glm(here, GlmFamily::poisson, GlmLink::log);
  const BootstrapOptions options{.replicates = 6};
  expect_same(bootstrap_cases(refit(moved), fit, n, options).replicates,
              bootstrap_cases(refit(here), fit, n, options).replicates, "replicates");
}

TEST_F(AfterDeviceFit, PredictsSurvival) {
  const SurvivalData here = survival(), moved = there(here);
  for (const auto& [distribution, form] :
       {std::pair(SurvivalDistribution::weibull, SurvivalForm::aft),
        std::pair(SurvivalDistribution::gompertz, SurvivalForm::ph)}) {
    const SurvivalFit fit = fit_survival(here, {distribution, form});
    for (SurvivalQuantity quantity :
         {SurvivalQuantity::survival, SurvivalQuantity::hazard, SurvivalQuantity::cumulative_hazard,
          SurvivalQuantity::quantile}) {
      const std::vector<double> at = {0.3, 0.6};
      const auto found = predict_survival(fit, quantity, moved.x, at),
                 wanted = predict_survival(fit, quantity, here.x, at);
      expect_same(found.value, wanted.value, "value");
      expect_same(found.std_error, wanted.std_error, "standard error");
    }
    const std::vector<double> times = {0, 0.5, 1};
    expect_same(predict_mean_survival(fit, moved.x, times).std_error,
                predict_mean_survival(fit, here.x, times).std_error, "of the mean");
    expect_same(mean_survival(fit, moved, times), mean_survival(fit, here, times), "mean");
    expect_same(survival_residuals(fit, moved).deviance, survival_residuals(fit, here).deviance,
                "deviance residuals");
  }
}

TEST_F(AfterDeviceFit, HasCoxsResidualsAndBaseline) {
  CoxData here = cox();
  const Tensor u = slice(uniform, 0, 0, few);
  here.weights = 0.5 + u;
  for (bool has_entry : {false, true}) {
    SCOPED_TRACE(has_entry);
    if (has_entry) here.entry = floor(here.time * u * 0.9);
    const CoxData moved = there(here);
    const CoxFit fit = fit_cox(here);
    expect_same_tensor(martingale_residuals(moved, fit), martingale_residuals(here, fit),
                       "martingale");
    expect_same_tensor(deviance_residuals(moved, fit), deviance_residuals(here, fit), "deviance");
    expect_same_tensor(dfbeta_residuals(moved, fit), dfbeta_residuals(here, fit), "dfbeta");
    expect_same(schoenfeld_residuals(moved, fit).residuals.to_vector(),
                schoenfeld_residuals(here, fit).residuals.to_vector(), "Schoenfeld");
    for (TimeScale scale : {TimeScale::km, TimeScale::identity})
      expect_same(test_proportional_hazards(moved, fit, scale).statistic,
                  test_proportional_hazards(here, fit, scale).statistic, "test", 1e-8);
    const CoxBaseline found = cox_baseline(moved, fit), wanted = cox_baseline(here, fit);
    expect_same(found.strata[0].cumhaz, wanted.strata[0].cumhaz, "baseline");
    expect_same(found.strata[0].gradient, wanted.strata[0].gradient, "gradient of the baseline");
    expect_same(covariance(cox_log_likelihood(moved), fit, Covariance::hc0),
                covariance(cox_log_likelihood(here), fit, Covariance::hc0), "robust");
  }
}

TEST_F(AfterDeviceFit, PredictsCategories) {
  CategoricalData here = categories(), moved = there(here);
  const MultinomialFit fit = fit_multinomial(here);
  const Tensor b = from_vector(fit.estimate);
  expect_same_tensor(multinomial_probabilities(b, moved.x), multinomial_probabilities(b, here.x),
                     "probabilities");
  expect_same_tensor(multinomial_log_odds(b, moved.x), multinomial_log_odds(b, here.x), "odds");
  expect_same_tensor(category_residuals(multinomial_probabilities(b, moved.x), moved.y),
                     category_residuals(multinomial_probabilities(b, here.x), here.y), "residuals");
  expect_same(covariance(multinomial_log_likelihood(moved), fit, Covariance::hc0),
              covariance(multinomial_log_likelihood(here), fit, Covariance::hc0), "robust");
  here.x = slice(x, 1, 1);
  here.names = {"a", "b"};
  moved = there(here);
  const OrderedFit ordered = fit_ordered(here);
  const Tensor c = from_vector(ordered.estimate);
  expect_same_tensor(ordered_probabilities(c, moved.x), ordered_probabilities(c, here.x),
                     "ordered probabilities");
  expect_same(covariance(ordered_log_likelihood(moved), ordered, Covariance::hc0),
              covariance(ordered_log_likelihood(here), ordered, Covariance::hc0), "robust");
}

TEST_F(AfterDeviceFit, HasRobustCovariancesOfStrata) {
  const ConditionalLogitData here = strata(), moved = there(here);
  const ConditionalLogitFit fit = fit_conditional_logit(here);
  expect_same(covariance(conditional_log_likelihood(moved), fit, Covariance::hc0),
              covariance(conditional_log_likelihood(here), fit, Covariance::hc0), "robust");
}

TEST_F(AfterDeviceFit, LeavesDataOfTheProcessorThereUnderAnotherDefault) {
  const GlmData data = binary();
  const GlmFit wanted = fit_glm(data, GlmFamily::binomial, GlmLink::logit);
  const DeviceGuard guard(emulated());
  const GlmFit found = fit_glm(data, GlmFamily::binomial, GlmLink::logit);
  EXPECT_EQ(found.estimate, wanted.estimate);
  EXPECT_EQ(fitted_mean(found, data).device(), Device());
  expect_same(covariance(log_likelihood(glm_regression(found, data)), found, Covariance::hc0),
              covariance(log_likelihood(glm_regression(wanted, data)), wanted, Covariance::hc0),
              "robust");
}

}  // namespace
}  // namespace wald::testing
