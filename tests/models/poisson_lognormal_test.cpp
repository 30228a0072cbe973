// The Poisson-lognormal model: reference bounds, what defines the bound and its maximum, data that
// leave no latent variance, and data that must be refused.
#include <wald/engine/io/csv.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/models/count_table.h>
#include <wald/models/poisson_lognormal.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "../oracles.h"

namespace wald {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Values = std::vector<double>;

constexpr LatentCovariance covariances[] = {LatentCovariance::full, LatentCovariance::diagonal,
                                            LatentCovariance::spherical};

PoissonLognormalData data_of(const Tensor& counts, const Tensor& x = {}) {
  PoissonLognormalData data;
  data.counts = counts;
  for (std::int64_t j = 0; j < counts.size(1); ++j) data.species.push_back(fmt::format("s{}", j));
  data.x = x.defined() ? x : ones({counts.size(0), 1});
  data.names = {"(Intercept)"};
  for (std::int64_t j = 1; j < data.x.size(1); ++j) data.names.push_back(fmt::format("x{}", j));
  return data;
}

// 40 samples of 4 species that vary together, with one covariate.
PoissonLognormalData small_data() {
  Generator generator(7);
  const Tensor x = stack({ones({40}), randn({40}, {.generator = &generator})}, 1);
  const Tensor b = tensor({{1.5, 2, 0.5, 1}, {0.4, -0.3, 0, 0.8}});
  const Tensor sigma =
      tensor({{1, 0.6, 0.2, 0}, {0.6, 0.8, 0, 0}, {0.2, 0, 0.9, 0.3}, {0, 0, 0.3, 0.7}});
  return data_of(simulate_poisson_lognormal(x, b, sigma, {}, &generator), x);
}

VariationalNormal posterior_of(const PoissonLognormalFit& fit, const PoissonLognormalData& data) {
  return {data.offset.defined() ? fit.latent_mean - data.offset : fit.latent_mean,
          log(fit.latent_sd)};
}

double largest(const Tensor& x) { return max(abs(x)).item(); }

// A published data set; samples without a count are left out, as in the reference.
PoissonLognormalData read_item(const std::string& item) {
  const Table table = read_csv(testing::oracle_path("pln/" + item + "_abundance.csv"));
  const Tensor counts = read_count_matrix(table), totals = sum(counts, {1});
  std::vector<std::int64_t> kept;
  for (std::int64_t i = 0; i < counts.size(0); ++i)
    if (select(totals, 0, i).item() > 0) kept.push_back(i);
  const Tensor rows = from_vector(kept);
  PoissonLognormalData data = data_of(index_select(counts, 0, rows));
  data.species = table.names();
  // Those of mollusk are the totals.
  data.offset =
      item == "mollusk"
          ? unsqueeze(log(index_select(totals, 0, rows)), 1)
          : read_log_offsets(read_csv(testing::oracle_path("pln/" + item + "_offset.csv")), table);
  return data;
}

class PlnOracle : public ::testing::TestWithParam<const char*> {};

// The reference is a maximum that L-BFGS found; trichoptera's is not quite there.
TEST_P(PlnOracle, BoundIsTheReferenceOrHigher) {
  const std::string item = GetParam();
  WALD_NEEDS_ORACLE("pln/elbo_reference.json");
  const PoissonLognormalData data = read_item(item);
  const auto about = testing::read_oracle("pln/elbo_reference.json")["fits"][item];
  const PoissonLognormalFit fit = fit_poisson_lognormal(data);
  EXPECT_EQ(fit.status, FitStatus::converged) << fit.message;
  const double exact = about["elbo_exact_log_factorial"];
  EXPECT_GE(fit.bound, exact - 1e-9 * std::abs(exact));
  EXPECT_NEAR(fit.bound, exact, 1e-7 * std::abs(exact));
  EXPECT_LT(fit.newton_decrement, 1e-9);
  EXPECT_LT(fit.largest_score, 1e-5);
  const double poisson =
      testing::read_oracle("pln/index.json")[item]["intercept_only"]["loglik_total"];
  EXPECT_NEAR(fit.loglik_poisson, poisson, 1e-12 * std::abs(poisson));
}
INSTANTIATE_TEST_SUITE_P(Items, PlnOracle, ::testing::Values("trichoptera", "barents", "mollusk"),
                         [](const auto& item) { return std::string(item.param); });

// A species alone with covariates: its Poisson regression is that of 20 digits.
TEST(PlnPoissonPart, LogLikelihoodsAreExact) {
  WALD_NEEDS_ORACLE("pln/index.json");
  const PoissonLognormalData data = read_item("trichoptera");
  const Table design = read_csv(testing::oracle_path("pln/trichoptera_design.csv"));
  std::vector<Tensor> columns;
  for (const std::string& name : design.names()) columns.push_back(design.numbers(name));
  const auto about = testing::read_oracle("pln/index.json")["trichoptera"]["covariate_model"];
  int species_seen = 0;
  for (std::size_t j = 0; j < data.species.size(); ++j) {
    if (!about["species"].contains(data.species[j])) continue;
    PoissonLognormalData one =
        data_of(narrow(data.counts, 1, static_cast<std::int64_t>(j), 1), stack(columns, 1));
    one.offset = data.offset;
    const std::string exact = about["species"][data.species[j]]["hp"]["loglik"];
    EXPECT_NEAR(fit_poisson_lognormal(one).loglik_poisson / std::stod(exact), 1, 1e-12);
    ++species_seen;
  }
  EXPECT_EQ(species_seen, 9);
}

// The profiled bound is the sum of the terms at its B and Sigma, and no other do better.
TEST(PlnBound, ProfileIsTheMaximum) {
  PoissonLognormalData data = small_data();
  Generator generator(3);
  data.offset = randn({40, 4}, {.generator = &generator});
  const VariationalNormal q{randn({40, 4}, {.generator = &generator}),
                            0.3 * randn({40, 4}, {.generator = &generator})};
  const Tensor b = solve(matmul(t(data.x), data.x), matmul(t(data.x), q.mean));
  const Tensor r = q.mean - matmul(data.x, b);
  const Tensor full = matmul(t(r), r) / 40 + diag(mean(exp(2 * q.log_sd), {0}));
  const Tensor best[] = {full, diag(diagonal(full)), mean(diagonal(full)) * eye(4)};
  for (int i = 0; i < 3; ++i) {
    const double bound = profiled_bound(q, data, covariances[i]).item();
    const auto at = [&](const Tensor& coefficients, const Tensor& sigma) {
      return sum(variational_bound(q, coefficients, sigma, data)).item();
    };
    EXPECT_NEAR(at(b, best[i]), bound, 1e-12 * std::abs(bound));
    EXPECT_LT(at(b, best[i] * 1.01), bound - 1e-4);
    EXPECT_LT(at(b, best[i] * 0.99), bound - 1e-4);
    EXPECT_LT(at(b + 0.01, best[i]), bound - 1e-4);
  }
  EXPECT_EQ(variational_bound(q, b, full, data).shape(), (Dims{40}));
}

// log p(y) of a single species, by the trapezoidal rule over its latent variable.
TEST(PlnBound, LiesCloselyBelowTheLogLikelihood) {
  const PoissonLognormalData all = small_data();
  const PoissonLognormalData data = data_of(narrow(all.counts, 1, 1, 1), all.x);
  const PoissonLognormalFit fit = fit_poisson_lognormal(data);
  constexpr int points = 4001;
  const Tensor u = (from_vector([] {
                      Values grid(points);
                      for (int i = 0; i < points; ++i) grid[i] = i;
                      return grid;
                    }()) /
                        (points - 1.0) -
                    0.5) *
                   20;                                                      // standard normal
  const Tensor z = matmul(data.x, fit.coefficients) + sqrt(fit.sigma) * u;  // [n, points]
  const Tensor log_density = data.counts * z - exp(z) - lgamma(data.counts + 1) - square(u) / 2 +
                             std::log(20.0 / (points - 1) / std::sqrt(2 * M_PI));
  const double loglik = sum(logsumexp(log_density, {1})).item();
  EXPECT_LT(fit.bound, loglik);
  EXPECT_GT(fit.bound, loglik - 0.02 * 40);
}

TEST(PlnFit, GradientIsZeroAndEstimatesAreThoseOfTheProfile) {
  const PoissonLognormalData data = small_data();
  for (LatentCovariance covariance : covariances) {
    const PoissonLognormalFit fit = fit_poisson_lognormal(data, {.covariance = covariance});
    ASSERT_EQ(fit.status, FitStatus::converged) << fit.message;
    ASSERT_THAT(fit.without_variance, IsEmpty());
    const VariationalNormal q = posterior_of(fit, data);
    const auto found = value_and_gradient(
        [&](const std::vector<Tensor>& at) {
          return profiled_bound({at[0], at[1]}, data, covariance);
        },
        {q.mean, q.log_sd});
    EXPECT_NEAR(found.value.item(), fit.bound, 1e-12 * std::abs(fit.bound));
    // A decrement d of curvatures h leaves gradients of sqrt(2 d h).
    EXPECT_LT(fit.newton_decrement, 1e-12 * std::abs(fit.bound));
    EXPECT_LT(largest(found.gradients[0]), 1e-5);
    EXPECT_LT(largest(found.gradients[1]), 1e-5);
    EXPECT_NEAR(sum(variational_bound(q, fit.coefficients, fit.sigma, data)).item(), fit.bound,
                1e-11 * std::abs(fit.bound));
    // The derivative by B: X'(Y - A) = 0.
    EXPECT_LT(largest(matmul(t(data.x), data.counts - fit.fitted())), 1e-4);
  }
}

TEST(PlnFit, ThePathOfTheBoundEndsAtTheBound) {
  const PoissonLognormalFit fit = fit_poisson_lognormal(small_data());
  ASSERT_EQ(std::ssize(fit.bound_path), fit.iterations + 1);
  EXPECT_LT(fit.bound_path.front(), fit.bound);
  EXPECT_NEAR(fit.bound_path.back(), fit.bound, 1e-9);
}

TEST(PlnFit, CriteriaCountTheParameters) {
  const PoissonLognormalData data = small_data();
  const std::int64_t parameters[] = {8 + 10, 8 + 4, 8 + 1};
  double previous = 0;
  for (int i = 0; i < 3; ++i) {
    const auto fit = fit_poisson_lognormal(data, {.covariance = covariances[i]});
    EXPECT_EQ(fit.parameters(), parameters[i]);
    const double k = static_cast<double>(parameters[i]);
    EXPECT_DOUBLE_EQ(fit.aic(), -2 * fit.bound + 2 * k);
    EXPECT_DOUBLE_EQ(fit.bic(), -2 * fit.bound + std::log(40.) * k);
    const double entropy = sum(log(fit.latent_sd)).item() + 80 * std::log(2 * M_PI * M_E);
    EXPECT_NEAR(fit.icl(), fit.bic() + 2 * entropy, 1e-9);
    EXPECT_GT(fit.r_squared(), 0.8);
    EXPECT_LE(fit.r_squared(), 1);
    // Each covariance is a special case of the one before.
    if (i > 0) {
      EXPECT_LT(fit.bound, previous);
    }
    previous = fit.bound;
  }
}

// Units: the offset takes the place of the intercept, a covariate may be in any unit.
TEST(PlnFit, KnowsNoUnits) {
  const PoissonLognormalData data = small_data();
  const PoissonLognormalFit fit = fit_poisson_lognormal(data);
  PoissonLognormalData other = data;
  other.offset = full({1, 1}, 3.0);
  other.x = data.x * tensor({1, 1e-6});
  const PoissonLognormalFit again = fit_poisson_lognormal(other);
  EXPECT_NEAR(again.bound, fit.bound, 1e-10 * std::abs(fit.bound));
  EXPECT_LT(largest(again.sigma - fit.sigma), 1e-6);
  const Tensor expected = fit.coefficients * tensor({{1}, {1e6}}) - tensor({{3}, {0}});
  EXPECT_LT(largest((again.coefficients - expected) / tensor({{1}, {1e6}})), 1e-6);
  EXPECT_LT(largest(again.latent_mean - fit.latent_mean), 1e-6);
}

// Counts that vary less than Poisson counts: their variance is 0, the rest is as without them.
TEST(PlnFit, VarianceMayBeZero) {
  const PoissonLognormalData all = small_data();
  const Tensor constant = full({40, 1}, 6.0);
  const PoissonLognormalData data = data_of(cat({narrow(all.counts, 1, 0, 2), constant}, 1), all.x);
  for (LatentCovariance covariance : {LatentCovariance::full, LatentCovariance::diagonal}) {
    const PoissonLognormalFit fit = fit_poisson_lognormal(data, {.covariance = covariance});
    EXPECT_EQ(fit.status, FitStatus::converged);
    EXPECT_THAT(fit.without_variance, ElementsAre("s2"));
    EXPECT_EQ(largest(select(fit.sigma, 0, 2)), 0);
    EXPECT_NEAR(select(select(fit.coefficients, 1, 2), 0, 0).item(), std::log(6.0), 1e-10);
    const PoissonLognormalFit two = fit_poisson_lognormal(
        data_of(narrow(all.counts, 1, 0, 2), all.x), {.covariance = covariance});
    EXPECT_NEAR(fit.bound, two.bound + 40 * (6 * std::log(6.0) - 6 - std::lgamma(7.0)), 1e-8);
    EXPECT_EQ(select(select(fit.correlation(), 0, 2), 0, 2).item(), 1);
    EXPECT_EQ(select(select(fit.correlation(), 0, 2), 0, 0).item(), 0);
    EXPECT_TRUE(std::isfinite(fit.icl()));
  }
  const PoissonLognormalFit none = fit_poisson_lognormal(data_of(constant));
  EXPECT_THAT(none.without_variance, ElementsAre("s0"));
  EXPECT_EQ(none.status, FitStatus::converged);
  EXPECT_DOUBLE_EQ(none.bound, none.loglik_poisson);
  EXPECT_THAT(none.message, HasSubstr("no species varies more than Poisson counts"));
}

// Little variance is seen where counts are large.
TEST(PlnFit, SmallVarianceIsKept) {
  Generator generator(11);
  const Tensor sigma = tensor({{0.004, 0.002}, {0.002, 0.01}});
  const PoissonLognormalData data =
      data_of(simulate_poisson_lognormal(ones({200, 1}), tensor({{9, 8}}), sigma, {}, &generator));
  const PoissonLognormalFit fit = fit_poisson_lognormal(data);
  EXPECT_THAT(fit.without_variance, IsEmpty());
  EXPECT_EQ(fit.status, FitStatus::converged);
  EXPECT_LT(largest(fit.sigma - sigma), 0.003);
}

TEST(PlnFit, EmptySamplesAndSingleOnes) {
  const Tensor counts = tensor({{0, 0}, {3, 1}, {9, 0}, {1, 12}, {0, 2}});
  const PoissonLognormalFit fit = fit_poisson_lognormal(data_of(counts));
  EXPECT_EQ(fit.status, FitStatus::converged) << fit.message;
  EXPECT_LT(select(select(fit.latent_mean, 0, 0), 0, 0).item(),
            select(fit.coefficients, 1, 0).item());
  // One sample is fitted exactly, by Poisson regression.
  const PoissonLognormalFit one = fit_poisson_lognormal(data_of(tensor({{4, 7}})));
  EXPECT_THAT(one.without_variance, ElementsAre("s0", "s1"));
  EXPECT_NEAR(one.bound, one.loglik_saturated, 1e-10);
}

TEST(PlnFit, TooFewIterationsFail) {
  const PoissonLognormalFit fit = fit_poisson_lognormal(small_data(), {.max_iter = 3});
  EXPECT_EQ(fit.status, FitStatus::failed);
  EXPECT_THAT(fit.message, HasSubstr("iterations allowed were used up"));
  EXPECT_THROW(fit_poisson_lognormal(small_data(), {.max_iter = 0}), InputError);
}

TEST(PlnPrediction, IsTheMeanOfTheModel) {
  const PoissonLognormalData data = small_data();
  const PoissonLognormalFit fit = fit_poisson_lognormal(data);
  const Tensor x = tensor({{1, 0.5}, {1, -1}});
  const Tensor expected = exp(matmul(x, fit.coefficients) + diagonal(fit.sigma) / 2 + 2);
  EXPECT_LT(largest(expected_counts(fit, x, full({2, 1}, 2.0)) / expected - 1), 1e-14);
  EXPECT_THROW(expected_counts(fit, ones({2, 3})), ShapeError);
}

// Moments of the model: E Y = exp(m + v/2), cov(Y_1, Y_2) = E Y_1 E Y_2 (exp(Sigma_12) - 1).
TEST(PlnSimulation, HasTheMomentsOfTheModel) {
  Generator generator(1);
  const std::int64_t n = 200000;
  const Tensor sigma = tensor({{0.2, 0.1}, {0.1, 0.3}});
  const Tensor y = simulate_poisson_lognormal(ones({n, 1}), tensor({{1, 0.5}}), sigma,
                                              full({1, 1}, 0.4), &generator);
  const Tensor means = mean(y, {0}), exact = exp(tensor({1.4 + 0.1, 0.9 + 0.15}));
  EXPECT_LT(largest(means / exact - 1), 0.01);
  const Tensor rest = y - means;
  const double covariance = mean(select(rest, 1, 0) * select(rest, 1, 1)).item();
  EXPECT_NEAR(covariance, prod(exact).item() * std::expm1(0.1), 0.05);
  EXPECT_THROW(simulate_poisson_lognormal(ones({2, 1}), zeros({1, 1}), full({1, 1}, -1.0)),
               InputError);
  EXPECT_THROW(simulate_poisson_lognormal(ones({2, 1}), full({1, 1}, 50.0), zeros({1, 1})),
               InputError);
}

template <class Exception>
void expect_refused(const PoissonLognormalData& data, const std::vector<std::string>& says) {
  try {
    fit_poisson_lognormal(data);
    ADD_FAILURE() << "not refused";
  } catch (const Exception& error) {
    for (const std::string& word : says) EXPECT_THAT(error.what(), HasSubstr(word));
  }
}

TEST(PlnRefusals, NameWhatIsWrong) {
  const Tensor x = tensor({{1, 0}, {1, 0}, {1, 1}, {1, 1}});
  expect_refused<InputError>(data_of(tensor({{1, 2}, {3, -1}})), {"row 2", "s1", "-1"});
  expect_refused<InputError>(data_of(tensor({{1, 2}, {3, 1.5}})), {"row 2", "s1", "1.5"});
  expect_refused<InputError>(data_of(tensor({{1, NAN}, {3, 1}})), {"row 1", "s1", "nan"});
  expect_refused<NotIdentifiedError>(data_of(tensor({{1, 0}, {3, 0}})), {"never occur", "s1"});
  expect_refused<NotIdentifiedError>(data_of(tensor({{3, 1}, {1, 2}, {4, 0}, {2, 0}}), x),
                                     {"s1", "x1", "minus infinity"});
  expect_refused<NotIdentifiedError>(
      data_of(tensor({{3}, {1}, {4}, {2}}), cat({x, narrow(x, 1, 0, 1) - narrow(x, 1, 1, 1)}, 1)),
      {"collinear", "x2"});
  PoissonLognormalData data = data_of(tensor({{1, 2}, {3, 4}}));
  data.offset = tensor({{-INFINITY}, {0}});
  expect_refused<InputError>(data, {"offset", "not finite"});
  data.offset = zeros({2, 3});
  expect_refused<ShapeError>(data, {"offsets", "[2, 3]", "[2, 2]"});
  data.offset = zeros({2, 2}, DType::float32);
  expect_refused<DTypeError>(data, {"float64"});
  expect_refused<ShapeError>(data_of(tensor({{1, 2}, {3, 4}}), ones({3, 1})), {"2 rows"});
}

TEST(LatentCovarianceNames, GoBothWays) {
  for (LatentCovariance covariance : covariances)
    EXPECT_EQ(latent_covariance_named(name_of(covariance)), covariance);
  EXPECT_THROW(latent_covariance_named("round"), InputError);
}

// Tables of counts and offsets.
Table table_of(const std::string& name, const std::vector<std::string>& columns,
               const std::vector<std::vector<std::string>>& cells) {
  std::vector<NamedColumn> named;
  for (std::size_t j = 0; j < columns.size(); ++j) named.push_back({columns[j], cells[j]});
  return Table(name, named);
}

void expect_message(const std::function<void()>& f, const std::vector<std::string>& says) {
  try {
    f();
    ADD_FAILURE() << "not refused";
  } catch (const InputError& error) {
    for (const std::string& word : says) EXPECT_THAT(error.what(), HasSubstr(word));
  }
}

TEST(CountTable, OffsetsGoByName) {
  const Table counts = table_of("counts", {"a", "b"}, {{"1", "2"}, {"3", "4"}});
  EXPECT_EQ(read_count_matrix(counts).to_vector(), (Values{1, 3, 2, 4}));
  const Table both = table_of("offsets", {"b", "a"}, {{"1", "1"}, {"2", "4"}});
  EXPECT_EQ(read_log_offsets(both, counts).to_vector(), (Values{std::log(2.), 0, std::log(4.), 0}));
  const Table one = table_of("offsets", {"total"}, {{"4", "6"}});
  EXPECT_EQ(read_log_offsets(one, counts).shape(), (Dims{2, 1}));
}

TEST(CountTable, RefusesWhatIsNoCount) {
  const auto counts = [](const std::string& cell) {
    return table_of("counts", {"a", "b"}, {{"1", "2"}, {"3", cell}});
  };
  for (const char* cell : {"-1", "1.5", "", "many"})
    expect_message([&] { read_count_matrix(counts(cell)); }, {"row 2", "'b'"});
  const auto offsets = [&](const std::vector<std::string>& cells) {
    return [&, cells] { read_log_offsets(table_of("offsets", {"total"}, {cells}), counts("1")); };
  };
  expect_message(offsets({"1", "0"}), {"offsets", "row 2", "not above 0"});
  expect_message(offsets({"1"}), {"offsets has 1 rows", "counts has 2"});
  expect_message(
      [&] {
        read_log_offsets(table_of("o", {"a", "c"}, {{"1", "1"}, {"1", "1"}}), counts("1"));
      },
      {"'b'"});
}

}  // namespace
}  // namespace wald
