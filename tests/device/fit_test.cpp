// Models and optimizers on a device: the answers of the processor, and little that is copied back.
#include <gtest/gtest.h>

#include <cmath>

#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/random.h>
#include <wald/kernels/gpu/backend.h>
#include <wald/models/categorical.h>
#include <wald/models/cox.h>
#include <wald/models/glm.h>
#include <wald/models/inference.h>
#include <wald/models/multinomial_logit.h>
#include <wald/models/survival.h>
#include <wald/optim/adam.h>
#include <wald/optim/lbfgs.h>
#include <wald/optim/minimize.h>

#include "emulated.h"

namespace wald::testing {
namespace {

class DeviceFit : public ::testing::Test {
 protected:
  void SetUp() override {
    WALD_NEEDS_EMULATED_DEVICE();
    Generator random(3);
    const DeviceGuard here{Device()};
    const Tensor a = randn({n}, {DType::float64, &random}),
                 b = rand({n}, {DType::float64, &random});
    x = stack({ones({n}), a, b}, 1);
    eta = 0.3 + 0.7 * a - 0.5 * b;
    uniform = rand({n}, {DType::float64, &random});
  }
  static Tensor there(const Tensor& values) { return to(values, emulated()); }
  static std::uint64_t copies_to_host() {
    return dynamic_cast<const kernels::GpuBackend&>(emulated().backend()).copies_to_host();
  }

