// Draws survival data: covariates first, then times from the uniforms as R's functions take them,
// then administrative censoring.
#include <wald/engine/error.h>
#include <wald/models/simulate.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace wald {
namespace {

void add_treatment(RRandom& random, std::size_t n, SurvivalSample& sample) {
  const std::vector<int> arm = random.rbinom(n, 1, 0.5);
  sample.covariates.emplace_back("trt");
  sample.columns.emplace_back(arm.begin(), arm.end());
}

void add_covariates(RRandom& random, std::size_t n, std::size_t coefficients,
                    SurvivalSample& sample) {
  if (coefficients > 1) add_treatment(random, n, sample);
  for (std::size_t j = 2; j < coefficients; ++j) {
    sample.covariates.push_back(fmt::format("x{}", j));
    sample.columns.push_back(random.rnorm(n));
  }
}

// The event is seen when T <= censor_time, and the time is the smaller of the two.
template <class Draw>
void add_times(std::size_t n, double censor_time, Draw draw, SurvivalSample& sample) {
  sample.time.resize(n);
  sample.event.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double time = draw(i);
    sample.event[i] = time <= censor_time ? 1 : 0;
    sample.time[i] = std::min(time, censor_time);
  }
}

/// Time as a function of the linear predictor, from the next draws of the stream.
double draw_time(RRandom& random, const SurvivalModel& model, double eta, double shape) {
  const bool is_ph = model.form == SurvivalForm::ph;
  switch (model.distribution) {
    case SurvivalDistribution::exponential:
      return -std::log(random.runif()) / std::exp(is_ph ? eta : -eta);
    case SurvivalDistribution::weibull: {
      const double p = std::exp(is_ph ? shape : -shape);
      return std::exp(is_ph ? -eta / p : eta) * std::pow(-std::log(random.runif()), 1 / p);
    }
    case SurvivalDistribution::gompertz: {
      const double constant = -std::log(random.runif()) * std::exp(-eta);  // if c were 0
      if (shape == 0) return constant;
      const double grown = shape * constant;  // log(1 + grown) / c; at most -1: never
      return grown > -1 ? std::log1p(grown) / shape : INFINITY;
    }
    case SurvivalDistribution::lognormal:
      return std::exp(eta + std::exp(shape) * random.rnorm());
    case SurvivalDistribution::loglogistic: {
      const double u = random.runif();
      return std::exp(eta + std::exp(shape) * std::log(u / (1 - u)));
    }
  }
  return NAN;
}

}  // namespace

SurvivalSample simulate_survival(RRandom& random, std::size_t n, const SurvivalModel& model,
                                 std::span<const double> parameters, double censor_time) {
  const SurvivalLaw& law = law_of(model.distribution);
  const std::string parameter = law.parameter(model.form);
  const bool has_shape = !parameter.empty();
  if (parameters.size() < (has_shape ? 2 : 1) ||
      !std::ranges::all_of(parameters, [](double b) { return std::isfinite(b); }))
    throw InputError(
        fmt::format("simulating survival needs finite coefficients, the intercept first{}{}",
                    has_shape ? ", and at the end " : "", parameter));
  if (!(censor_time > 0))
    throw InputError(fmt::format("the censoring time must be positive, not {}", censor_time));
  const double shape = has_shape ? parameters.back() : 0;
  const auto coefficients = parameters.first(parameters.size() - (has_shape ? 1 : 0));
  if (model.distribution == SurvivalDistribution::gompertz && shape < 0 && std::isinf(censor_time))
    throw InputError("a gompertz shape below 0 needs a censoring time: some never have the event");
  SurvivalSample sample;
  add_covariates(random, n, coefficients.size(), sample);
  const auto draw = [&](std::size_t i) {
    double eta = coefficients[0];
    for (std::size_t j = 1; j < coefficients.size(); ++j)
      eta += coefficients[j] * sample.columns[j - 1][i];
    return draw_time(random, model, eta, shape);
  };
  add_times(n, censor_time, draw, sample);
  return sample;
}

CoxSample simulate_cox(RRandom& random, std::size_t n, std::span<const double> coefficients,
                       const SimulateCox& how) {
  if (coefficients.empty() ||
      !std::ranges::all_of(coefficients, [](double b) { return std::isfinite(b); }))
    throw InputError("simulating Cox's model needs finite coefficients, that of trt first");
  if (!(how.shape > 0 && std::isfinite(how.shape)))
    throw InputError(fmt::format("the shape must be positive, not {}", how.shape));
  if (!(how.censor_time > 0))
    throw InputError(fmt::format("the censoring time must be positive, not {}", how.censor_time));
  if (how.strata < 1)
    throw InputError(fmt::format("there must be a stratum at least, not {}", how.strata));
  CoxSample sample;
  add_covariates(random, n, coefficients.size() + 1, sample);
  for (std::size_t i = 0; i < n; ++i)
    sample.stratum.push_back(static_cast<double>(static_cast<std::int64_t>(i) % how.strata + 1));
  const SurvivalModel weibull{SurvivalDistribution::weibull, SurvivalForm::ph};
  const auto draw = [&](std::size_t i) {
    double eta = std::log(sample.stratum[i]);
    for (std::size_t j = 0; j < coefficients.size(); ++j)
      eta += coefficients[j] * sample.columns[j][i];
    return draw_time(random, weibull, eta, std::log(how.shape));
  };
  add_times(n, how.censor_time, draw, sample);
  return sample;
}

SurvivalSample simulate_exponential(RRandom& random, std::size_t n,
                                    std::span<const double> coefficients, double censor_time) {
  return simulate_survival(random, n, {}, coefficients, censor_time);
}

SurvivalSample published_survival_data() {
  constexpr std::size_t kSubjects = 100000;
  RRandom random(183475683);
  SurvivalSample sample;
  add_treatment(random, kSubjects, sample);
  // Written as it was published: exp(log(0.2) - 0.5 trt) would differ in the last bit.
  const auto draw = [&](std::size_t i) {
    return -std::log(random.runif()) / (0.2 * std::exp(-0.5 * sample.columns[0][i]));
  };
  add_times(kSubjects, 5, draw, sample);
  return sample;
}

}  // namespace wald
