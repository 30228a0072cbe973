// Baseline hazards, predicted survival, residuals, concordance and tests, against R's package
// survival 3.5-3 (coxph, survfit, residuals, cox.zph, survdiff).
#include <wald/engine/error.h>
#include <wald/models/cox_baseline.h>
#include <wald/models/cox_residuals.h>
#include <wald/models/log_rank.h>

#include <gtest/gtest.h>

#include <cmath>

#include "survival_item.h"

namespace wald {
namespace {

using Values = std::vector<double>;
using testing::read_item;

void expect_near(const Values& found, const Values& expected, double relative = 1e-9) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    EXPECT_NEAR(found[i], expected[i], relative * std::max(std::abs(expected[i]), 1e-3)) << i;
}

Values picked(const Values& from, const std::vector<std::size_t>& places) {
  Values result;
  for (std::size_t i : places) result.push_back(from.at(i));
  return result;
}

/// The Stanford data with weights, two strata and an offset made up.
CoxData weighted_heart() {
  CoxData data = read_item("heart").data;
  const std::int64_t n = data.n();
  Values weights, offset;
  std::vector<std::int64_t> strata;
  for (std::int64_t i = 1; i <= n; ++i) {
    weights.push_back(static_cast<double>(i % 3));
    strata.push_back(i % 2);
  }
  data.weights = from_vector(weights);
  data.strata = from_vector(strata);
  data.offset = select(data.x, 1, 0) / 50;
  data.x = slice(data.x, 1, 1, 4);
  data.names = {"year", "surgery", "transplant1"};
  return data;
}

TEST(CoxBaseline, PredictsSurvivalWithBands) {
  WALD_NEEDS_ORACLE("survival/lung.json");
  const CoxData data = read_item("lung").data;
  const CoxFit fit = fit_cox(data);
  const CoxBaseline baseline = cox_baseline(data, fit);
  const PredictedSurvival curve =
      predict_survival(fit, baseline.of(0), baseline.center, {60, 2, 1});
  const BaselineHazard& h = baseline.of(0);
  std::vector<std::size_t> at;
  for (double t : {5.0, 183.0, 291.0, 444.0}) at.push_back(static_cast<std::size_t>(h.at(t)));
  expect_near(picked(curve.cumhaz, at), {0.002825710032028426, 0.234953505699344256,
                                         0.429877896643949819, 0.769783500751460181});
  expect_near(picked(curve.std_error, at), {0.002849655445423288, 0.041064357474901558,
                                            0.068484025506053453, 0.117319041491204826});
  expect_near(picked(curve.survival, at),
              {0.9971782785288408, 0.7906076075220175, 0.6505885289164155, 0.4631133211445215});
  expect_near(picked(curve.lower, at),
              {0.9916243408537576, 0.7294691746227117, 0.5688695573106023, 0.3679807703085039});
  expect_near(picked(curve.upper, at),
              {1, 0.8568701883735876, 0.7440465542903416, 0.5828400979803925});
  EXPECT_EQ(h.at(4.9), -1);
  EXPECT_THROW(baseline.of(7), InputError);
  EXPECT_THROW(predict_survival(fit, h, baseline.center, {60}), ShapeError);
}

TEST(CoxBaseline, BreslowHasItsOwn) {
  WALD_NEEDS_ORACLE("survival/lung.json");
  const CoxData data = read_item("lung").data;
  const CoxFit fit = fit_cox(data, Ties::breslow);
  const CoxBaseline baseline = cox_baseline(data, fit);
  const PredictedSurvival curve =
      predict_survival(fit, baseline.of(0), baseline.center, {60, 2, 1});
  const auto at = static_cast<std::size_t>(baseline.of(0).at(444));
  EXPECT_NEAR(curve.cumhaz[at], 0.769033797499678484, 1e-10);
  EXPECT_NEAR(curve.std_error[at], 0.117194734143724194, 1e-10);
  expect_near(slice(martingale_residuals(data, fit), 0, 0, 6).to_vector(),
              {0.04557005829129546, 0.04560285167729572, -2.22131888308307612, 0.51437445912961521,
               -1.32162101836553880, -4.30504937156499423});
}

TEST(CoxBaseline, WeightsStrataEntriesAndOffset) {
  WALD_NEEDS_ORACLE("survival/heart.json");
  const CoxData data = weighted_heart();
  const CoxFit fit = fit_cox(data);
  expect_near(fit.estimate, {-0.09912651447423076, -0.72641513786545220, -0.02868768172868795});
  EXPECT_NEAR(fit.vcov[0], 0.004849553653440163, 1e-12);
  EXPECT_NEAR(fit.loglik, -252.4932161310635, 1e-9);
  EXPECT_NEAR(fit.loglik_null, -256.7598012246896, 1e-9);
  EXPECT_EQ(fit.concordance.concordant, 1469);
  EXPECT_EQ(fit.concordance.discordant, 793);
  EXPECT_EQ(fit.concordance.tied_score, 0);
  const CoxBaseline baseline = cox_baseline(data, fit);
  const BaselineHazard& h = baseline.of(1);
  const PredictedSurvival curve = predict_survival(fit, h, baseline.center, {0, 0, 1});
  const std::vector<std::size_t> at = {static_cast<std::size_t>(h.at(17)),
                                       static_cast<std::size_t>(h.at(37))};
  expect_near(picked(curve.cumhaz, at), {0.1837199446610616, 0.4821760652106816});
  expect_near(picked(curve.std_error, at), {0.09608676582098148, 0.18934421830610818});
  const Tensor m = martingale_residuals(data, fit);
  expect_near(slice(m, 0, 0, 2).to_vector(), {0.5374288813500252, 0.7361906969090750});
  EXPECT_NEAR(sum(square(m)).item(), 57.5559036825649, 1e-8);
  const ProportionalHazardsTest test = test_proportional_hazards(data, fit, TimeScale::identity);
  expect_near(test.statistic, {16.4114647916116070, 5.0758937015962378, 0.4852188373168546}, 1e-8);
  EXPECT_NEAR(test.global_statistic, 16.5533915107566472, 1e-7);
}

TEST(CoxResiduals, AreThoseOfR) {
  WALD_NEEDS_ORACLE("survival/lung.json");
  const CoxData data = read_item("lung").data;
  const CoxFit fit = fit_cox(data);
  EXPECT_NEAR(fit.concordance.index(), 0.6371354930004549, 1e-14);
  const Tensor m = martingale_residuals(data, fit);
  expect_near(slice(m, 0, 0, 6).to_vector(),
              {0.04381877075792462, 0.04458891527186126, -2.22187896914827077, 0.51352012430301142,
               -1.32244446291275741, -4.31148959567038847});
  EXPECT_NEAR(sum(m).item(), 0, 1e-11);
  expect_near(slice(deviance_residuals(data, fit), 0, 0, 6).to_vector(),
              {0.04447567429726040, 0.04526942977555346, -2.10802228126188007, 0.64348989018081160,
               -0.97961643935222309, -2.93649096564943957});
  expect_near(t(slice(dfbeta_residuals(data, fit), 0, 0, 3)).to_vector(),
              {1.844086170835051e-05, 7.773929067594959e-05, 9.598773804535795e-04,
               -1.908583479450781e-03, -7.453864261946500e-04, 1.739656749002502e-02,
               7.531315717562121e-04, -7.393336225560816e-04, 2.388719516249744e-02});
  const SchoenfeldResiduals s = schoenfeld_residuals(data, fit);
  ASSERT_EQ(s.time.size(), 164u);
  EXPECT_EQ(picked(s.time, {0, 79, 163}), (Values{5, 222, 883}));
  expect_near(select(s.residuals, 0, 0).to_vector(),
              {0.8501470255810091, 0.7311100896194747, -1.2082221648895244});
  expect_near(select(s.residuals, 0, 163).to_vector(),
              {-5.8506699129825392, -0.2040880352246088, -0.5915811027106709});
  for (double total : sum(s.residuals, {0}).to_vector()) EXPECT_NEAR(total, 0, 1e-9);
}

TEST(CoxResiduals, ProportionalHazardsAreTestedAsByR) {
  WALD_NEEDS_ORACLE("survival/lung.json");
  const CoxData data = read_item("lung").data;
  const CoxFit fit = fit_cox(data);
  const auto test = [&](TimeScale scale) {
    const ProportionalHazardsTest found = test_proportional_hazards(data, fit, scale);
    Values all = found.statistic;
    all.push_back(found.global_statistic);
    return all;
  };
  expect_near(test(TimeScale::km),
              {0.1879876735605051, 2.3054372267748011, 2.0542487738627755, 4.4636575881619986});
  expect_near(test(TimeScale::rank),
              {0.1172915069184042, 2.0446946796233476, 2.5448783923885370, 4.7106801407190222});
  expect_near(test(TimeScale::identity),
              {0.1523503171510196, 2.4919132165082662, 1.5782352382526028, 4.1193829509363784});
  expect_near(test(TimeScale::log),
              {3.3736340108974301, 2.0349368783578075, 0.3704963247341462, 5.3898214276413574});
  EXPECT_NEAR(test_proportional_hazards(data, fit).global_p, 0.2155549453957691, 1e-10);
}

TEST(LogRank, ComparesGroupsAsSurvdiff) {
  WALD_NEEDS_ORACLE("survival/lung.json");
  const CoxData data = read_item("lung").data;
  FollowUp follow_up{.time = data.time.to_vector(), .event = data.event.to_vector()};
  const auto codes = [&](std::int64_t column, double first) {
    return to(select(data.x, 1, column) - first, DType::int64).to_vector<std::int64_t>();
  };
  const LogRankTest sex = log_rank(follow_up, codes(1, 1), 2);
  EXPECT_EQ(sex.observed, (Values{111, 53}));
  expect_near(sex.expected, {90.9579028519, 73.0420971481});
  EXPECT_NEAR(sex.statistic, 10.0081738057, 1e-9);
  EXPECT_EQ(sex.df, 1);
  EXPECT_NEAR(sex.p, 0.001558469818, 1e-11);
  const LogRankTest ecog = log_rank(follow_up, codes(2, 0), 4);
  EXPECT_NEAR(ecog.statistic, 21.96213168247601, 1e-11);
  expect_near(ecog.expected,
              {54.1526970189229289, 83.5275645750818825, 26.1473530653302113, 0.1723853406649615});
  EXPECT_EQ(ecog.df, 3);
  EXPECT_NEAR(log_rank(follow_up, codes(2, 0), 4, 1).statistic, 23.39529337034301, 1e-11);
  follow_up.strata = codes(1, 1);
  const LogRankTest stratified = log_rank(follow_up, codes(2, 0), 4, 1);
  EXPECT_NEAR(stratified.statistic, 24.55614534634213, 1e-11);
  EXPECT_NEAR(stratified.observed[0], 12.985322859523889 + 6.189308260193823, 1e-12);
}

TEST(LogRank, GroupsThatNeverMeetAreRefused) {
  EXPECT_THROW(log_rank({.time = {1, 2}, .event = {1, 1}}, {0, 0}, 2), NotIdentifiedError);
  EXPECT_THROW(log_rank({.time = {1, 2}, .event = {0, 0}}, {0, 1}, 2), NotIdentifiedError);
  EXPECT_THROW(log_rank({.time = {1, 2}, .event = {1, 1}}, {0}, 2), InputError);
}

}  // namespace
}  // namespace wald
