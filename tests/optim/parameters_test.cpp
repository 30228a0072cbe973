// Parameters on their natural scales: the transforms, and fits whose answers are known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include <wald/engine/creation.h>
#include <wald/engine/gradcheck.h>
#include <wald/engine/ops/ops.h>
#include <wald/optim/parameters.h>

namespace wald::optim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Case {
  const char* name;
  TransformPtr transform;
  Tensor natural;
};

std::vector<Case> cases() {
  const double r = 0.6, s = -0.3, q = 0.5;
  return {
      {"unconstrained", unconstrained(), tensor({{1.5, -2}, {0, 4}})},
      {"positive", positive(), tensor({0.2, 3})},
      {"interval", interval(-1, 2), tensor({-0.9, 0.5, 1.7})},
      {"above", interval(-1, INFINITY), tensor({-0.9, 5})},
      {"below", interval(-INFINITY, 2), tensor({-8, 1.9})},
      {"simplex", simplex(), tensor({0.1, 0.2, 0.3, 0.4})},
      {"ordered", ordered(), tensor({-1, 0.5, 0.6, 7})},
      {"correlation_cholesky", correlation_cholesky(),
       tensor({{1, 0, 0}, {r, std::sqrt(1 - r * r), 0}, {s, q, std::sqrt(1 - s * s - q * q)}})}};
}

void expect_near(const Tensor& got, const Tensor& wanted, double relative) {
  ASSERT_EQ(got.shape(), wanted.shape());
  const std::vector<double> a = got.to_vector(), b = wanted.to_vector();
  for (std::size_t i = 0; i < a.size(); ++i)
    EXPECT_NEAR(a[i], b[i], relative * std::abs(b[i])) << "element " << i;
}

TEST(Transforms, GoThereAndBack) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    const Tensor u = c.transform->to_unconstrained(c.natural);
    EXPECT_EQ(u.shape(), Dims{c.transform->size(c.natural.shape())});
    expect_near(c.transform->to_natural(u, c.natural.shape()), c.natural, 1e-14);
    EXPECT_EQ(c.transform->objection(c.natural), "");
  }
}

TEST(Transforms, KeepDigitsNearTheBorders) {
  const auto there_and_back = [](const TransformPtr& transform, const Tensor& u,
                                 const Dims& shape) {
    const Tensor y = transform->to_natural(u, shape);
    EXPECT_EQ(transform->objection(y), "");
    expect_near(transform->to_unconstrained(y), u, 1e-13);
  };
  there_and_back(positive(), tensor({-700, 700}), {2});
  there_and_back(interval(0, 1), tensor({-700, -1, 3}), {3});
  there_and_back(simplex(), tensor({-300, 20, 200}), {4});
  there_and_back(simplex(), tensor({300, -20, 100}), {4});
  there_and_back(ordered(), tensor({0, -30, -2}), {3});
  there_and_back(correlation_cholesky(), tensor({300, -20, 15}), {3, 3});
  // Not 1 - sigmoid(20), which would round.
  const Tensor y = interval(0, 1)->to_natural(tensor({-20}), {1});
  EXPECT_DOUBLE_EQ(y.item<double>(), std::exp(-20) / (1 + std::exp(-20)));
}

TEST(Transforms, HaveTheMiddlesThatStanGivesThem) {
  expect_near(simplex()->to_natural(zeros({3}), {4}), full({4}, 0.25), 1e-15);
  expect_near(interval(2, 6)->to_natural(zeros({1}), {1}), tensor({4}), 0);
  expect_near(correlation_cholesky()->to_natural(zeros({3}), {3, 3}), eye(3), 1e-15);
  // tanh(u) is the partial correlation; that of two is the correlation.
  const Tensor l = correlation_cholesky()->to_natural(tensor({std::atanh(0.6)}), {2, 2});
  expect_near(l, tensor({{1, 0}, {0.6, 0.8}}), 1e-14);
  expect_near(ordered()->to_natural(tensor({1, 0, std::log(2)}), {3}), tensor({1, 2, 4}), 1e-15);
}

TEST(Transforms, DifferentiateTwice) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    const Tensor u = c.transform->to_unconstrained(c.natural).requires_grad_();
    const TensorFunction natural = [&](const Tensor& v) {
      return c.transform->to_natural(v, c.natural.shape());
    };
    EXPECT_TRUE(gradcheck(natural, u));
    EXPECT_TRUE(gradgradcheck(natural, u));
    const Tensor y = clone(c.natural).requires_grad_();
    EXPECT_TRUE(gradcheck([&](const Tensor& v) { return c.transform->to_unconstrained(v); }, y));
  }
}

