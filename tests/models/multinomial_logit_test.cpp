// Multinomial logit: high-precision reference fits, closed forms, identities of the score, and data
// without a maximum.
#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/models/multinomial_logit.h>

#include <fmt/format.h>

#include "choice_data.h"

namespace wald {
namespace {

using testing::choices_of;
using testing::expect_refusal;
using Values = std::vector<double>;

// 400 rows of two covariates, three categories.
CategoricalData made_data() {
  RRandom random(41);
  const Values x1 = random.rnorm(400), x2 = random.rnorm(400);
  CategoricalData data = choices_of(std::vector<std::int64_t>(400, 0), 3, {x1, x2}, true);
  const Tensor b = from_vector(Values{0.3, 0.8, -0.5, -0.4, -0.6, 0.9});
  data.y = simulate_categories(random, multinomial_probabilities(b, data.x));
  return data;
}

class MultinomialOracle : public ::testing::TestWithParam<const char*> {};

TEST_P(MultinomialOracle, FitIsThatOf220Bits) {
  const std::string item = GetParam();
  WALD_NEEDS_ORACLE("glm/" + item + ".json");
  const auto about = testing::read_oracle("glm/" + item + ".json")["fits"]["multinom"];
  const CategoricalData data = testing::read_choices(item, "multinom", about);
  const MultinomialFit fit = fit_multinomial(data);
  testing::expect_fit(fit, about["hp"], 1e-10, 1e-9, 1e-13);
  for (std::size_t i = 0; i < fit.names.size(); ++i)
    EXPECT_EQ(fit.names[i], about["hp"]["param_order"][i].get<std::string>());
  EXPECT_GT(fit.lr_statistic(), 0);
  EXPECT_EQ(fit.lr_df, static_cast<int>(fit.names.size() - fit.levels.size() + 1));
}

INSTANTIATE_TEST_SUITE_P(, MultinomialOracle, ::testing::Values("Cars93", "housing"),
                         [](const auto& item) { return std::string(item.param); });

TEST(Multinomial, InterceptsAloneAreTheShares) {
  const MultinomialFit fit = fit_multinomial(choices_of({0, 1, 1, 2, 2, 2, 2}, 3, {}, true));
  EXPECT_EQ(fit.names, (std::vector<std::string>{"b:(Intercept)", "c:(Intercept)"}));
  EXPECT_NEAR(fit.estimate[0], std::log(2), 1e-14);
  EXPECT_NEAR(fit.estimate[1], std::log(4), 1e-14);
  EXPECT_NEAR(fit.std_error(0), std::sqrt(1 + 1 / 2.0), 1e-13);
  EXPECT_NEAR(fit.loglik, std::log(1 / 7.0) + 2 * std::log(2 / 7.0) + 4 * std::log(4 / 7.0), 1e-14);
  EXPECT_NEAR(fit.loglik, fit.loglik_null, 1e-14);
  EXPECT_EQ(fit.lr_df, 0);
}

TEST(Multinomial, TwoGroupsHaveEachTheirShares) {
  const CategoricalData data =
      choices_of({0, 0, 1, 2, 0, 1, 1, 1, 2, 2}, 3, {{0, 0, 0, 0, 1, 1, 1, 1, 1, 1}}, true);
  const MultinomialFit fit = fit_multinomial(data);
  EXPECT_NEAR(fit.estimate[0], std::log(1 / 2.0), 1e-13);
  EXPECT_NEAR(fit.estimate[1], std::log(3.0) - std::log(0.5), 1e-13);
  EXPECT_NEAR(fit.estimate[3], std::log(2.0) - std::log(0.5), 1e-13);
  const Values p = multinomial_probabilities(from_vector(fit.estimate), data.x).to_vector();
  EXPECT_NEAR(p[0], 0.5, 1e-14);
  EXPECT_NEAR(p[29], 1 / 3.0, 1e-14);
}

TEST(Multinomial, ProbabilitiesSumToOneAndResidualsAreOrthogonal) {
  const CategoricalData data = made_data();
  const MultinomialFit fit = fit_multinomial(data);
  const Tensor p = multinomial_probabilities(from_vector(fit.estimate), data.x);
  EXPECT_LT(max(abs(sum(p, {1}) - 1)).item(), 1e-14);
  const Tensor score = matmul(t(data.x), category_residuals(p, data.y));
  EXPECT_LT(max(abs(score)).item(), 1e-11);
  const Values terms = multinomial_log_likelihood(data)(from_vector(fit.estimate)).to_vector();
  double total = 0;
  for (double term : terms) total += term;
  EXPECT_NEAR(total, fit.loglik, 1e-12 * std::abs(fit.loglik));
  EXPECT_EQ(fit.aic(), 2 * 6 - 2 * fit.loglik);
}

// Estimates of the rows written in other ways.
void expect_same(const Fit& a, const Fit& b, double tolerance) {
  for (std::size_t i = 0; i < a.names.size(); ++i) {
    EXPECT_NEAR(a.estimate[i], b.estimate[i], tolerance * b.std_error(i)) << a.names[i];
    EXPECT_NEAR(a.std_error(i) / b.std_error(i), 1, tolerance) << a.names[i];
  }
  EXPECT_NEAR(a.loglik, b.loglik, tolerance * std::abs(b.loglik));
}

TEST(Multinomial, WholeWeightsAreRepeatedRows) {
  CategoricalData weighted = made_data();
  Values weights;
  std::vector<std::int64_t> rows;
  for (std::int64_t i = 0; i < weighted.n(); ++i) {
    weights.push_back(static_cast<double>(i % 4));  // 0 leaves the row out
    for (std::int64_t copy = 0; copy < i % 4; ++copy) rows.push_back(i);
  }
  CategoricalData repeated = weighted;
  repeated.x = index_select(weighted.x, 0, from_vector(rows));
  repeated.y = index_select(weighted.y, 0, from_vector(rows));
  weighted.weights = from_vector(weights);
  expect_same(fit_multinomial(weighted), fit_multinomial(repeated), 1e-11);
}

TEST(Multinomial, ConstantOffsetsMoveTheInterceptsAlone) {
  CategoricalData data = made_data();
  const MultinomialFit without = fit_multinomial(data);
  data.offset = full({data.n()}, 0.75);
  const MultinomialFit with = fit_multinomial(data);
  EXPECT_NEAR(with.estimate[0], without.estimate[0] - 0.75, 1e-12);
  EXPECT_NEAR(with.estimate[1], without.estimate[1], 1e-12);
  EXPECT_NEAR(with.loglik, without.loglik, 1e-11);
  EXPECT_TRUE(std::isnan(with.loglik_null));
}

TEST(Multinomial, UnitsAndOriginsOfCovariatesDoNotMatter) {
  CategoricalData data = made_data();
  const MultinomialFit reference = fit_multinomial(data);
  for (double unit : {1e6, 1e-6, 1e100, 1e-100}) {
    CategoricalData scaled = data;
    scaled.x = data.x * from_vector(Values{1, unit, 1 / unit});
    const MultinomialFit fit = fit_multinomial(scaled);
    for (std::size_t i = 0; i < 6; ++i)
      EXPECT_NEAR(coefficient_table(fit)[i].z, coefficient_table(reference)[i].z, 1e-8) << unit;
  }
  data.x = data.x + from_vector(Values{0, 1e4, -1e4});
  const MultinomialFit shifted = fit_multinomial(data);
  for (std::size_t i : {1, 2, 4, 5})
    EXPECT_NEAR(shifted.estimate[i], reference.estimate[i], 1e-9 * reference.std_error(i));
}

TEST(Multinomial, SimulatedCoefficientsAreFound) {
  RRandom random(7);
  const std::size_t n = 20000;
  CategoricalData data = choices_of(std::vector<std::int64_t>(n, 0), 3, {random.rnorm(n)}, true);
  const Values truth = {0.5, -1, -0.25, 0.75};
  data.y = simulate_categories(random, multinomial_probabilities(from_vector(truth), data.x));
  const MultinomialFit fit = fit_multinomial(data);
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_LT(std::abs(fit.estimate[i] - truth[i]), 4 * fit.std_error(i));
}

TEST(Multinomial, SeparatedIrisNamesTheDirection) {
  WALD_NEEDS_ORACLE("glm/iris.json");
  const auto about = testing::read_oracle("glm/iris.json")["fits"]["multinomial_separated"];
  const CategoricalData data = testing::read_choices("iris", "multinomial_separated", about,
                                                     {"setosa", "versicolor", "virginica"});
  expect_refusal<NotIdentifiedError>(
      [&] { fit_multinomial(data); },
      {"separated", "versicolor:Petal.Length", "virginica:Petal.Length", "no finite estimate"});
}

TEST(Multinomial, GroupWithoutACategoryIsNamedAlone) {
  // Nobody with x1 = 1 is in category b.
  const CategoricalData data =
      choices_of({0, 1, 2, 0, 1, 2, 0, 2, 0, 2}, 3,
                 {{0, 0, 0, 0, 0, 0, 1, 1, 1, 1}, {1, 2, 3, 3, 1, 2, 2, 1, 3, 2.5}}, true);
  expect_refusal<NotIdentifiedError>([&] { fit_multinomial(data); }, {"along -b:x1, so"});
  CategoricalData weighted = data;  // a row that tells otherwise, but without weight
  weighted.y = from_vector(std::vector<std::int64_t>{0, 1, 2, 0, 1, 2, 0, 2, 0, 1});
  EXPECT_EQ(fit_multinomial(weighted).status, FitStatus::converged);
  weighted.weights = from_vector(Values{1, 1, 1, 1, 1, 1, 1, 1, 1, 0});
  expect_refusal<NotIdentifiedError>([&] { fit_multinomial(weighted); }, {"b:x1"});
}

TEST(Multinomial, RefusesWhatItCannotFit) {
  expect_refusal<NotIdentifiedError>(
      [] {
        fit_multinomial(choices_of({0, 2, 2}, 3, {}, true));
      },
      {"category b"});
  expect_refusal<NotIdentifiedError>(
      [] {
        fit_multinomial(choices_of({0, 0, 0}, 1, {}, true));
      },
      {"every row is in the category a"});
  expect_refusal<NotIdentifiedError>([] { fit_multinomial(choices_of({1}, 2, {}, true)); },
                                     {"category a"});
  expect_refusal<InputError>(
      [] {
        fit_multinomial(choices_of({0, 3, 1}, 3, {}, true));
      },
      {"row 2 is number 3"});
  expect_refusal<InputError>(
      [] {
        fit_multinomial(choices_of({0, 1, 1, 0}, 2, {{1, NAN, 2, 3}}, true));
      },
      {"x1"});
  expect_refusal<NotIdentifiedError>(
      [] {
        fit_multinomial(choices_of({0, 1, 1, 0}, 2, {{1, 2, 2, 3}, {2, 4, 4, 6}}, true));
      },
      {"x2 = 2 x1"});
  CategoricalData data = choices_of({0, 1, 1, 0}, 2, {}, true);
  data.weights = from_vector(Values{1, -1, 1, 1});
  expect_refusal<InputError>([&] { fit_multinomial(data); }, {"weight of row 2 is -1"});
  data.weights = from_vector(Values{1, 1});
  EXPECT_THROW(fit_multinomial(data), ShapeError);
  data.weights = {};
  data.y = from_vector(Values{0, 1, 1, 0});
  EXPECT_THROW(fit_multinomial(data), DTypeError);
}

}  // namespace
}  // namespace wald
