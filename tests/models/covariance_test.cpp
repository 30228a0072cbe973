// Robust covariances against exact ones of logistic, Poisson and probit fits, and against sums
// written out; the scores and the information from one sweep; the refusals.
#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/models/covariance.h>
#include <wald/models/random.h>
#include <wald/models/regression.h>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "glm_oracle.h"

namespace wald {
namespace {

using testing::exact_numbers;
using testing::GlmOracle;
using Values = std::vector<double>;

/// The regression of a binomial (logit, probit) or Poisson fit of the reference data.
Regression regression_of(const GlmOracle& oracle) {
  Regression r;
  r.x = oracle.x();
  r.names = oracle.names();
  if (oracle.has("offset")) r.offset = oracle.column("offset");
  r.start.assign(r.names.size(), 0.0);
  const Tensor y = oracle.column("y");
  if (oracle.fit.at("family") == "poisson") {
    r.start[0] = std::log(mean(y).item());
    if (r.offset.defined()) r.start[0] = std::log(sum(y).item() / sum(exp(r.offset)).item());
    r.terms = [y](const Tensor& eta, const Tensor&) { return y * eta - exp(eta) - lgamma(y + 1); };
    return r;
  }
  const Tensor n = oracle.has("n") ? oracle.column("n") : ones(y.shape());
  const bool is_probit = oracle.fit.at("link") == "probit";
  r.terms = [y, n, is_probit](const Tensor& eta, const Tensor&) {
    if (is_probit) return y * log_ndtr(eta) + (n - y) * log_ndtr(-eta);
    return y * eta - n * softplus(eta);
  };
  return r;
}

/// The largest difference, in units of the product of two standard errors.
double distance(const Values& a, const Values& b) {
  const auto k = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(b.size()))));
  double largest = a.size() == b.size() ? 0 : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double unit = std::sqrt(b[(i / k) * (k + 1)] * b[(i % k) * (k + 1)]);
    largest = std::max(largest, std::abs(a[i] - b[i]) / unit);
  }
  return largest;
}

struct Case {
  const char *item, *fit;
};

class RobustOracle : public ::testing::TestWithParam<Case> {};

TEST_P(RobustOracle, IsExact) {
  const std::string file = std::string("glm/") + GetParam().item + ".json";
  WALD_NEEDS_ORACLE(file);
  const GlmOracle oracle = testing::read_glm_oracle(GetParam().item, GetParam().fit);
  const Regression r = regression_of(oracle);
  const Fit fit = fit_regression(r);
  const LogLikelihood loglik = log_likelihood(r);
  const auto& hp = oracle.fit.at("hp");
  EXPECT_LT(distance(fit.vcov, exact_numbers(hp.at("vcov"))), 1e-9);
  // The bread of the reference is the expected information.
  CovarianceOptions expected{.bread = exact_numbers(hp.at("vcov_expected_beta"))};
  if (oracle.has("cluster")) expected.groups = oracle.column("cluster");
  for (const auto& [kind, exact] : hp.at("robust").items()) {
    const Covariance named = covariance_named(kind);
    EXPECT_LT(distance(covariance(loglik, fit, named, expected), exact_numbers(exact)), 1e-9)
        << kind;
    if (oracle.fit.at("link") == "probit") continue;
    // With these links the observed one is the same.
    EXPECT_LT(
        distance(covariance(loglik, fit, named, {.groups = expected.groups}), exact_numbers(exact)),
        1e-9)
        << kind;
  }
  if (!hp.contains("robust_observed_bread_beta_block")) return;
  for (const auto& [kind, exact] : hp.at("robust_observed_bread_beta_block").items())
    EXPECT_LT(distance(covariance(loglik, fit, covariance_named(kind)), exact_numbers(exact)), 1e-9)
        << kind;
}

INSTANTIATE_TEST_SUITE_P(
    Glm, RobustOracle,
    ::testing::Values(Case{"birthwt", "logit"}, Case{"birthwt", "probit"}, Case{"mtcars", "logit"},
                      Case{"iris", "logit_virginica_vs_versicolor"}, Case{"menarche", "logit"},
                      Case{"menarche", "probit"}, Case{"infert", "logit_unmatched"},
                      Case{"epil", "poisson"}, Case{"InsectSprays", "poisson"},
                      Case{"quine", "poisson"}, Case{"ships", "poisson_offset"},
                      Case{"warpbreaks", "poisson"}, Case{"warpbreaks", "poisson_main"}),
    [](const auto& test) { return std::string(test.param.item) + "_" + test.param.fit; });