/// The places of the natural elements that are free, in row-major order.
std::vector<std::int64_t> free_places(const Case& c) {
  std::vector<std::int64_t> places;
  const std::string name = c.name;
  const std::int64_t n = c.natural.numel();
  for (std::int64_t i = 0; i < n; ++i) {
    if (name == "simplex" && i == n - 1) continue;
    if (name == "correlation_cholesky" && i / 3 <= i % 3) continue;
    places.push_back(i);
  }
  return places;
}

TEST(Transforms, LogJacobianIsThatOfTheMatrix) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    const Tensor u = c.transform->to_unconstrained(c.natural);
    const Tensor places = tensor_of(free_places(c));
    const Tensor matrix = jacobian(
        [&](const Tensor& v) {
          return take(flatten(c.transform->to_natural(v, c.natural.shape())), places);
        },
        u);
    EXPECT_NEAR(c.transform->log_jacobian(u, c.natural.shape()).item<double>(),
                slogdet(matrix).logabsdet.item<double>(), 1e-12);
  }
}

std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(Parameters, RefuseWhatIsOutsideTheDomain) {
  const auto adding = [](const Tensor& value, const TransformPtr& transform) {
    return message_of([&] { Parameters().add("theta", value, transform); });
  };
  EXPECT_EQ(adding(tensor({1, -1}), positive()),
            "parameters: the initial value of 'theta' is not positive and finite");
  EXPECT_EQ(adding(tensor(2), interval(0, 2)),
            "parameters: the initial value of 'theta' is not between 0 and 2, both excluded");
  EXPECT_EQ(adding(tensor({0.5, 0.6}), simplex()),
            "parameters: the initial value of 'theta' adds up to 1.1, not 1");
  EXPECT_EQ(adding(tensor({1, 1}), ordered()),
            "parameters: the initial value of 'theta' is not increasing");
  EXPECT_EQ(adding(tensor({{1, 0}, {1, 1}}), correlation_cholesky()),
            "parameters: the initial value of 'theta' has a row whose length is not 1");
  EXPECT_EQ(adding(tensor({NAN}), unconstrained()),
            "parameters: the initial value of 'theta' is not finite");
  EXPECT_EQ(adding(tensor({{0.5, 0.5}}), simplex()),
            "parameters: 'theta' has shape [1, 2]; a simplex is a vector of 2 elements or more");
  EXPECT_THROW(Parameters().add("theta", ones({2, 3}), correlation_cholesky()), ShapeError);
  EXPECT_THROW(interval(1, 1), InputError);
}

TEST(Parameters, RefuseAMissingTransform) {
  Parameters parameters;
  EXPECT_THROW(parameters.add("a", tensor(1), nullptr), InputError);
}

TEST(Parameters, AreKnownByTheirNames) {
  Parameters parameters;
  parameters.add("sigma", tensor(2), positive()).add("share", tensor({0.2, 0.3, 0.5}), simplex());
  EXPECT_EQ(parameters.size(), 3);
  EXPECT_THAT(parameters.vector_names(), ElementsAre("sigma", "share[0]", "share[1]"));
  EXPECT_THAT(parameters.natural_names(), ElementsAre("sigma", "share[0]", "share[1]", "share[2]"));
  const ParameterValues values = parameters.natural(parameters.initial());
  expect_near(values["share"], tensor({0.2, 0.3, 0.5}), 1e-15);
  expect_near(parameters.unconstrained_vector(values), parameters.initial(), 1e-14);
  EXPECT_EQ(message_of([&] { values["tau"]; }),
            "no parameter is called 'tau'; there are sigma, share");
  EXPECT_EQ(message_of([&] { parameters.add("sigma", tensor(1)); }),
            "parameters: there are two 'sigma'");
  EXPECT_THROW(parameters.add("", tensor(1)), InputError);
  EXPECT_THROW(parameters.natural(zeros({4})), ShapeError);
  EXPECT_NEAR(
      parameters.log_jacobian(parameters.initial()).item<double>(),
      std::log(2) +
          simplex()->log_jacobian(narrow(parameters.initial(), 0, 1, 2), {3}).item<double>(),
      1e-15);
}

MinimizeOptions newton() {
  MinimizeOptions options;
  options.method = Method::trust_exact;
  return options;
}

