// Example 1 of the published ones: an exponential survival model, fitted with torch in R and
// compared with streg.
#include <cmath>
#include <limits>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/models/simulate.h>
#include <wald/models/survival.h>
#include <wald/models/survival_plot.h>
#include <wald/optim/lbfgs.h>

#include "reproduce.h"

namespace wald::cli {
namespace {

constexpr double not_judged = std::numeric_limits<double>::quiet_NaN();

SurvivalData published_data(const SurvivalSample& sample) {
  const auto n = static_cast<std::int64_t>(sample.time.size());
  SurvivalData data;
  data.x = stack({ones({n}), from_vector(sample.columns[0])}, 1);
  data.names = {"(Intercept)", "trt"};
  data.time = from_vector(sample.time);
  data.event = from_vector(sample.event);
  return data;
}

/// The published objective, in the element type of its data.
struct NegativeLogLikelihood {
  Tensor x, time, event;

  NegativeLogLikelihood(const SurvivalData& data, DType dtype)
      : x(to(data.x, dtype)), time(to(data.time, dtype)), event(to(data.event, dtype)) {}

  Tensor operator()(const Tensor& beta) const {
    const Tensor eta = mv(x, beta);
    return -sum(event * eta - exp(eta) * time + event * log(time));
  }
};

/// Steps of L-BFGS from ones until two successive values differ by at most 1e-6, as published.
struct OuterSteps {
  int count = 0;
  std::vector<double> estimate;

  explicit OuterSteps(const NegativeLogLikelihood& f) {
    Tensor beta = ones({2}, f.x.dtype()).requires_grad_();
    optim::LBFGS optimizer({beta}, {.line_search = optim::LineSearch::strong_wolfe});
    auto closure = [&] {
      optimizer.zero_grad();
      const Tensor value = f(beta);
      value.backward();
      return value;
    };
    constexpr int most = 100;
    double previous = std::numeric_limits<double>::infinity(), value = 0;
    do {
      previous = count == 0 ? std::numeric_limits<double>::infinity() : value;
      value = optimizer.step(closure).item();
      ++count;
    } while (std::abs(value - previous) > 1e-6 && count < most);
    estimate = beta.to_vector();
  }
};

/// The largest relative difference from X' diag(t exp(X b)) X, the Hessian in closed form.
double hessian_error(const Tensor& h, const SurvivalData& data, const Tensor& beta) {
  const Tensor weighted = data.x * unsqueeze(data.time * exp(mv(data.x, beta)), 1);
  const auto exact = matmul(t(data.x), weighted).to_vector(), got = h.to_vector();
  double worst = 0;
  for (std::size_t i = 0; i < exact.size(); ++i)
    worst = std::max(worst, std::abs(got[i] / exact[i] - 1));
  return worst;
}

/// 0 if x is within the bound, else x: what a figure with a bound is judged by.
double beyond(double x, double bound) { return x <= bound ? 0 : x; }

}  // namespace

Reproduction reproduce_survival(const std::optional<PlotFile>& plot) {
  const SurvivalSample sample = published_survival_data();
  const SurvivalData data = published_data(sample);
  const NegativeLogLikelihood f64(data, DType::float64), f32(data, DType::float32);
  const OuterSteps steps32(f32), steps64(f64);
  const SurvivalFit fit = fit_exponential(data);
  const Tensor estimate = from_vector(fit.estimate);
  const double batched = hessian_error(hessian(f64, estimate), data, estimate);
  const double rows = hessian_error(hessian(f64, estimate, HessianMethod::rows), data, estimate);
  if (plot) plot_fit(*plot, fit, data);

  Reproduction r{
      "survival", "Exponential survival regression, N = 100000, R's set.seed(183475683)", {}};
  r.figures = {
      {"subjects", "100000", 100000, static_cast<double>(fit.n), 0},
      {"events", "54174", 54174, fit.events, 0},
      {"time at risk", "345727.5", 345727.495385717, fit.time_at_risk, 1e-13},
      {"negative log-likelihood at (1, 1)", "1.71723e+06", 1717233.8782994, f64(ones({2})).item(),
       1e-12},
      {"L-BFGS outer steps, float32", "3", not_judged, static_cast<double>(steps32.count)},
      {"  more than 3 of them", "", 0, beyond(steps32.count, 3), 0},
      {"  intercept, float32", "-1.6152599", not_judged, steps32.estimate[0]},
      {"  trt, float32", "-0.4955614", not_judged, steps32.estimate[1]},
      {"L-BFGS outer steps, float64", "", not_judged, static_cast<double>(steps64.count)},
      {"  intercept", "", -1.615311215945, steps64.estimate[0]},
      {"  trt", "", -0.495611433294, steps64.estimate[1], 1e-8 / 0.4956},
      {"intercept", "-1.615311", -1.615311215945, fit.estimate[0], 1e-12},
      {"trt", "-0.495611", -0.495611433294, fit.estimate[1], 1e-12},
      {"standard error of the intercept", "0.005636084", 0.005637315351, fit.std_error(0), 1e-9},
      {"standard error of trt", "0.008706876", 0.008707388094, fit.std_error(1), 1e-9},
      {"log-likelihood of log time (streg)", "-131655.9", -131655.8596854, fit.loglik_logtime,
       1e-12},
      {"log-likelihood", "", -152935.7186, fit.loglik, 1e-9},
      {"z of the intercept", "-286.54", not_judged, fit.estimate[0] / fit.std_error(0)},
      {"z of trt", "-56.92", not_judged, fit.estimate[1] / fit.std_error(1)},
      {"Hessian, one batched sweep: relative error", "", not_judged, batched},
      {"  beyond 1e-12", "", 0, beyond(batched, 1e-12), 0},
      {"Hessian, row by row: relative error", "", not_judged, rows},
      {"  beyond 1e-12", "", 0, beyond(rows, 1e-12), 0},
  };
  return r;
}

}  // namespace wald::cli