constexpr int rows = 60;

/// A logistic regression on two covariates, with weights of 0, 1, 2 and a half.
Regression weighted_logistic() {
  RRandom random(11);
  const Tensor a = from_vector(random.rnorm(rows)), b = from_vector(random.rnorm(rows)),
               y = to(from_vector(random.runif(rows)) < sigmoid(0.3 + a - 0.5 * b), DType::float64);
  Values w;
  for (int i = 0; i < rows; ++i) w.push_back(Values{1, 2, 0, 0.5}[i % 4]);
  Regression r{stack({ones({rows}), a, b}, 1),
               {"(Intercept)", "a", "b"},
               {},
               from_vector(w),
               {},
               {},
               {0, 0, 0},
               {}};
  r.terms = [y](const Tensor& eta, const Tensor&) { return y * eta - softplus(eta); };
  return r;
}

/// The score and the working weight of each row, by the formulas of the logit.
struct ByHand {
  std::vector<Values> x, scores;
  Values working;
};

ByHand by_hand(const Regression& r, const Fit& fit) {
  // y from the terms at eta = 0 and at eta = 1: y = term(1) + softplus(1).
  const Values y = (r.terms(ones({rows}), {}) + softplus(ones({rows}))).to_vector(),
               w = r.weights.to_vector(), flat = r.x.to_vector();
  ByHand out;
  for (int i = 0; i < rows; ++i) {
    const Values x(&flat[3 * i], &flat[3 * i] + 3);
    double eta = 0;
    for (int j = 0; j < 3; ++j) eta += x[j] * fit.estimate[j];
    const double p = 1 / (1 + std::exp(-eta));
    out.x.push_back(x);
    Values score;
    for (double v : x) score.push_back(w[i] * (y[i] - p) * v);
    out.scores.push_back(score);
    out.working.push_back(w[i] * p * (1 - p));
  }
  return out;
}

Values times(const Values& a, const Values& b) {  // 3 by 3
  Values c(9, 0.0);
  for (int i = 0; i < 9; ++i)
    for (int l = 0; l < 3; ++l) c[i] += a[i / 3 * 3 + l] * b[3 * l + i % 3];
  return c;
}

/// The sum of s s' over score vectors, each with a factor.
Values outer_product(const std::vector<Values>& scores, const Values& factor) {
  Values m(9, 0.0);
  for (std::size_t r = 0; r < scores.size(); ++r)
    for (int i = 0; i < 9; ++i) m[i] += factor[r] * scores[r][i / 3] * scores[r][i % 3];
  return m;
}

double leverage_of(const ByHand& hand, const Values& bread, int row) {
  double h = 0;
  for (int i = 0; i < 9; ++i) h += hand.x[row][i / 3] * bread[i] * hand.x[row][i % 3];
  return hand.working[row] * h;
}