  static constexpr std::int64_t n = 200;
  const std::vector<std::string> names = {"(Intercept)", "a", "b"};
  Tensor x, eta, uniform;
};

void expect_same(const std::vector<double>& found, const std::vector<double>& wanted,
                 const char* what) {
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    EXPECT_NEAR(found[i], wanted[i], 1e-9 * std::max(1e-3, std::abs(wanted[i])))
        << what << " " << i;
}

void expect_same(const Fit& found, const Fit& wanted) {
  EXPECT_EQ(found.status, wanted.status) << found.message;
  EXPECT_NEAR(found.loglik, wanted.loglik, 1e-11 * std::abs(wanted.loglik));
  expect_same(found.estimate, wanted.estimate, "estimate");
  expect_same(found.vcov, wanted.vcov, "vcov");
}

TEST_F(DeviceFit, OfSurvivalTimes) {
  SurvivalData data;
  data.x = x;
  data.names = names;
  const Tensor time = -log(uniform) * exp(-eta);
  data.event = to(time < 2.0, DType::float64);
  data.time = minimum(time, 2.0);
  for (SurvivalDistribution distribution :
       {SurvivalDistribution::exponential, SurvivalDistribution::weibull,
        SurvivalDistribution::lognormal}) {
    const SurvivalModel model{distribution, SurvivalForm::aft};
    SurvivalData moved = data;
    for (Tensor* column : {&moved.x, &moved.time, &moved.event}) *column = there(*column);
    expect_same(fit_survival(moved, model), fit_survival(data, model));
  }
}

TEST_F(DeviceFit, OfGeneralizedLinearModels) {
  GlmData data;
  data.x = x;
  data.names = names;
  data.y = to(uniform < sigmoid(eta), DType::float64);
  GlmData moved = data;
  moved.x = there(data.x);
  moved.y = there(data.y);
  expect_same(fit_glm(moved, GlmFamily::binomial, GlmLink::logit),
              fit_glm(data, GlmFamily::binomial, GlmLink::logit));
  data.y = floor(exp(eta) * uniform * 3.0);
  moved.y = there(data.y);
  expect_same(fit_glm(moved, GlmFamily::poisson, GlmLink::log),
              fit_glm(data, GlmFamily::poisson, GlmLink::log));
}

TEST_F(DeviceFit, OfCoxsModel) {
  CoxData data;
  data.x = slice(x, 1, 1);
  data.names = {"a", "b"};
  data.time = ceil(-log(uniform) * exp(-eta) * 10.0);
  data.event = to(data.time < 20.0, DType::float64);
  CoxData moved = data;
  for (Tensor* column : {&moved.x, &moved.time, &moved.event}) *column = there(*column);
  expect_same(fit_cox(moved, Ties::efron), fit_cox(data, Ties::efron));
}

TEST_F(DeviceFit, OfCategories) {
  CategoricalData data;
  data.x = x;
  data.names = names;
  data.levels = {"low", "middle", "high"};
  data.y = to(floor(clamp(uniform + 0.2 * eta, 0.0, 0.999) * 3.0), DType::int64);
  CategoricalData moved = data;
  moved.x = there(data.x);
  moved.y = there(data.y);
  expect_same(fit_multinomial(moved), fit_multinomial(data));
}

/// A log-likelihood of operations that the device has kernels for, so that nothing is staged.
Tensor poisson_terms(const Tensor& b, const Tensor& covariate, const Tensor& y) {
  const Tensor at = select(b, 0, 0) + select(b, 0, 1) * covariate;
  return y * at - exp(at);
}

TEST_F(DeviceFit, CopiesTheValueAndTheGradientBackAndNothingElse) {
  const Tensor covariate = there(select(x, 1, 1)), y = there(floor(exp(eta) * uniform * 3.0));
  const DeviceGuard guard(emulated());
  int calls = 0;
  const LogLikelihood terms = [&](const Tensor& b) {
    ++calls;
    EXPECT_EQ(b.device(), emulated());
    return poisson_terms(b, covariate, y);
  };
  maximize(terms, {0, 0}, {"a", "b"}, n);  // what is said once is said
  const std::uint64_t before = copies_to_host();
  calls = 0;
  const Fit fit = maximize(terms, {0, 0}, {"a", "b"}, n);
  EXPECT_NE(fit.status, FitStatus::failed);
  // Value and gradient, and of three evaluations the Hessian.
  EXPECT_LE(copies_to_host() - before, 2u * static_cast<unsigned>(calls) + 6u);
}

TEST_F(DeviceFit, MinimizesWhereTheParametersLie) {
  const Tensor covariate = there(select(x, 1, 1)), y = there(floor(exp(eta) * uniform * 3.0));
  const ScalarFunction f = [&](const Tensor& b) { return -sum(poisson_terms(b, covariate, y)); };
  const ScalarFunction on_host = [&](const Tensor& b) {
    return -sum(poisson_terms(b, to(covariate, Device()), to(y, Device())));
  };
  for (optim::Method method :
       {optim::Method::bfgs, optim::Method::lbfgs, optim::Method::newton_exact,
        optim::Method::lbfgsb, optim::Method::trust_exact}) {
    optim::MinimizeOptions options;
    options.method = method;
    const auto found = optim::minimize(f, zeros({2}, DType::float64, emulated()), options);
    EXPECT_EQ(found.x.device(), emulated()) << optim::name_of(method);
    EXPECT_NE(found.status, optim::Status::failed) << optim::name_of(method) << found.message;
    const auto wanted = optim::minimize(on_host, zeros({2}), options);
    EXPECT_NEAR(found.value, wanted.value, 1e-12 * std::abs(wanted.value));
    expect_same(found.hessian.to_vector(), wanted.hessian.to_vector(), optim::name_of(method));
  }
}

TEST_F(DeviceFit, StepsAnOptimizerWithoutReadingAnything) {
  const Tensor covariate = there(select(x, 1, 1)), y = there(floor(exp(eta) * uniform * 3.0));
  const auto run = [&](const Device& device) {
    const Tensor b = zeros({2}, DType::float64, device).requires_grad_();
    const Tensor c = to(covariate, device), d = to(y, device);
    optim::Adam adam({b}, {.lr = 0.05});
    const std::uint64_t before = copies_to_host();
    for (int i = 0; i < 20; ++i) {
      adam.zero_grad();
      (-sum(poisson_terms(b, c, d))).backward();
      adam.step();
    }
    EXPECT_EQ(copies_to_host(), before);
    return b.to_vector();
  };
  expect_same(run(emulated()), run(Device()), "parameter");
}

}  // namespace
}  // namespace wald::testing