TEST(NamedMinimize, ProportionsAreTheSharesOfTheCounts) {
  const Tensor counts = tensor({5, 20, 75, 100});
  Parameters parameters;
  parameters.add("share", full({4}, 0.25), simplex());
  const NamedResult fit =
      minimize([&](const ParameterValues& p) { return -sum(counts * log(p["share"])); }, parameters,
               newton());
  EXPECT_EQ(fit.result.status, Status::converged) << fit.result.message;
  const Tensor share = counts / 200;
  expect_near(fit.values["share"], share, 1e-9);
  // That of the multinomial.
  const Tensor covariance = (diag(share) - outer(share, share)) / 200;
  expect_near(fit.covariance, covariance, 1e-6);
}

TEST(NamedMinimize, NormalSampleHasItsMeanAndDeviation) {
  const Tensor y = tensor({2.1, 3.7, 1.4, 5.2, 4.4, 2.9});
  Parameters parameters;
  parameters.add("mean", tensor(0)).add("sd", tensor(1), positive());
  const NamedResult fit = minimize(
      [&](const ParameterValues& p) {
        return sum(square((y - p["mean"]) / p["sd"]) / 2 + log(p["sd"]));
      },
      parameters, newton());
  EXPECT_EQ(fit.result.status, Status::converged) << fit.result.message;
  const double sd = std(y, 0).item<double>();
  EXPECT_NEAR(fit.values["mean"].item<double>(), mean(y).item<double>(), 1e-9);
  EXPECT_NEAR(fit.values["sd"].item<double>(), sd, 1e-9);
  EXPECT_THAT(fit.names, ElementsAre("mean", "sd"));
  EXPECT_NEAR(select(diagonal(fit.covariance), 0, 0).item<double>(), sd * sd / 6, 1e-8);
  EXPECT_NEAR(select(diagonal(fit.covariance), 0, 1).item<double>(), sd * sd / 12, 1e-8);
}

TEST(NamedMinimize, CutPointsAreLogitsOfCumulativeShares) {
  const Tensor counts = tensor({10, 30, 40, 20});
  Parameters parameters;
  parameters.add("cut", tensor({-1, 0, 1}), ordered());
  const NamedResult fit = minimize(
      [&](const ParameterValues& p) {
        const Tensor below = cat({zeros({1}), sigmoid(p["cut"]), ones({1})});
        return -sum(counts * log(diff(below)));
      },
      parameters, newton());
  EXPECT_EQ(fit.result.status, Status::converged) << fit.result.message;
  expect_near(fit.values["cut"], logit(tensor({0.1, 0.4, 0.8})), 1e-8);
}

TEST(NamedMinimize, BivariateCorrelationIsThatOfTheSample) {
  const Tensor x = tensor({{1.2, 0.3}, {-0.5, -0.9}, {0.1, 1.1}, {-1.4, -0.6}, {0.6, 0.1}});
  const Tensor centred = x - mean(x, {0});
  const Tensor standard = centred / std(x, {0}, 0);
  Parameters parameters;
  parameters.add("sd", ones({2}), positive()).add("l", eye(2), correlation_cholesky());
  const NamedResult fit = minimize(
      [&](const ParameterValues& p) {
        const Tensor root = unsqueeze(p["sd"], 1) * p["l"];
        const Tensor z = triangular_solve(root, t(centred));
        return sum(square(z)) / 2 + 5 * sum(log(diagonal(root)));
      },
      parameters, newton());
  EXPECT_EQ(fit.result.status, Status::converged) << fit.result.message;
  const double correlation = mean(select(standard, 1, 0) * select(standard, 1, 1)).item<double>();
  EXPECT_NEAR(select(select(fit.values["l"], 0, 1), 0, 0).item<double>(), correlation, 1e-9);
  expect_near(fit.values["sd"], std(x, {0}, 0), 1e-9);
}

TEST(NamedMinimize, SaysWhichParameterIsFlat) {
  Parameters parameters;
  parameters.add("used", tensor(1)).add("idle", tensor(3), positive());
  const NamedResult fit =
      minimize([](const ParameterValues& p) { return square(p["used"]) + 0 * p["idle"]; },
               parameters, newton());
  EXPECT_THAT(fit.result.message, HasSubstr("idle"));
  EXPECT_FALSE(fit.covariance.defined());
}

TEST(NamedMinimize, RefusesBoundsAndNothing) {
  const auto f = [](const ParameterValues& p) { return square(p["x"]); };
  EXPECT_THROW(minimize(f, Parameters()), InputError);
  Parameters parameters;
  parameters.add("x", tensor(1));
  MinimizeOptions options;
  options.method = Method::lbfgsb;
  options.lower = tensor(0);
  EXPECT_THROW(minimize(f, parameters, options), InputError);
}

}  // namespace
}  // namespace wald::optim
