// maximize() on likelihoods of a user's own, against closed forms: the estimates, the covariance,
// the certificate, and the refusals.
#include <wald/engine/ops/ops.h>
#include <wald/models/distributions.h>
#include <wald/models/inference.h>
#include <wald/models/random.h>
#include <wald/optim/minimize.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace wald {
namespace {

using Values = std::vector<double>;

Tensor element(const Tensor& parameters, std::int64_t i) { return select(parameters, 0, i); }

double mean_of(const Values& y) {
  return std::accumulate(y.begin(), y.end(), 0.0) / static_cast<double>(y.size());
}

double mean_square_about(const Values& y, double center) {
  double total = 0;
  for (double v : y) total += (v - center) * (v - center);
  return total / static_cast<double>(y.size());
}

Values normal_sample(int n, double mu, double sigma) {
  RRandom random(7);
  Values y = random.rnorm(n);
  for (double& v : y) v = mu + sigma * v;
  return y;
}

// Terms of N(mu, exp(log_sigma)^2).
LogLikelihood normal(const Values& y) {
  return [y = from_vector(y)](const Tensor& p) {
    const Tensor z = (y - element(p, 0)) * exp(-element(p, 1));
    return -0.5 * square(z) - element(p, 1) - 0.5 * std::log(2 * M_PI);
  };
}

void expect_converged(const Fit& fit) {
  EXPECT_EQ(fit.status, FitStatus::converged) << fit.message;
  EXPECT_TRUE(fit.message.empty()) << fit.message;
  EXPECT_GE(fit.certificate.newton_decrement, 0);
  EXPECT_LT(fit.certificate.newton_decrement, 1e-12);
  EXPECT_GT(fit.certificate.smallest_eigenvalue, 0);
  EXPECT_LE(fit.certificate.smallest_eigenvalue, 1 + 1e-12);
  EXPECT_GE(fit.certificate.largest_eigenvalue, 1 - 1e-12);
  EXPECT_GE(fit.evaluations, 1);
}

TEST(Maximize, NormalMeanIsTheMean) {
  const Values y = normal_sample(50, 3, 1);
  const Tensor data = from_vector(y);
  const Fit fit = maximize([&](const Tensor& p) { return -0.5 * square(data - element(p, 0)); },
                           {0}, {"mu"}, 50);
  expect_converged(fit);
  EXPECT_NEAR(fit.estimate[0], mean_of(y), 1e-13);
  EXPECT_NEAR(fit.vcov[0], 1.0 / 50, 1e-15);
  EXPECT_NEAR(fit.information[0], 50, 1e-12);
  EXPECT_DOUBLE_EQ(fit.certificate.smallest_eigenvalue, 1);
  EXPECT_EQ(fit.n, 50);
}

TEST(Maximize, NormalMeanAndLogSigma) {
  for (double sigma : {1.0, 1e-6, 1e6}) {
    const Values y = normal_sample(200, 2 * sigma, sigma);
    const Fit fit =
        maximize(normal(y), {mean_of(y) + sigma, std::log(sigma) + 0.7}, {"mu", "log(sigma)"}, 200);
    expect_converged(fit);
    const double variance = mean_square_about(y, mean_of(y));
    EXPECT_NEAR(fit.estimate[0], mean_of(y), 1e-12 * sigma);
    EXPECT_NEAR(fit.estimate[1], 0.5 * std::log(variance), 1e-12);
    EXPECT_NEAR(fit.vcov[0], variance / 200, 1e-12 * variance);
    EXPECT_NEAR(fit.vcov[3], 1.0 / 400, 1e-13);
    EXPECT_NEAR(fit.vcov[1], 0, 1e-13 * sigma);
    EXPECT_EQ(fit.vcov[1], fit.vcov[2]);
    EXPECT_NEAR(fit.loglik, -100 * (std::log(2 * M_PI * variance) + 1), 1e-10);
  }
}

TEST(Maximize, ThePathLeadsFromTheStartToTheMaximum) {
  const LogLikelihood loglik = normal(normal_sample(40, -2, 3));
  for (const auto method : {std::optional<optim::Method>(), {optim::Method::newton_exact}}) {
    const Fit fit = maximize(loglik, {0, 0}, {"mu", "log(sigma)"}, 40, {.method = method});
    ASSERT_GE(fit.loglik_path.size(), 3U);
    EXPECT_NEAR(fit.loglik_path.front(), sum(loglik(from_vector(Values{0, 0}))).item(), 1e-9);
    EXPECT_EQ(fit.loglik_path.back(), fit.loglik);
    EXPECT_TRUE(std::ranges::is_sorted(fit.loglik_path));
  }
}

TEST(Maximize, PoissonLogRate) {
  const Tensor y = tensor({3, 0, 2, 5, 1, 1, 4, 0});
  const Fit fit = maximize([&](const Tensor& p) { return y * element(p, 0) - exp(element(p, 0)); },
                           {0}, {"b"}, 8);
  expect_converged(fit);
  EXPECT_NEAR(fit.estimate[0], std::log(2), 1e-13);
  EXPECT_NEAR(fit.vcov[0], 1.0 / 16, 1e-14);
}

// Two groups, 12 of 20 and 7 of 30.
TEST(Maximize, LogisticWithSoftplusGivesLogOdds) {
  Values y, group;
  for (int i = 0; i < 50; ++i) {
    group.push_back(i < 20 ? 0 : 1);
    y.push_back(i < 12 || (i >= 20 && i < 27) ? 1 : 0);
  }
  const Tensor x = stack({ones({50}), from_vector(group)}, 1), success = from_vector(y);
  const auto loglik = [&](const Tensor& b) {
    const Tensor eta = mv(x, b);
    return success * eta - softplus(eta);
  };
  for (const Values& start : {Values{0, 0}, Values{5, -8}, Values{-20, 40}}) {
    const Fit fit = maximize(loglik, start, {"(Intercept)", "group"}, 50);
    expect_converged(fit);
    EXPECT_NEAR(fit.estimate[0], std::log(12.0 / 8), 1e-12);
    EXPECT_NEAR(fit.estimate[1], std::log(7.0 / 23) - std::log(12.0 / 8), 1e-12);
    EXPECT_NEAR(fit.vcov[0], 1.0 / 12 + 1.0 / 8, 1e-12);
    EXPECT_NEAR(fit.vcov[3], 1.0 / 12 + 1.0 / 8 + 1.0 / 7 + 1.0 / 23, 1e-12);
    EXPECT_NEAR(fit.vcov[1], -fit.vcov[0], 1e-12);
  }
}

// The information of log(sigma) is negative where sigma is far too large.
TEST(Maximize, NonConcaveStartsReachTheMaximum) {
  const Values y = normal_sample(100, 1, 2);
  const double log_sigma = 0.5 * std::log(mean_square_about(y, mean_of(y)));
  for (const Values& start : {Values{0, 4}, Values{-30, 6}, Values{50, 3}, Values{1, -2}}) {
    const Fit fit = maximize(normal(y), start, {"mu", "log(sigma)"}, 100);
    expect_converged(fit);
    EXPECT_NEAR(fit.estimate[0], mean_of(y), 1e-11) << start[0];
    EXPECT_NEAR(fit.estimate[1], log_sigma, 1e-11) << start[1];
  }
}

// Cauchy location, starting in the convex tails.
TEST(Maximize, CauchyFromItsTails) {
  const Tensor y = tensor({-1, -0.5, 0, 0.5, 1});
  for (double start : {0.3, 4.0, -30.0}) {
    const Fit fit = maximize([&](const Tensor& p) { return -log1p(square(y - element(p, 0))); },
                             {start}, {"m"}, 5);
    expect_converged(fit);
    EXPECT_NEAR(fit.estimate[0], 0, 1e-11);
  }
}

// A gamma rate: the log-likelihood is not a number for a rate below 0, where the first steps lead.
TEST(Maximize, TurnsBackFromTheEndOfTheDomain) {
  for (double start : {1e-8, 0.1, 20.0, 200.0}) {
    const Tensor y = tensor({1, 2, 3, 2});
    const Fit fit =
        maximize([&](const Tensor& p) { return 2.0 * log(element(p, 0)) - element(p, 0) * y; },
                 {start}, {"rate"}, 4);
    expect_converged(fit);
    EXPECT_NEAR(fit.estimate[0], 1, 1e-12) << start;
    EXPECT_NEAR(fit.vcov[0], 1.0 / 8, 1e-12) << start;
  }
}

TEST(Maximize, StartingAtTheMaximumStaysThere) {
  const Tensor y = tensor({1, 2, 3});
  const Fit fit =
      maximize([&](const Tensor& p) { return -0.5 * square(y - element(p, 0)); }, {2}, {"mu"}, 3);
  expect_converged(fit);
  EXPECT_EQ(fit.estimate[0], 2);
  EXPECT_EQ(fit.certificate.largest_score, 0);
}

TEST(Maximize, TermsMayHaveAnyShape) {
  const Tensor y = tensor({{1, 2}, {3, 6}});
  for (bool is_summed : {false, true}) {
    const Fit fit = maximize(
        [&](const Tensor& p) {
          const Tensor terms = -0.5 * square(y - element(p, 0));
          return is_summed ? sum(terms) : terms;
        },
        {0}, {"mu"}, 4);
    EXPECT_NEAR(fit.estimate[0], 3, 1e-13);
  }
}

// The certificate is of the estimate itself, not of the way there.
TEST(Maximize, CertificateHoldsAtTheEstimate) {
  const Tensor y = tensor({3, 0, 2, 5, 1, 1, 4, 0});
  const Fit fit =
      maximize([&](const Tensor& p) { return 1e4 * (y * element(p, 0) - exp(element(p, 0))); },
               {-1}, {"b"}, 8);
  const double score = std::abs(1e4 * (16 - 8 * std::exp(fit.estimate[0])));
  EXPECT_NEAR(fit.certificate.largest_score, score, 1e-9);
  EXPECT_NEAR(fit.certificate.newton_decrement, score * score * fit.vcov[0] / 2, 1e-20);
}

TEST(Maximize, InformationAndCovarianceAreInverse) {
  const Values y = normal_sample(40, 0.3, 1.5);
  const Fit fit = maximize(normal(y), {0, 0}, {"mu", "log(sigma)"}, 40);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 2; ++j) {
      double product = 0;
      for (int l = 0; l < 2; ++l) product += fit.information[2 * i + l] * fit.vcov[2 * l + j];
      EXPECT_NEAR(product, i == j ? 1 : 0, 1e-12);
    }
}

