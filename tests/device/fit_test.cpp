// Models and optimizers on a device: the answers of the processor, and little that is copied back.
#include <gtest/gtest.h>

#include <wald/models/multinomial_logit.h>
#include <wald/models/ols.h>
#include <wald/models/ordered_logit.h>
#include <wald/models/poisson_lognormal.h>
#include <wald/optim/adam.h>
#include <wald/optim/lbfgs.h>
#include <wald/optim/minimize.h>

#include "device_fit.h"

namespace wald::testing {
namespace {

TEST_F(DeviceFit, OfSurvivalTimes) {
  const SurvivalData data = survival();
  for (SurvivalDistribution distribution :
       {SurvivalDistribution::exponential, SurvivalDistribution::weibull,
        SurvivalDistribution::lognormal, SurvivalDistribution::gompertz}) {
    const SurvivalForm form =
        distribution == SurvivalDistribution::gompertz ? SurvivalForm::ph : SurvivalForm::aft;
    const SurvivalModel model{distribution, form};
    expect_same(fit_survival(there(data), model), fit_survival(data, model));
  }
}

TEST_F(DeviceFit, OfIntervalsAndDelayedEntry) {
  SurvivalData data = survival();
  data.time2 = where(data.event > 0, data.time * 1.3, INFINITY);
  data.entry = 0.2 * data.time;
  data.event = {};
  const SurvivalModel model{SurvivalDistribution::weibull, SurvivalForm::ph};
  expect_same(fit_survival(there(data), model), fit_survival(data, model));
}

TEST_F(DeviceFit, OfGeneralizedLinearModels) {
  const auto compare = [](const GlmData& data, GlmFamily family, GlmLink link) {
    expect_same(fit_glm(there(data), family, link), fit_glm(data, family, link));
  };
  compare(binary(), GlmFamily::binomial, GlmLink::logit);
  compare(binary(), GlmFamily::binomial, GlmLink::probit);
  compare(counts(), GlmFamily::poisson, GlmLink::log);
  GlmData data = counts();
  data.weights = ceil(uniform * 3.0);
  data.offset = 0.1 * eta;
  data.y = floor(exp(eta) * (uniform / (1.05 - uniform)));
  compare(data, GlmFamily::negative_binomial, GlmLink::log);
  data.y = 0.1 - log(uniform);
  compare(data, GlmFamily::gamma, GlmLink::log);
}

TEST_F(DeviceFit, OfLinesByLeastSquares) {
  const Tensor y = eta + 0.3 * uniform, weights = 1.0 + uniform;
  for (const Tensor& w : {Tensor(), weights})
    expect_same(ols(there(x), there(y), names, there(w)), ols(x, y, names, w));
}

TEST_F(DeviceFit, OfCoxsModel) {
  CoxData data = cox();
  expect_same(fit_cox(there(data), Ties::efron), fit_cox(data, Ties::efron));
  const Tensor u = slice(uniform, 0, 0, few);
  data.strata = to(floor(u * 2.0), DType::int64);
  data.weights = 0.5 + u;
  expect_same(fit_cox(there(data), Ties::breslow), fit_cox(data, Ties::breslow));
  data.offset = 400.0 * u;  // predictors further apart than a single scale serves
  expect_same(fit_cox(there(data), Ties::breslow), fit_cox(data, Ties::breslow));
}

TEST_F(DeviceFit, OfCoxsModelWithDelayedEntry) {
  CoxData data = cox();
  const Tensor u = slice(uniform, 0, 0, few);
  data.entry = floor(data.time * u * 0.9);
  const CoxFit found = fit_cox(there(data), Ties::efron), wanted = fit_cox(data, Ties::efron);
  expect_same(found, wanted);
  EXPECT_EQ(found.concordance.concordant, wanted.concordance.concordant);
  data.offset = 400.0 * u;
  expect_same(fit_cox(there(data), Ties::efron), fit_cox(data, Ties::efron));
}

TEST_F(DeviceFit, OfCategories) {
  CategoricalData data = categories();
  expect_same(fit_multinomial(there(data)), fit_multinomial(data));
  data.x = slice(x, 1, 1);
  data.names = {"a", "b"};
  for (OrderedLink link : {OrderedLink::logit, OrderedLink::probit})
    expect_same(fit_ordered(there(data), link), fit_ordered(data, link));
}

TEST_F(DeviceFit, OfStrata) {
  expect_same(fit_conditional_logit(there(strata())), fit_conditional_logit(strata()));
}

TEST_F(DeviceFit, WithParametersHeld) {
  const GlmData data = binary();
  const FitOptions options{.fixed = {{"b", -0.5}}, .tied = {}};
  expect_same(fit_glm(there(data), GlmFamily::binomial, GlmLink::logit, options),
              fit_glm(data, GlmFamily::binomial, GlmLink::logit, options));
}

TEST_F(DeviceFit, OfCountsWithLatentVariables) {
  PoissonLognormalData data;
  const Tensor rows = slice(x, 0, 0, 30), spread = reshape(slice(uniform, 0, 0, 120), {30, 4});
  data.x = slice(rows, 1, 0, 2);
  data.names = {"(Intercept)", "a"};
  data.species = {"p", "q", "r", "s"};
  data.counts = floor(exp(3.0 * spread + unsqueeze(select(rows, 1, 1), 1)));
  PoissonLognormalData moved = data;
  moved.x = there(data.x);
  moved.counts = there(data.counts);
  const auto found = fit_poisson_lognormal(moved), wanted = fit_poisson_lognormal(data);
  EXPECT_EQ(found.status, wanted.status) << found.message;
  EXPECT_NEAR(found.bound, wanted.bound, 1e-10 * std::abs(wanted.bound));
  expect_same(found.sigma.to_vector(), wanted.sigma.to_vector(), "sigma", 1e-5);
  expect_same(found.correlation().to_vector(), wanted.correlation().to_vector(), "correlation",
              1e-5);
  EXPECT_EQ(found.sigma.device(), emulated());
  expect_same(expected_counts(found, moved.x).to_vector(),
              expected_counts(wanted, data.x).to_vector(), "expected counts", 1e-5);
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
  // Value, gradient and, of three evaluations, the Hessian come together.
  EXPECT_LE(copies_to_host() - before, static_cast<unsigned>(calls) + 4u);
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
