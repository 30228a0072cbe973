// Ordered regression: a high-precision reference fit, closed forms, tails of the probabilities, and
// data without a maximum.
#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/models/distributions.h>
#include <wald/models/ordered_logit.h>

#include <fmt/format.h>

#include "choice_data.h"

namespace wald {
namespace {

using testing::choices_of;
using testing::expect_refusal;
using Values = std::vector<double>;

constexpr OrderedLink links[] = {OrderedLink::logit, OrderedLink::probit};

// 400 rows of two covariates, four categories.
CategoricalData made_data(OrderedLink link = OrderedLink::logit) {
  RRandom random(43);
  const Values x1 = random.rnorm(400), x2 = random.rnorm(400);
  CategoricalData data = choices_of(std::vector<std::int64_t>(400, 0), 4, {x1, x2}, false);
  const Tensor b = from_vector(Values{0.8, -0.5, -1, 0.25, 1.5});
  data.y = simulate_categories(random, ordered_probabilities(b, data.x, link));
  return data;
}

TEST(Ordered, HousingIsThatOf220Bits) {
  WALD_NEEDS_ORACLE("glm/housing.json");
  const auto about = testing::read_oracle("glm/housing.json")["fits"]["polr"];
  const CategoricalData data = testing::read_choices("housing", "polr", about);
  const OrderedFit fit = fit_ordered(data);
  testing::expect_fit(fit, about["hp"], 1e-10, 1e-9, 1e-13);
  EXPECT_EQ(fit.names[0], "InflMedium");
  EXPECT_EQ(fit.names[6], "Low|Medium");
  EXPECT_EQ(fit.names[7], "Medium|High");
  EXPECT_EQ(fit.lr_df, 6);
}

TEST(Ordered, CutPointsAloneAreTheShares) {
  const CategoricalData data = choices_of({0, 1, 1, 2, 2, 2, 2, 2}, 3, {}, false);
  const OrderedFit logit = fit_ordered(data), probit = fit_ordered(data, OrderedLink::probit);
  EXPECT_EQ(logit.names, (std::vector<std::string>{"a|b", "b|c"}));
  EXPECT_NEAR(logit.estimate[0], std::log(1 / 7.0), 1e-13);
  EXPECT_NEAR(logit.estimate[1], std::log(3 / 5.0), 1e-13);
  EXPECT_NEAR(logit.std_error(0), std::sqrt(1 + 1 / 7.0), 1e-12);
  EXPECT_NEAR(logit.std_error(1), std::sqrt(1 / 3.0 + 1 / 5.0), 1e-12);
  EXPECT_NEAR(logit.vcov[1], 8.0 * (1 / 8.0) * (5 / 8.0) / (8 * 8 * 7 / 64.0 * 15 / 64.0), 1e-12);
  EXPECT_NEAR(probit.estimate[0], normal_quantile(1 / 8.0), 1e-13);
  EXPECT_NEAR(probit.loglik, logit.loglik, 1e-13);
  EXPECT_NEAR(logit.loglik, logit.loglik_null, 1e-13);
}

TEST(Ordered, TwoLevelsAreALogisticRegression) {
  const CategoricalData data = choices_of({0, 0, 1, 0, 1, 1, 1}, 2, {{0, 0, 0, 1, 1, 1, 1}}, false);
  const OrderedFit fit = fit_ordered(data);
  EXPECT_NEAR(fit.estimate[1], std::log(2.0), 1e-13);                  // -logit(1/3)
  EXPECT_NEAR(fit.estimate[0], std::log(3.0) + std::log(2.0), 1e-12);  // logit(3/4) - logit(1/3)
}

TEST(Ordered, ProbabilitiesAreDifferencesInEitherTail) {
  const Tensor parameters = from_vector(Values{1, -1, 0.5, 2});
  for (double shift : {0.0, 3.0, -3.0, 30.0, -30.0}) {
    const Tensor x = full({1, 1}, shift);
    const Values logit = ordered_probabilities(parameters, x).to_vector();
    // P(2) = (e^hi - e^lo) / ((1 + e^hi)(1 + e^lo)).
    const double hi = 2 - shift, lo = 0.5 - shift;
    const double exact =
        shift < 0
            ? std::exp(-lo) * -std::expm1(lo - hi) / ((1 + std::exp(-lo)) * (1 + std::exp(-hi)))
            : std::exp(hi) * -std::expm1(lo - hi) / ((1 + std::exp(hi)) * (1 + std::exp(lo)));
    EXPECT_NEAR(logit[2] / exact, 1, 1e-13) << shift;
    const Values probit = ordered_probabilities(parameters, x, OrderedLink::probit).to_vector();
    const double between =
        shift < 0 ? normal_sf(lo) - normal_sf(hi) : normal_cdf(hi) - normal_cdf(lo);
    EXPECT_NEAR(probit[2] / between, 1, 1e-12) << shift;
    for (const Values& p : {logit, probit}) {
      EXPECT_NEAR(p[0] + p[1] + p[2] + p[3], 1, 1e-14);
    }
  }
}

TEST(Ordered, EstimateIsAMaximumWithTheHessianThere) {
  for (OrderedLink link : links) {
    const CategoricalData data = made_data(link);
    const OrderedFit fit = fit_ordered(data, link);
    EXPECT_EQ(fit.status, FitStatus::converged);
    const LogLikelihood terms = ordered_log_likelihood(data, link);
    const auto total = [&](const Tensor& b) { return sum(terms(b)); };
    const Tensor at = from_vector(fit.estimate);
    EXPECT_NEAR(total(at).item(), fit.loglik, 1e-12 * std::abs(fit.loglik));
    EXPECT_LT(max(abs(value_and_gradient(total, at).gradient)).item(), 1e-9);
    const Values h = hessian(total, at).to_vector();
    for (std::size_t i = 0; i < h.size(); ++i)
      EXPECT_NEAR(-h[i], fit.information[i], 1e-9 * std::abs(fit.information[0])) << i;
    for (std::size_t i = 0; i < 5; ++i)
      for (std::size_t j = 0; j < 5; ++j) {
        double product = 0;
        for (std::size_t l = 0; l < 5; ++l)
          product += fit.vcov[i * 5 + l] * fit.information[l * 5 + j];
        EXPECT_NEAR(product, i == j ? 1 : 0, 1e-10);
      }
    const Values truth = {0.8, -0.5, -1, 0.25, 1.5};
    for (std::size_t i = 0; i < 5; ++i)
      EXPECT_LT(std::abs(fit.estimate[i] - truth[i]), 4 * fit.std_error(i));
  }
}

TEST(Ordered, ReversedCategoriesChangeSigns) {
  CategoricalData data = made_data();
  const OrderedFit up = fit_ordered(data);
  data.y = 3 - data.y;
  const OrderedFit down = fit_ordered(data);
  EXPECT_NEAR(down.estimate[0], -up.estimate[0], 1e-12);
  EXPECT_NEAR(down.estimate[2], -up.estimate[4], 1e-12);
  EXPECT_NEAR(down.loglik, up.loglik, 1e-11);
}

TEST(Ordered, WeightsOffsetsUnitsAndOrigins) {
  const CategoricalData data = made_data();
  const OrderedFit reference = fit_ordered(data);
  CategoricalData doubled = data;
  doubled.weights = full({data.n()}, 4.0);
  const OrderedFit four = fit_ordered(doubled);
  CategoricalData moved = data;
  moved.offset = full({data.n()}, 2.5);
  const OrderedFit offset = fit_ordered(moved);
  CategoricalData far = data;
  far.x = data.x + from_vector(Values{1e5, -1e5});
  const OrderedFit shifted = fit_ordered(far);
  CategoricalData scaled = data;
  scaled.x = data.x * from_vector(Values{1e100, 1e-100});
  const OrderedFit units = fit_ordered(scaled);
  for (std::size_t i = 0; i < 5; ++i) {
    const double se = reference.std_error(i), b = reference.estimate[i];
    EXPECT_NEAR(four.estimate[i], b, 1e-10 * se);
    EXPECT_NEAR(four.std_error(i), se / 2, 1e-10 * se);
    EXPECT_NEAR(offset.estimate[i], i < 2 ? b : b + 2.5, 1e-10 * se);
    EXPECT_NEAR(shifted.estimate[i], i < 2 ? b : shifted.estimate[i], 1e-8 * se);
    EXPECT_NEAR(coefficient_table(units)[i].z, b / se, 1e-8);
  }
  EXPECT_TRUE(std::isnan(offset.loglik_null));
}

TEST(Ordered, ConditionsAreOnCutPoints) {
  const CategoricalData data = made_data();
  const OrderedFit free = fit_ordered(data);
  OrderedFit held = fit_ordered(data, OrderedLink::logit, {.fixed = {{"c|d", 2.0}}});
  EXPECT_EQ(held.estimate[4], 2);
  EXPECT_TRUE(std::isnan(held.std_error(4)));  // as of any parameter that is held
  EXPECT_LT(held.loglik, free.loglik);
  held = fit_ordered(data, OrderedLink::logit, {.fixed = {{"c|d", free.estimate[4]}}});
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_NEAR(held.estimate[i], free.estimate[i], 1e-9 * free.std_error(i));
  const OrderedFit started =
      fit_ordered(data, OrderedLink::logit, {.start = {{"a|b", -2}, {"b|c", 0.5}, {"c|d", 3}}});
  for (std::size_t i = 0; i < 5; ++i)
    EXPECT_NEAR(started.estimate[i], free.estimate[i], 1e-9 * free.std_error(i));
}

TEST(Ordered, SeparationNamesTheDirection) {
  // x1 orders the categories.
  const CategoricalData ordered =
      choices_of({0, 0, 1, 1, 2, 2}, 3, {{1, 2, 3, 4, 5, 6}, {1, 0, 1, 0, 0, 1}}, false);
  for (OrderedLink link : links)
    expect_refusal<NotIdentifiedError>([&] { fit_ordered(ordered, link); },
                                       {"separated", "x1", "a|b", "b|c"});
  // Everyone with x1 = 1 is in the last category.
  const CategoricalData group =
      choices_of({0, 1, 2, 0, 1, 2, 2, 2, 2}, 3,
                 {{0, 0, 0, 0, 0, 0, 1, 1, 1}, {1, 2, 2.5, 3, 1, 2, 2, 1, 3}}, false);
  for (OrderedLink link : links)
    expect_refusal<NotIdentifiedError>([&] { fit_ordered(group, link); }, {"along x1, so"});
}

TEST(Ordered, RefusesWhatItCannotFit) {
  expect_refusal<NotIdentifiedError>(
      [] {
        fit_ordered(choices_of({0, 2, 2}, 3, {}, false));
      },
      {"category b"});
  expect_refusal<NotIdentifiedError>(
      [] {
        fit_ordered(choices_of({0, 1, 2}, 3, {}, true));
      },
      {"(Intercept) is the same in every row"});
  expect_refusal<NotIdentifiedError>(
      [] {
        fit_ordered(choices_of({0, 1, 0, 1}, 2, {{1, 2, 2, 3}, {3, 5, 5, 7}}, false));
      },
      {"x2"});
  expect_refusal<InputError>(
      [] {
        fit_ordered(choices_of({0, 1, 0}, 2, {{1, INFINITY, 2}}, false));
      },
      {"x1"});
  expect_refusal<NotIdentifiedError>([] { fit_ordered(choices_of({0}, 2, {}, false)); },
                                     {"category b"});
}

}  // namespace
}  // namespace wald