TEST(Maximize, ParameterOfHugeAndTinyScale) {
  const Tensor y = tensor({1, 2, 3, 4});
  for (double scale : {1e-100, 1e-8, 1e8, 1e100}) {
    const Fit fit = maximize(
        [&](const Tensor& p) { return -0.5 * square(y - element(p, 0) * scale); }, {0}, {"b"}, 4);
    expect_converged(fit);
    EXPECT_NEAR(fit.estimate[0] * scale, 2.5, 1e-12) << scale;
    EXPECT_NEAR(fit.std_error(0) * scale, 0.5, 1e-12) << scale;
  }
}

std::string refusal(const LogLikelihood& loglik, const Values& start,
                    const std::vector<std::string>& names) {
  try {
    maximize(loglik, start, names, 4);
  } catch (const NotIdentifiedError& error) {
    return error.what();
  }
  return "not refused";
}

TEST(Maximize, NamesWhatIsNotIdentified) {
  const Tensor y = tensor({1, 2, 3, 4});
  const std::string unused = refusal(
      [&](const Tensor& p) { return -0.5 * square(y - element(p, 0)); }, {0, 0}, {"alpha", "beta"});
  EXPECT_NE(unused.find("beta"), unused.npos) << unused;
  EXPECT_EQ(unused.find("alpha"), unused.npos) << unused;

  const std::string summed = refusal(
      [&](const Tensor& p) {
        return -0.5 * square(y - element(p, 0) - element(p, 2)) - square(element(p, 1));
      },
      {0, 0, 0}, {"alpha", "beta", "gamma"});
  for (const char* name : {"alpha", "gamma"}) EXPECT_NE(summed.find(name), summed.npos) << summed;
  EXPECT_EQ(summed.find("beta"), summed.npos) << summed;

  const std::string product =
      refusal([&](const Tensor& p) { return -0.5 * square(y - element(p, 0) * element(p, 1)); },
              {1, 2}, {"alpha", "beta"});
  for (const char* name : {"alpha", "beta"}) EXPECT_NE(product.find(name), product.npos) << product;
}