TEST(Covariance, IsWhatTheSumsGive) {
  const Regression r = weighted_logistic();
  const Fit fit = fit_regression(r);
  const LogLikelihood loglik = log_likelihood(r);
  const ByHand hand = by_hand(r, fit);
  const Values& bread = fit.vcov;  // the logit's observed information is its expected one
  const auto sandwich = [&](const Values& meat) { return times(times(bread, meat), bread); };
  Values one(rows, 1.0), hc2, hc3;
  double leverage_sum = 0;
  for (int i = 0; i < rows; ++i) {
    const double h = leverage_of(hand, bread, i);
    leverage_sum += h;
    hc2.push_back(1 / (1 - h));
    hc3.push_back(1 / ((1 - h) * (1 - h)));
  }
  EXPECT_NEAR(leverage_sum, 3, 1e-12);
  const Tensor h = leverages(r, fit);
  EXPECT_NEAR(sum(h).item(), 3, 1e-12);
  const Tensor same = leverages(r, fit, from_vector(hand.working));
  EXPECT_LT(max(abs(h - same)).item(), 1e-14);
  for (int i = 0; i < rows; ++i)
    EXPECT_NEAR(h.to_vector()[i], leverage_of(hand, bread, i), 1e-13) << i;

  const CovarianceOptions with_leverages{.leverages = h};
  EXPECT_LT(
      distance(covariance(loglik, fit, Covariance::hc0), sandwich(outer_product(hand.scores, one))),
      1e-12);
  EXPECT_LT(distance(covariance(loglik, fit, Covariance::hc2, with_leverages),
                     sandwich(outer_product(hand.scores, hc2))),
            1e-12);
  EXPECT_LT(distance(covariance(loglik, fit, Covariance::hc3, with_leverages),
                     sandwich(outer_product(hand.scores, hc3))),
            1e-12);
  Values hc1 = sandwich(outer_product(hand.scores, one));
  for (double& v : hc1) v *= rows / (rows - 3.0);
  EXPECT_LT(distance(covariance(loglik, fit, Covariance::hc1), hc1), 1e-12);
  // The outer product is the inverse: their product is 1.
  const Values product =
      times(covariance(loglik, fit, Covariance::opg), outer_product(hand.scores, one));
  for (int i = 0; i < 9; ++i) EXPECT_NEAR(product[i], i % 4 == 0 ? 1 : 0, 1e-12);
  EXPECT_EQ(covariance(loglik, fit, Covariance::information), fit.vcov);
}

TEST(Covariance, GroupsAddTheirScores) {
  const Regression r = weighted_logistic();
  const Fit fit = fit_regression(r);
  const ByHand hand = by_hand(r, fit);
  std::vector<Values> sums(7, Values(3, 0.0));
  std::vector<std::string> labels;
  for (int i = 0; i < rows; ++i) {
    labels.push_back("clinic " + std::to_string(i * i % 7));
    for (int j = 0; j < 3; ++j) sums[i * i % 7][j] += hand.scores[i][j];
  }
  std::vector<Values> groups;
  for (const Values& s : sums)
    if (s != Values(3, 0.0)) groups.push_back(s);
  const Values exact =
      times(times(fit.vcov, outer_product(groups, Values(groups.size(), 1.0))), fit.vcov);
  const CovarianceOptions options{.groups = groups_of(labels)};
  const LogLikelihood loglik = log_likelihood(r);
  EXPECT_LT(distance(covariance(loglik, fit, Covariance::cr0, options), exact), 1e-12);
  Values cr1 = exact;
  const double g = static_cast<double>(groups.size());
  EXPECT_EQ(g, 4);
  for (double& v : cr1) v *= g / (g - 1) * (rows - 1) / (rows - 3.0);
  EXPECT_LT(distance(covariance(loglik, fit, Covariance::cr1, options), cr1), 1e-12);
  // A group for each row is no group.
  EXPECT_LT(distance(covariance(loglik, fit, Covariance::cr0, {.groups = arange(rows)}),
                     covariance(loglik, fit, Covariance::hc0)),
            1e-12);
}

// Under a budget for two of the three directions the blocks give the same bits.
TEST(Covariance, ABudgetChangesNothing) {
  const Regression r = weighted_logistic();
  const Fit fit = fit_regression(r);
  const LogLikelihood loglik = log_likelihood(r);
  const Values all = covariance(loglik, fit, Covariance::hc0);
  int calls = 0;
  const LogLikelihood counted = [&](const Tensor& b) { return ++calls, loglik(b); };
  EXPECT_EQ(covariance(counted, fit, Covariance::hc0), all);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(covariance(loglik, fit, Covariance::hc0, {.max_bytes = 2 * 8 * 4 * rows}), all);
  EXPECT_THROW(covariance(loglik, fit, Covariance::hc0, {.max_bytes = 8}), Error);
}

TEST(Covariance, WithinConstraintsOnlyWhatIsFreeVaries) {
  Regression r = weighted_logistic();
  const Fit fixed = fit_regression(r, {.fixed = {{"a", 0.7}}});
  // The same as an offset.
  Regression reduced = r;
  reduced.x = stack({select(r.x, 1, 0), select(r.x, 1, 2)}, 1);
  reduced.names = {"(Intercept)", "b"};
  reduced.offset = 0.7 * select(r.x, 1, 1);
  reduced.start = {0, 0};
  const Fit offset = fit_regression(reduced);
  for (Covariance kind : {Covariance::opg, Covariance::hc0, Covariance::hc1}) {
    const Values v = covariance(log_likelihood(r), fixed, kind),
                 u = covariance(log_likelihood(reduced), offset, kind);
    for (int i : {1, 3, 4, 5, 7}) EXPECT_EQ(v[i], 0) << name_of(kind);
    EXPECT_LT(distance({v[0], v[2], v[6], v[8]}, u), 1e-12) << name_of(kind);
  }
}

