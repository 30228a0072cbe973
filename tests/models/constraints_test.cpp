// Parameters fixed and tied, in maximize() and in regressions with one and several equations; what
// the fit then says, and how singular likelihoods are named.
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/models/inference.h>
#include <wald/models/random.h>
#include <wald/models/regression.h>

#include <gtest/gtest.h>

#include <cmath>

namespace wald {
namespace {

using Values = std::vector<double>;

/// Log means of Poisson counts, 30 in 10, 45 in 12, 28 in 14 cells.
const LogLikelihood group_means = [](const Tensor& b) {
  return tensor({30, 45, 28}) * b - tensor({10, 12, 14}) * exp(b);
};

Fit fit_groups(const FitOptions& options) {
  return maximize(group_means, {1, 2, 0}, {"a", "b", "c"}, 3, options);
}

TEST(Constraints, FixedParametersHaveNoStandardError) {
  const Fit fit = fit_groups({.fixed = {{"b", 1.5}}});
  EXPECT_EQ(fit.status, FitStatus::converged);
  EXPECT_EQ(fit.names, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(fit.constraints, std::vector<std::string>{"b = 1.5"});
  EXPECT_EQ(fit.estimate[1], 1.5);
  EXPECT_NEAR(fit.estimate[0], std::log(3), 1e-13);
  EXPECT_NEAR(fit.estimate[2], std::log(2), 1e-13);
  EXPECT_NEAR(fit.std_error(0), std::sqrt(1.0 / 30), 1e-13);
  EXPECT_TRUE(std::isnan(fit.std_error(1)));
  for (int i : {1, 3, 4, 5, 7}) EXPECT_EQ(fit.vcov[i], 0);
  EXPECT_TRUE(fit.is_fixed(1));
  EXPECT_FALSE(fit.is_fixed(0));
  EXPECT_EQ(fit.free_parameters(), 2U);
  EXPECT_DOUBLE_EQ(fit.aic(), -2 * fit.loglik + 4);
  EXPECT_DOUBLE_EQ(fit.bic(), -2 * fit.loglik + 2 * std::log(3));
  // The information is that of all parameters.
  EXPECT_NEAR(fit.information[4], 12 * std::exp(1.5), 1e-11);
  const auto rows = coefficient_table(fit);
  EXPECT_TRUE(std::isnan(rows[1].z) && std::isnan(rows[1].p) && std::isnan(rows[1].lower));
  EXPECT_FALSE(std::isnan(rows[2].p));
}

TEST(Constraints, TiedParametersAreOne) {
  const Fit fit = fit_groups({.tied = {{"c", "a"}}});
  EXPECT_NEAR(fit.estimate[0], std::log(58.0 / 24), 1e-13);
  EXPECT_EQ(fit.estimate[2], fit.estimate[0]);
  EXPECT_EQ(fit.constraints, std::vector<std::string>{"c = a"});
  for (int i : {0, 2, 6, 8}) EXPECT_NEAR(fit.vcov[i], 1.0 / 58, 1e-14);
  EXPECT_EQ(fit.free_parameters(), 2U);
  // A value for one of a group is for all of it.
  const Fit fixed = fit_groups({.fixed = {{"c", 1}}, .tied = {{"a", "c"}}});
  EXPECT_EQ(fixed.estimate[0], 1);
  EXPECT_EQ(fixed.free_parameters(), 1U);
  EXPECT_EQ(fixed.constraints, (std::vector<std::string>{"a = 1", "c = 1"}));
}

TEST(Constraints, AllMayBeFixed) {
  const Fit fit = fit_groups({.fixed = {{"a", 1}, {"b", 1}, {"c", 1}}});
  EXPECT_EQ(fit.status, FitStatus::converged);
  EXPECT_NEAR(fit.loglik, 103 - 36 * std::exp(1), 1e-11);
  EXPECT_EQ(fit.free_parameters(), 0U);
  EXPECT_EQ(fit.aic(), -2 * fit.loglik);
  EXPECT_EQ(fit.vcov, Values(9, 0.0));
  EXPECT_NE(verdict(fit).find("all parameters are fixed"), std::string::npos);
  EXPECT_THROW(
      maximize([](const Tensor& b) { return log(b); }, {1}, {"a"}, 1, {.fixed = {{"a", -1}}}),
      InputError);
}

TEST(Constraints, RefuseWhatContradictsItself) {
  EXPECT_THROW(fit_groups({.fixed = {{"d", 1}}}), InputError);
  EXPECT_THROW(fit_groups({.tied = {{"a", "d"}}}), InputError);
  EXPECT_THROW(fit_groups({.fixed = {{"a", NAN}}}), InputError);
  EXPECT_THROW(fit_groups({.tied = {{"a", "b"}, {"b", "c"}}}), InputError);
  EXPECT_THROW(fit_groups({.fixed = {{"a", 1}, {"b", 2}}, .tied = {{"a", "b"}}}), InputError);
}

constexpr int rows = 80;

/// Normal regression with log(sigma), a covariate far from its origin and one nearly like it.
Regression normal_regression(std::vector<std::string> equations = {}) {
  RRandom random(21);
  const Tensor year = 2000 + 5 * from_vector(random.rnorm(rows)),
               twin = year + 1e-3 * from_vector(random.rnorm(rows)),
               y = 3 + 0.2 * (year - 2000) + from_vector(random.rnorm(rows)),
               y2 = 1 - 0.1 * (year - 2000) + from_vector(random.rnorm(rows));
  Regression r{stack({ones({rows}), year, twin}, 1),
               {"(Intercept)", "year", "twin"},
               {},
               {},
               std::move(equations),
               {"log(sigma)"},
               {},
               {}};
  r.start.assign(r.parameter_names().size(), 0.0);
  const bool is_single = r.equations.empty();
  r.terms = [=](const Tensor& eta, const Tensor& other) {
    const Tensor s = select(other, 0, 0);
    const auto term = [&](const Tensor& z) { return -0.5 * square(z * exp(-s)) - s; };
    if (is_single) return term(y - eta);
    return term(y - select(eta, 1, 0)) + term(y2 - select(eta, 1, 1));
  };
  return r;
}

double relative_difference(const Values& a, const Values& b) {
  double largest = a.size() == b.size() ? 0 : INFINITY;
  for (std::size_t i = 0; i < a.size(); ++i)
    largest = std::max(largest, std::abs(a[i] - b[i]) / (std::abs(b[i]) + 1e-300));
  return largest;
}

TEST(Constraints, OfARegressionAreColumnsAndOffsets) {
  const Regression r = normal_regression();
  const Fit fixed = fit_regression(r, {.fixed = {{"year", 0.3}}});
  Regression by_offset = r;
  by_offset.x = stack({select(r.x, 1, 0), select(r.x, 1, 2)}, 1);
  by_offset.names = {"(Intercept)", "twin"};
  by_offset.offset = 0.3 * select(r.x, 1, 1);
  by_offset.start = {0, 0, 0};
  const Fit offset = fit_regression(by_offset);
  EXPECT_LT(relative_difference({fixed.estimate[0], fixed.estimate[2], fixed.estimate[3]},
                                offset.estimate),
            1e-10);
  EXPECT_NEAR(fixed.std_error(2), offset.std_error(1), 1e-10 * offset.std_error(1));
  EXPECT_NEAR(fixed.loglik, offset.loglik, 1e-10);
  EXPECT_EQ(fixed.estimate[1], 0.3);

  // Tied coefficients: one of the sum of the columns. Their columns are nearly collinear.
  const Fit tied = fit_regression(r, {.tied = {{"year", "twin"}}});
  Regression summed = r;
  summed.x = stack({select(r.x, 1, 0), select(r.x, 1, 1) + select(r.x, 1, 2)}, 1);
  summed.names = {"(Intercept)", "sum"};
  summed.start = {0, 0, 0};
  const Fit sum_fit = fit_regression(summed);
  EXPECT_LT(
      relative_difference({tied.estimate[0], tied.estimate[1], tied.estimate[3]}, sum_fit.estimate),
      1e-10);
  EXPECT_EQ(tied.estimate[1], tied.estimate[2]);
  EXPECT_NEAR(tied.std_error(2), sum_fit.std_error(1), 1e-10 * sum_fit.std_error(1));
  // What is fixed may also be no coefficient, or be all of them.
  EXPECT_EQ(fit_regression(r, {.fixed = {{"log(sigma)", 0.5}}}).estimate[3], 0.5);
  const Fit sigma_only =
      fit_regression(r, {.fixed = {{"(Intercept)", 3}, {"year", 0}, {"twin", 0}}});
  EXPECT_EQ(sigma_only.free_parameters(), 1U);
  EXPECT_NEAR(sigma_only.vcov[15], 0.5 / rows, 1e-12);
  EXPECT_THROW(fit_regression(r, {.tied = {{"year", "log(sigma)"}}}), InputError);
}

TEST(Constraints, AcrossEquationsEqualThoseOfAStackedRegression) {
  const Regression r = normal_regression({"p", "q"});
  const FitOptions constraints{.fixed = {{"p:twin", 0}, {"q:twin", 0}},
                               .tied = {{"p:year", "q:year"}}};
  const Fit fit = fit_regression(r, constraints);
  // Directly, without orthonormal columns, from near the maximum.
  const Fit direct =
      maximize(log_likelihood(r), fit.estimate, r.parameter_names(), rows, constraints);
  for (std::size_t i : {0U, 1U, 3U, 4U, 6U}) {
    EXPECT_NEAR(fit.estimate[i], direct.estimate[i], 1e-6 * fit.std_error(i)) << fit.names[i];
    EXPECT_NEAR(fit.std_error(i), direct.std_error(i), 1e-6 * fit.std_error(i)) << fit.names[i];
  }
  EXPECT_EQ(fit.estimate[1], fit.estimate[4]);
  EXPECT_EQ(fit.estimate[2], 0);
  EXPECT_EQ(fit.free_parameters(), 4U);
  EXPECT_EQ(fit.constraints,
            (std::vector<std::string>{"p:twin = 0", "q:year = p:year", "q:twin = 0"}));
  // Rows without weight determine nothing, here either.
  Regression weighted = r;
  weighted.weights = to(select(r.x, 1, 1) > 1e5, DType::float64);
  EXPECT_THROW(fit_regression(weighted, constraints), NotIdentifiedError);
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const NotIdentifiedError& error) {
    return error.what();
  }
  return "";
}

TEST(Singular, InformationIsNamedAsACombination) {
  const Tensor y = tensor({1, 2, 3, 5}), x = tensor({1, 2, 3, 4});
  const auto refused = [&](const LogLikelihood& loglik, std::vector<std::string> names) {
    const Values start(names.size(), 0.1);
    return message_of([&] { maximize(loglik, start, names, 4); });
  };
  const auto p = [](const Tensor& b, std::int64_t i) { return select(b, 0, i); };
  EXPECT_EQ(
      refused([&](const Tensor& b) { return -square(y - p(b, 0) - p(b, 2)) - square(p(b, 1) - 1); },
              {"alpha", "beta", "gamma"}),
      "the information matrix is singular: the data do not determine alpha - gamma (the "
      "log-likelihood is flat along it)");
  EXPECT_EQ(
      refused([&](const Tensor& b) { return -square(y - p(b, 0) - 2 * p(b, 1) * x - p(b, 2) * x); },
              {"a", "b", "c"}),
      "the information matrix is singular: the data do not determine b - 2 c (the "
      "log-likelihood is flat along it)");
  EXPECT_EQ(refused(
                [&](const Tensor& b) {
                  return -square(y - p(b, 0) - p(b, 1)) - square(x - p(b, 2) + p(b, 3));
                },
                {"a", "b", "c", "d"}),
            "the information matrix is singular: the data do not determine a - b, c + d (the "
            "log-likelihood is flat along them)");
  EXPECT_NE(refused([&](const Tensor& b) { return -square(y - p(b, 0)); }, {"a", "b"})
                .find("do not determine b"),
            std::string::npos);
}

// In a regression the fit is in other coordinates; the message is not.
TEST(Singular, RegressionsNameTheirOwnParameters) {
  Regression r = normal_regression();
  r.other_names = {"shift", "log(sigma)"};
  r.start = Values(5, 0.0);
  const Tensor y = select(r.x, 1, 1) / 100 + cos(select(r.x, 1, 2));
  r.terms = [y](const Tensor& eta, const Tensor& other) {
    const Tensor s = select(other, 0, 1);
    return -0.5 * square((y - eta - select(other, 0, 0)) * exp(-s)) - s;
  };
  const std::string text = message_of([&] { fit_regression(r); });
  EXPECT_NE(text.find("(Intercept) - shift"), std::string::npos) << text;
  EXPECT_EQ(text.find("year"), std::string::npos) << text;

  // Separated by one column: it alone goes to infinity, whatever stands before it.
  Regression logit = normal_regression();
  logit.other_names = {};
  logit.start = Values(3, 0.0);
  const Tensor twin = select(logit.x, 1, 2) - select(logit.x, 1, 1);
  logit.x = stack({select(logit.x, 1, 0), select(logit.x, 1, 1), 1e3 * twin}, 1);
  const Tensor d = to(twin > 0, DType::float64);
  logit.terms = [d](const Tensor& eta, const Tensor&) { return d * eta - softplus(eta); };
  const std::string separated = message_of([&] { fit_regression(logit); });
  EXPECT_NE(separated.find("twin"), std::string::npos) << separated;
}

TEST(Certificate, ScoreAgreesWithDifferences) {
  const Fit fit = fit_groups({});
  EXPECT_LT(fit.certificate.score_agreement, 1e-7);
  EXPECT_EQ(verdict(fit).find("Certified maximum: largest score"), 0U) << verdict(fit);
  EXPECT_LT(fit_regression(normal_regression()).certificate.score_agreement, 1e-7);

  // A gradient that is not that of the value, as a user's own rule may give: detached factors.
  const Tensor y = tensor({1, 2, 4});
  const auto wrong = [&](const Tensor& b) { return y * b - exp(b) - 0.3 * square(b.detach()); };
  Fit misled = maximize(wrong, {0}, {"b"}, 3);
  EXPECT_GT(misled.certificate.score_agreement, 0.1);
  EXPECT_EQ(misled.status, FitStatus::failed);
  misled.status = FitStatus::converged;
  EXPECT_NE(verdict(misled).find("Not certified, since the score is not the slope"),
            std::string::npos)
      << verdict(misled);

  Fit stopped = fit;
  stopped.status = FitStatus::failed;
  stopped.message = "the iterations allowed were used up";
  EXPECT_EQ(verdict(stopped).find("Not certified, since the iterations allowed were used up"), 0U);
}

// Standard errors are not invented where the log-likelihood is not concave.
TEST(Certificate, AFitStoppedFarFromAMaximumHasNoCovariance) {
  const Tensor y = tensor({-1, -0.5, 0, 0.5, 1});
  const auto cauchy = [&](const Tensor& b) { return -log1p(square(y - select(b, 0, 0))); };
  const Fit fit =
      maximize(cauchy, {-30, 0}, {"m", "spare"}, 5, {.max_iter = 1, .fixed = {{"spare", 0}}});
  EXPECT_EQ(fit.status, FitStatus::failed);
  EXPECT_TRUE(fit.vcov.empty());
  EXPECT_TRUE(std::isnan(fit.std_error(0)));
  EXPECT_TRUE(std::isnan(coefficient_table(fit)[0].p));
  EXPECT_EQ(fit.message, "the iterations allowed were used up");
  EXPECT_EQ(verdict(fit).find("Not certified"), 0U);
}

TEST(Fit, CorrectedInformationCriterion) {
  Fit fit;
  fit.names = {"a", "b", "c"};
  fit.loglik = -10;
  fit.n = 50;
  EXPECT_DOUBLE_EQ(fit.aicc(), 26 + 2 * 3 * 4 / 46.0);
  fit.n = 4;
  EXPECT_TRUE(std::isinf(fit.aicc()));
  fit.n = 5;
  EXPECT_DOUBLE_EQ(fit.aicc(), 26 + 24);
}

}  // namespace
}  // namespace wald