TEST(Maximize, RefusesALikelihoodWithoutMaximum) {
  const Tensor y = tensor({1, 2});
  // No events: the log rate goes to minus infinity.
  EXPECT_THROW(maximize([&](const Tensor& p) { return -exp(element(p, 0)) * y; }, {0}, {"b"}, 2),
               NotIdentifiedError);
  // A line has no maximum at all.
  EXPECT_THROW(maximize([&](const Tensor& p) { return element(p, 0) * y; }, {0}, {"b"}, 2),
               NotIdentifiedError);
  // Nor has a parabola that opens upwards.
  EXPECT_THROW(maximize([&](const Tensor& p) { return square(element(p, 0)) * y; }, {1}, {"b"}, 2),
               NotIdentifiedError);
  // Separated binary data.
  const Tensor x = tensor({{1, -2}, {1, -1}, {1, 1}, {1, 2}}), d = tensor({0, 0, 1, 1});
  EXPECT_THROW(maximize(
                   [&](const Tensor& b) {
                     const Tensor eta = mv(x, b);
                     return d * eta - softplus(eta);
                   },
                   {0, 0}, {"a", "b"}, 4),
               NotIdentifiedError);
}

TEST(Maximize, RefusesBadCalls) {
  const auto loglik = [](const Tensor& p) { return -square(p); };
  EXPECT_THROW(maximize(loglik, {}, {}, 1), InputError);
  EXPECT_THROW(maximize(loglik, {1, 2}, {"a"}, 1), InputError);
  EXPECT_THROW(maximize(loglik, {NAN}, {"a"}, 1), InputError);
  EXPECT_THROW(maximize([](const Tensor& p) { return log(p); }, {-1}, {"a"}, 1), InputError);
  EXPECT_THROW(maximize([](const Tensor& p) { return log(p) - p; }, {0}, {"a"}, 1), InputError);
}