TEST(TermDerivatives, AreScoresAndInformationFromOneSweep) {
  const Regression r = weighted_logistic();
  const Fit fit = fit_regression(r);
  const Tensor at = from_vector(Values{0.1, -0.4, 0.8});
  int calls = 0;
  const LogLikelihood loglik = [&](const Tensor& b) { return ++calls, log_likelihood(r)(b); };
  const TermDerivatives found = term_derivatives(loglik, at);
  EXPECT_EQ(calls, 1);
  const Values s = scores(loglik, at).to_vector(),
               h = hessian([&](const Tensor&b) { return -sum(loglik(b)); }, at).to_vector();
  EXPECT_EQ(found.scores.shape(), (Dims{rows, 3}));
  for (std::size_t i = 0; i < s.size(); ++i) EXPECT_NEAR(found.scores.to_vector()[i], s[i], 1e-15);
  for (int i = 0; i < 9; ++i) EXPECT_NEAR(found.information.to_vector()[i], h[i], 1e-13);
  EXPECT_DOUBLE_EQ(found.loglik, sum(loglik(at)).item());
}

std::string refusal(const LogLikelihood& loglik, const Fit& fit, Covariance kind,
                    const CovarianceOptions& options = {}) {
  try {
    covariance(loglik, fit, kind, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Covariance, RefusesWhatIsNotDefined) {
  const Regression r = weighted_logistic();
  const Fit fit = fit_regression(r);
  const LogLikelihood loglik = log_likelihood(r);
  const auto expect = [&](const char* part, Covariance kind, const CovarianceOptions& options) {
    EXPECT_NE(refusal(loglik, fit, kind, options).find(part), std::string::npos)
        << refusal(loglik, fit, kind, options);
  };
  expect("needs the leverages", Covariance::hc3, {});
  expect("the shape [2] where [60]", Covariance::hc2, {.leverages = ones({2})});
  expect("row 1 alone", Covariance::hc2, {.leverages = ones({rows})});
  expect("need the group", Covariance::cr1, {});
  expect("more than one group", Covariance::cr1, {.groups = ones({rows})});
  expect("the shape [3] where [60]", Covariance::cr0, {.groups = ones({3})});
  expect("is not a number", Covariance::cr0, {.groups = full({rows}, NAN)});
  expect("4 elements for 3", Covariance::hc0, {.bread = Values(4, 1.0)});
  const LogLikelihood summed = [&](const Tensor& b) { return sum(loglik(b)); };
  EXPECT_NE(refusal(summed, fit, Covariance::hc0).find("its sum"), std::string::npos);
  EXPECT_THROW(covariance_named("HC4"), InputError);
  EXPECT_EQ(covariance_named("hc3"), Covariance::hc3);

  Regression twice = r;
  twice.equations = {"p", "q"};
  twice.start = Values(6, 0.0);
  EXPECT_THROW(leverages(twice, fit), InputError);
}

TEST(Covariance, RefusesTooFewRows) {
  // Two rows for a mean and a log standard deviation.
  const Tensor y = tensor({1, 3});
  const LogLikelihood normal = [&](const Tensor& p) {
    const Tensor z = (y - select(p, 0, 0)) * exp(-select(p, 0, 1));
    return -0.5 * square(z) - select(p, 0, 1);
  };
  const Fit fit = maximize(normal, {0, 0}, {"mu", "log(sigma)"}, 2);
  EXPECT_NE(refusal(normal, fit, Covariance::hc1).find("more rows than parameters"),
            std::string::npos);
  // Both rows are one standard deviation away, so that the score of log(sigma) is 0.
  EXPECT_THROW(covariance(normal, fit, Covariance::opg), NumericalError);
}

}  // namespace
}  // namespace wald
