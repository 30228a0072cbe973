// Cox regression against solutions in 220-bit arithmetic, by brute force over small risk sets, and
// its refusals.
#include <wald/engine/error.h>
#include <wald/engine/gradcheck.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/models/cox.h>
#include <wald/models/random.h>

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdio>

#include "survival_item.h"

namespace wald {
namespace {

using Json = nlohmann::json;
using Values = std::vector<double>;
using testing::number;
using testing::read_item;
using testing::SurvivalItem;

/// The sandwich with the sums of the scores by cluster, or by row.
Values sandwich(const Fit& fit, const LogLikelihood& loglik,
                const std::vector<std::int64_t>& cluster) {
  const auto k = static_cast<std::int64_t>(fit.names.size());
  Tensor scores_by_row = scores(loglik, from_vector(fit.estimate));
  if (!cluster.empty()) {
    std::int64_t count = 0;
    for (std::int64_t c : cluster) count = std::max(count, c + 1);
    scores_by_row = segment_sum(scores_by_row, from_vector(cluster), count);
  }
  const Tensor bread = from_vector(fit.vcov, {k, k});
  const Tensor half = matmul(scores_by_row, bread);
  return matmul(t(half), half).to_vector();
}

/// The largest difference of two matrices in units of the roots of the second's diagonal.
double distance(const Values& matrix, const Json& reference) {
  const std::size_t k = reference.size();
  double most = 0;
  for (std::size_t i = 0; i < k; ++i)
    for (std::size_t j = 0; j < k; ++j)
      most = std::max(most, std::abs(matrix[i * k + j] - number(reference[i][j])) /
                                std::sqrt(number(reference[i][i]) * number(reference[j][j])));
  return most;
}

class CoxOracle : public ::testing::TestWithParam<std::tuple<const char*, Ties>> {};

TEST_P(CoxOracle, IsTheExactSolution) {
  WALD_NEEDS_ORACLE("survival/index.json");
  const auto [item, ties] = GetParam();
  const SurvivalItem o = read_item(item);
  const auto start = std::chrono::steady_clock::now();
  const CoxFit fit = fit_cox(o.data, ties);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const Json &reference = o.json.at("cox").at(name_of(ties)), &hp = reference.at("hp"),
             &r = reference.at("r");
  EXPECT_EQ(fit.status, FitStatus::converged) << fit.message;
  double off = 0;
  for (std::size_t j = 0; j < fit.names.size(); ++j)
    off = std::max(off,
                   std::abs(fit.estimate[j] - number(hp.at("coef")[j])) / number(hp.at("se")[j]));
  const auto relative = [](double x, const Json& y) { return std::abs(x / number(y) - 1); };
  const LogLikelihood loglik = cox_log_likelihood(o.data, ties);
  const double covariance = distance(fit.vcov, hp.at("vcov")),
               robust = distance(sandwich(fit, loglik, {}), r.at("vcov_robust"));
  std::printf("%-16s %-7s %.3f s  b %.0e s.e.  vcov %.0e  loglik %.0e  robust %.0e\n", item,
              name_of(ties), seconds.count(), off, covariance,
              relative(fit.loglik, hp.at("loglik")), robust);
  EXPECT_LE(off, 1e-8);
  EXPECT_LE(covariance, 1e-7);
  EXPECT_LE(relative(fit.loglik, hp.at("loglik")), 1e-10);
  EXPECT_LE(relative(fit.loglik_null, hp.at("loglik_null")), 1e-10);
  EXPECT_LE(relative(fit.score_statistic, hp.at("score_test")), 1e-9);
  EXPECT_LE(relative(fit.wald_statistic(), r.at("wald_test")), 1e-7);
  EXPECT_LE(robust, 1e-7);
  EXPECT_LE(std::abs(sum(loglik(from_vector(fit.estimate))).item() / fit.loglik - 1), 1e-12);
  EXPECT_EQ(fit.events, o.json.at("events").get<double>());
  EXPECT_EQ(fit.n, o.json.at("n").get<std::int64_t>());
  if (!o.cluster.empty()) {
    EXPECT_LE(distance(sandwich(fit, loglik, o.cluster), r.at("vcov_cluster")), 1e-7);
  }
}

INSTANTIATE_TEST_SUITE_P(All, CoxOracle,
                         ::testing::Combine(::testing::Values("aml", "colon", "colon_two_events",
                                                              "flchain", "heart", "kidney", "lung",
                                                              "mgus2", "ovarian", "rotterdam",
                                                              "veteran"),
                                            ::testing::Values(Ties::efron, Ties::breslow)),
                         [](const auto& item) {
                           return std::string(std::get<0>(item.param)) + "_" +
                                  name_of(std::get<1>(item.param));
                         });

/// Times with ties, entries, strata, weights with zeros and an offset: n rows.
CoxData sample(std::int64_t n, std::uint32_t seed, bool with_entry = true) {
  RRandom random(seed);
  Values a, b, time, event, entry, weights, offset;
  std::vector<std::int64_t> strata;
  for (std::int64_t i = 0; i < n; ++i) {
    a.push_back(random.rnorm());
    b.push_back(random.rnorm());
    time.push_back(std::ceil(8 * random.runif()));
    entry.push_back(std::floor(time.back() * random.runif() * 0.9));
    event.push_back(random.runif() < 0.6);
    weights.push_back(i % 5 == 0 ? 0 : 0.5 + random.runif());
    offset.push_back(0.5 * random.rnorm());
    strata.push_back(i % 3);
  }
  CoxData data{.x = stack({from_vector(a), from_vector(b)}, 1),
               .names = {"a", "b"},
               .time = from_vector(time),
               .event = from_vector(event),
               .entry = {},
               .weights = from_vector(weights),
               .offset = from_vector(offset),
               .strata = from_vector(strata)};
  if (with_entry) data.entry = from_vector(entry);
  return data;
}

/// The definition, risk set by risk set.
double by_definition(const CoxData& d, const Tensor& b, Ties ties) {
  const Values eta = (mv(d.x, b) + d.offset).to_vector(), time = d.time.to_vector(),
               event = d.event.to_vector(), w = d.weights.to_vector(),
               entry = d.entry.defined() ? d.entry.to_vector() : Values(time.size(), -1);
  const auto stratum = d.strata.to_vector<std::int64_t>();
  const auto is_event = [&](std::size_t i) { return event[i] == 1 && w[i] > 0; };
  double total = 0;
  for (std::size_t i = 0; i < time.size(); ++i) {
    if (!is_event(i)) continue;
    double at_risk = 0, tied = 0, tied_weight = 0, deaths = 0, before = 0;
    for (std::size_t j = 0; j < time.size(); ++j) {
      if (stratum[j] != stratum[i] || time[j] < time[i] || entry[j] >= time[i]) continue;
      at_risk += w[j] * std::exp(eta[j]);
      if (time[j] != time[i] || !is_event(j)) continue;
      tied += w[j] * std::exp(eta[j]);
      tied_weight += w[j];
      deaths += 1;
      before += j < i;
    }
    const double part = ties == Ties::efron ? before / deaths : 0;
    total += w[i] * eta[i] - tied_weight / deaths * std::log(at_risk - part * tied);
  }
  return total;
}

TEST(Cox, IsTheDefinitionOnSmallData) {
  const Tensor b = tensor({0.4, -0.7});
  for (const bool with_entry : {true, false})
    for (const Ties ties : {Ties::efron, Ties::breslow}) {
      const CoxData data = sample(60, 21, with_entry);
      EXPECT_NEAR(sum(cox_log_likelihood(data, ties)(b)).item(), by_definition(data, b, ties),
                  1e-11);
    }
}

TEST(Cox, TermsHaveTwoDerivatives) {
  const Tensor b = tensor({0.3, 0.2});
  for (const bool with_entry : {true, false}) {
    const LogLikelihood loglik = cox_log_likelihood(sample(20, 22, with_entry));
    EXPECT_TRUE(gradcheck(loglik, b));
    const ScalarFunction total = [&](const Tensor& c) { return sum(loglik(c)); };
    EXPECT_TRUE(gradgradcheck(total, b));
  }
}

TEST(Cox, EntriesBeforeAllTimesChangeNothing) {
  CoxData data = sample(200, 23, false);
  const CoxFit without = fit_cox(data);
  data.entry = full({200}, -1.0);
  const CoxFit with = fit_cox(data);
  EXPECT_NEAR(with.loglik, without.loglik, 1e-11 * std::abs(without.loglik));
  for (std::size_t j = 0; j < 2; ++j)
    EXPECT_NEAR(with.estimate[j], without.estimate[j], 1e-11 * with.std_error(j));
}

TEST(Cox, RowsWithoutWeightAreNotThere) {
  CoxData data = sample(100, 24);
  const CoxFit with = fit_cox(data);
  const Tensor kept = flatten(nonzero(data.weights));
  for (Tensor* column :
       {&data.x, &data.time, &data.event, &data.entry, &data.weights, &data.offset, &data.strata})
    *column = index_select(*column, 0, kept);
  const CoxFit without = fit_cox(data);
  EXPECT_EQ(with.estimate, without.estimate);
  EXPECT_EQ(with.loglik, without.loglik);
  EXPECT_EQ(with.n, 100);
  EXPECT_EQ(without.n, 80);
}

TEST(Cox, PredictorsOfHundredsAndOriginsFarAwayCostNoDigits) {
  CoxData data = sample(300, 25);
  const CoxFit fit = fit_cox(data);
  CoxData moved = data;
  // Each stratum has an origin of its own.
  moved.x = data.x + unsqueeze(to(data.strata, DType::float64), 1) * 0x1p20;
  moved.offset = data.offset + 500.0 * to(data.strata, DType::float64);
  data.x = moved.x - unsqueeze(to(data.strata, DType::float64), 1) * 0x1p20;
  const CoxFit near = fit_cox(data), far = fit_cox(moved);
  for (std::size_t j = 0; j < 2; ++j) {
    EXPECT_NEAR(far.estimate[j], near.estimate[j], 1e-11 * fit.std_error(j));
    EXPECT_NEAR(far.std_error(j) / near.std_error(j), 1, 1e-11);
  }
  EXPECT_NEAR(far.loglik, near.loglik, 1e-9);
  data.x = data.x * tensor({0x1p70, 0x1p-60});
  const CoxFit scaled = fit_cox(data);
  EXPECT_NEAR(scaled.estimate[0] * 0x1p70, near.estimate[0], 1e-13);
  // Rows that have left, or have not come yet, with risks e^800 times higher.
  const CoxData early{.x = tensor({{0.0}, {1.0}, {800.0}, {0.5}, {0.0}}),
                      .names = {"x"},
                      .time = tensor({3.0, 3.5, 1.0, 4.0, 5.0}),
                      .event = tensor({1.0, 1.0, 1.0, 1.0, 0.0}),
                      .entry = tensor({0.0, 0.0, 0.0, 0.0, 0.0}),
                      .weights = {},
                      .offset = {},
                      .strata = {}};
  const double e = std::exp(1.0), h = std::exp(0.5);
  EXPECT_NEAR(sum(cox_log_likelihood(early)(tensor({1.0}))).item(),
              -std::log(1 + e + h + 1) + 1 - std::log(e + h + 1) + 0.5 - std::log(h + 1), 1e-12);
}

TEST(Cox, TimesTieWithinRounding) {
  const Tensor x = tensor({{1.0}, {0.0}, {2.0}, {1.5}, {0.5}});
  const auto fit = [&](double third) {
    return fit_cox({.x = x,
                    .names = {"x"},
                    .time = tensor({third, 0.1 + 0.2, 1.0, 2.0, 3.0}),
                    .event = tensor({1.0, 1.0, 1.0, 0.0, 1.0}),
                    .entry = {},
                    .weights = {},
                    .offset = {},
                    .strata = {}});
  };
  ASSERT_NE(0.1 + 0.2, 0.3);
  EXPECT_EQ(fit(0.3).estimate, fit(0.1 + 0.2).estimate);
}

template <class Failure>
std::string refusal(const CoxData& data) {
  try {
    fit_cox(data);
  } catch (const Failure& error) {
    return error.what();
  }
  return "";
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

TEST(Cox, WhatHasNoEstimateIsNamed) {
  const CoxData data = sample(120, 26);
  const Tensor a = select(data.x, 1, 0), b = select(data.x, 1, 1);
  const auto with = [&](const Tensor& column) {
    CoxData more = data;
    more.x = stack({a, b, column}, 1);
    more.names = {"a", "b", "c"};
    return refusal<NotIdentifiedError>(more);
  };
  const Tensor strata = to(data.strata, DType::float64);
  EXPECT_TRUE(has(with(0.1 * ones({120})), "of c: it does not vary among rows at risk together"));
  EXPECT_TRUE(has(with(strata), "of c: it does not vary")) << "constant within strata";
  EXPECT_TRUE(has(with(a - 2 * b + strata), "c = a - 2 b")) << "but for the strata";
  CoxData none = data;
  none.event = zeros({120});
  EXPECT_TRUE(has(refusal<NotIdentifiedError>(none), "no events, so that a, b have no estimate"));
  none = data;
  none.weights = zeros({120});
  EXPECT_TRUE(has(refusal<NotIdentifiedError>(none), "no events"));
}

TEST(Cox, InfiniteCoefficientsAreNamed) {
  const CoxData data = sample(120, 27);
  const Tensor a = select(data.x, 1, 0), b = select(data.x, 1, 1);
  const auto with = [&](const Tensor& column) {
    CoxData more = data;
    more.x = stack({a, b, column}, 1);
    more.names = {"a", "b", "c"};
    return refusal<NotIdentifiedError>(more);
  };
  // A group without events, and a covariate that tells who goes first.
  const Tensor free = where((data.event == 0) & (a > 0), 1.0, 0.0);
  EXPECT_TRUE(has(with(free), "no finite estimate of the coefficient of c"));
  EXPECT_TRUE(has(with(free), "rises without end along -c"));
  EXPECT_TRUE(has(with(free + 0.5 * a), "along 0.5 a - c"));
  CoxData first = sample(30, 28, false);
  first.strata = {};
  first.weights = {};
  first.event = ones({30});
  first.x = stack({select(first.x, 1, 0), -first.time}, 1);
  EXPECT_TRUE(has(refusal<NotIdentifiedError>(first), "along b"));
  // Two subjects: one pair decides.
  const CoxData two{.x = tensor({{1.0}, {0.0}}),
                    .names = {"x"},
                    .time = tensor({1.0, 2.0}),
                    .event = tensor({1.0, 1.0}),
                    .entry = {},
                    .weights = {},
                    .offset = {},
                    .strata = {}};
  EXPECT_TRUE(has(refusal<NotIdentifiedError>(two), "coefficient of x"));
  CoxData one = two;
  one.x = tensor({{1.0}});
  one.time = one.event = tensor({1.0});
  EXPECT_TRUE(has(refusal<NotIdentifiedError>(one), "does not vary"));
}

TEST(Cox, BadInputIsRefused) {
  const CoxData good = sample(30, 29);
  const auto changed = [&](auto change) {
    CoxData data = good;
    change(data);
    return refusal<Error>(data);
  };
  EXPECT_TRUE(has(changed([](CoxData& d) { d.event = d.event * 2; }), "the event must be 0 or 1"));
  EXPECT_TRUE(
      has(changed([](CoxData& d) { d.entry = d.time; }), "row 1: the entry must be before"));
  EXPECT_TRUE(has(changed([](CoxData& d) { d.time = d.time / 0.0; }), "the time must be finite"));
  EXPECT_TRUE(
      has(changed([](CoxData& d) { d.weights = d.weights - 9.0; }), "weight must be finite"));
  EXPECT_TRUE(has(changed([](CoxData& d) { d.x = d.x / 0.0; }), "not finite"));
  EXPECT_TRUE(has(changed([](CoxData& d) { d.names = {"a"}; }), "1 names for 2 covariates"));
  EXPECT_TRUE(has(changed([](CoxData& d) { d.offset = ones({3}); }), "offset has the shape"));
  EXPECT_TRUE(has(changed([](CoxData& d) { d.strata = d.time; }), "strata is not int64"));
}

}  // namespace
}  // namespace wald