TEST(Maximize, SaysThatTheIterationsWereUsedUp) {
  const Values y = normal_sample(100, 1, 2);
  const auto fit_within = [&](int max_iter) {
    return maximize(normal(y), {0.5, 1}, {"mu", "log(sigma)"}, 100, {.max_iter = max_iter});
  };
  const Fit enough = fit_within(1000);
  expect_converged(enough);
  EXPECT_GT(enough.iterations, 1);

  const Fit few = fit_within(1);
  EXPECT_EQ(few.status, FitStatus::failed);
  EXPECT_EQ(few.message, "the iterations allowed were used up");
  EXPECT_EQ(few.iterations, 1);
  EXPECT_LT(few.loglik, enough.loglik);
  EXPECT_NEAR(few.certificate.newton_decrement, enough.loglik - few.loglik,
              0.5 * (enough.loglik - few.loglik));

  const Fit exactly = fit_within(static_cast<int>(enough.iterations));
  expect_converged(exactly);
  EXPECT_EQ(exactly.estimate, enough.estimate);
  EXPECT_THROW(fit_within(0), InputError);
}

TEST(CoefficientTable, IsWalds) {
  Fit fit;
  fit.names = {"a", "b"};
  fit.estimate = {1.5, -0.2};
  fit.vcov = {0.25, 0.1, 0.1, 4};
  const auto rows = coefficient_table(fit, 0.9);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].name, "a");
  EXPECT_EQ(rows[0].estimate, 1.5);
  EXPECT_EQ(rows[0].std_error, 0.5);
  EXPECT_EQ(rows[0].z, 3);
  EXPECT_NEAR(rows[0].p, 0.0026997960632601866, 1e-17);
  EXPECT_NEAR(rows[0].lower, 1.5 - 0.5 * 1.6448536269514722, 1e-15);
  EXPECT_NEAR(rows[0].upper, 1.5 + 0.5 * 1.6448536269514722, 1e-15);
  EXPECT_EQ(rows[1].z, -0.1);
  EXPECT_NEAR(rows[1].p, 0.9203443254459420, 1e-15);
  EXPECT_NEAR(coefficient_table(fit)[0].upper, 1.5 + 0.5 * 1.959963984540054, 1e-15);
}

TEST(Fit, InformationCriteria) {
  Fit fit;
  fit.names = {"a", "b", "c"};
  fit.loglik = -10;
  fit.n = 50;
  EXPECT_DOUBLE_EQ(fit.aic(), 26);
  EXPECT_DOUBLE_EQ(fit.bic(), 20 + 3 * std::log(50));
}

TEST(FitStatus, HasTheContractsNames) {
  EXPECT_STREQ(name_of(FitStatus::converged), "converged");
  EXPECT_STREQ(name_of(FitStatus::precision), "precision");
  EXPECT_STREQ(name_of(FitStatus::failed), "failed");
}

}  // namespace
}  // namespace wald
