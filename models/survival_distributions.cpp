#include "survival_distributions.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <string>

#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/mean_exp.h>

namespace wald {
namespace {

using Predictor = SurvivalPredictor;

/// The integral of f over [0, 1] by Gauss-Legendre's rule of 8 nodes: exact to the last place where
/// f is smooth on the scale of the interval, and so are its derivatives by parameters.
template <class F>
Tensor integral(F f) {
  constexpr double node[] = {0.18343464249564980494, 0.52553240991632898582, 0.79666647741362673959,
                             0.96028985649753623168};
  constexpr double weight[] = {0.36268378337836198297, 0.31370664587788728734,
                               0.22238103445337447054, 0.10122853629037625915};
  Tensor total;
  for (int i = 0; i < 4; ++i) {
    const Tensor pair = (f((1 - node[i]) / 2) + f((1 + node[i]) / 2)) * (weight[i] / 2);
    total = total.defined() ? total + pair : pair;
  }
  return total;
}

/// log(1 + x) / x, which is 1 at 0.
Tensor log1p_ratio(const Tensor& x) {
  const Tensor is_small = abs(x) < 0.2, near = where(is_small, x, 0.0);
  const Tensor far = where(is_small, 1.0, x);
  return where(is_small, integral([&](double u) { return reciprocal(near * u + 1.0); }),
               log1p(far) / far);
}

// Exponential: h(t) = exp(eta), or log T = eta + W.

Tensor log_rate(const Predictor& of) { return of.form == SurvivalForm::ph ? of.eta : -of.eta; }

Tensor exponential_log_hazard(const Spells&, const Predictor& of) { return log_rate(of); }

Tensor exponential_between(const Spells& spells, const Predictor& of) {
  return exp(log_rate(of)) * spells.length;
}

Tensor exponential_log_time(const Tensor& hazard, const Predictor& of) {
  return log(hazard) - log_rate(of);
}

// Gompertz: h(t) = exp(eta + c t). With c < 0 the hazard dies away, and a fraction never has the
// event: the cumulative hazard stays below exp(eta) / -c.

Tensor gompertz_log_hazard(const Spells& spells, const Predictor& of) {
  return of.eta + of.shape * spells.end;
}

/// The higher of the hazards at the two ends, times the mean of the hazard relative to it: where
/// the hazard grows by more than double can hold, nothing overflows.
Tensor gompertz_between(const Spells& spells, const Predictor& of) {
  const Tensor log_first = spells.begin.defined() ? of.eta + of.shape * spells.begin : of.eta;
  const Tensor growth = of.shape * spells.length, is_up = growth > 0.0;
  const Tensor log_highest = log_first + where(is_up, growth, 0.0);
  return exp(log_highest) * spells.length * mean_exp(where(is_up, -growth, growth));
}

Tensor gompertz_log_time(const Tensor& hazard, const Predictor& of) {
  const Tensor constant = hazard * exp(-of.eta);  // The time, if c were 0.
  const Tensor growth = of.shape * constant, never = growth <= -1.0;
  const Tensor log_time = log(constant * log1p_ratio(where(never, 0.0, growth)));
  return where(never, INFINITY, log_time);
}

// Distributions of location and scale in log time: z = (log t - eta) / sigma (aft), or
// z = eta + p log t (ph), where W = z has a distribution without parameters. `Baseline` is that
// one: its log hazard, its cumulative hazard up to z and from z - d to z, and the inverse.

Tensor log_slope(const Predictor& of) { return of.form == SurvivalForm::ph ? of.shape : -of.shape; }

Tensor standardized(const Tensor& log_time, const Predictor& of) {
  const Tensor slope = exp(log_slope(of));
  return of.form == SurvivalForm::ph ? of.eta + slope * log_time : (log_time - of.eta) * slope;
}

template <class Baseline>
Tensor log_scale_log_hazard(const Spells& spells, const Predictor& of) {
  return Baseline::log_hazard(standardized(spells.log_end, of)) + log_slope(of) - spells.log_end;
}

template <class Baseline>
Tensor log_scale_between(const Spells& spells, const Predictor& of) {
  const Tensor z = standardized(spells.log_end, of), whole = Baseline::hazard(z);
  if (!spells.begin.defined()) return whole;
  const Tensor d = exp(log_slope(of)) * spells.log_ratio;
  return where(spells.from_zero, whole, Baseline::hazard_between(z, d));
}

template <class Baseline>
Tensor log_scale_log_time(const Tensor& hazard, const Predictor& of) {
  const Tensor z = Baseline::quantile(hazard);
  const Tensor deviation = of.form == SurvivalForm::ph ? z - of.eta : z;
  const Tensor scaled = deviation * exp(-log_slope(of));
  return of.form == SurvivalForm::ph ? scaled : of.eta + scaled;
}

/// P(W > z) = exp(-exp(z)), of the smallest of many.
struct ExtremeValue {
  static Tensor log_hazard(const Tensor& z) { return z; }
  static Tensor hazard(const Tensor& z) { return exp(z); }
  static Tensor hazard_between(const Tensor& z, const Tensor& d) { return exp(z) * -expm1(-d); }
  static Tensor quantile(const Tensor& hazard) { return log(hazard); }
};

struct Normal {
  static Tensor log_hazard(const Tensor& z) {
    const double log_root = std::log(2 * std::numbers::pi) / 2;
    return square(z) * -0.5 - log_root - log_ndtr(-z);
  }
  static Tensor hazard(const Tensor& z) { return -log_ndtr(-z); }
  static Tensor hazard_between(const Tensor& z, const Tensor& d) {
    const Tensor is_short = d < 1.0, step = where(is_short, d, 0.0);
    const Tensor integrated =
        step * integral([&](double u) { return inverse_mills(step * u - z); });
    return where(is_short, integrated, log_ndtr(d - z) - log_ndtr(-z));
  }
  static Tensor quantile(const Tensor& hazard) {
    return where(hazard < 0.7, ndtri(-expm1(-hazard)), -ndtri(exp(-hazard)));
  }
};

struct Logistic {
  static Tensor log_hazard(const Tensor& z) { return log_sigmoid(z); }
  static Tensor hazard(const Tensor& z) { return softplus(z); }
  static Tensor hazard_between(const Tensor& z, const Tensor& d) {
    const Tensor is_short = d < 2.0;
    const Tensor fall = where(is_short, expm1(-d), 0.0) * sigmoid(z);
    return where(is_short, -log1p(fall), softplus(z) - softplus(z - d));
  }
  static Tensor quantile(const Tensor& hazard) { return hazard + log1mexp(hazard); }
};

template <class Baseline>
constexpr SurvivalLaw log_scale_law(SurvivalDistribution distribution, const char* name,
                                    const char* title, const char* ph_parameter = nullptr) {
  return {distribution,
          name,
          title,
          ph_parameter,
          "log(scale)",
          true,
          log_scale_log_hazard<Baseline>,
          log_scale_between<Baseline>,
          log_scale_log_time<Baseline>};
}

constexpr SurvivalLaw laws[] = {
    {SurvivalDistribution::exponential, "exponential", "Exponential", "", "", false,
     exponential_log_hazard, exponential_between, exponential_log_time},
    log_scale_law<ExtremeValue>(SurvivalDistribution::weibull, "weibull", "Weibull", "log(shape)"),
    {SurvivalDistribution::gompertz, "gompertz", "Gompertz", "shape", nullptr, false,
     gompertz_log_hazard, gompertz_between, gompertz_log_time},
    log_scale_law<Normal>(SurvivalDistribution::lognormal, "lognormal", "Lognormal"),
    log_scale_law<Logistic>(SurvivalDistribution::loglogistic, "loglogistic", "Log-logistic"),
};

}  // namespace

Spells::Spells(const Tensor& from, const Tensor& to, bool with_logs)
    : begin(from), end(to), length(from.defined() ? to - from : to) {
  const Tensor is_empty = length <= 0;
  if (any(is_empty).item<bool>()) {
    empty = is_empty;
    end = where(empty, 1.0, end);
    if (begin.defined()) begin = where(empty, 0.0, begin);
    length = where(empty, 1.0, length);
  }
  if (with_logs) log_end = log(end);
  if (!begin.defined()) return;
  from_zero = begin <= 0;
  if (with_logs) log_ratio = where(from_zero, 1.0, log1p(length / where(from_zero, 1.0, begin)));
}

const char* SurvivalLaw::parameter(SurvivalForm form) const {
  const char* parameter = form == SurvivalForm::ph ? ph_parameter : aft_parameter;
  if (parameter == nullptr)
    throw InputError(fmt::format("the {} distribution has the form {} only", name,
                                 form == SurvivalForm::ph ? "aft" : "ph"));
  return parameter;
}

Tensor SurvivalLaw::cumulative_hazard(const Spells& spells, const SurvivalPredictor& of) const {
  const Tensor hazard = hazard_between(spells, of);
  return spells.empty.defined() ? where(spells.empty, 0.0, hazard) : hazard;
}

const SurvivalLaw& law_of(SurvivalDistribution distribution) {
  for (const SurvivalLaw& law : laws)
    if (law.distribution == distribution) return law;
  throw InputError("there is no such distribution");
}

const SurvivalLaw& law_named(std::string_view name) {
  std::string names;
  for (const SurvivalLaw& law : laws) {
    if (law.name == name) return law;
    names += (names.empty() ? "" : ", ") + std::string(law.name);
  }
  throw InputError(fmt::format("'{}' is none of the distributions {}", name, names));
}

}  // namespace wald
