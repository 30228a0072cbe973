// Draws survival data: covariates first, then times by inversion, then administrative censoring.
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

// The event is seen when T <= censor_time, and the time is the smaller of the two.
template <class Rate>
void add_times(RRandom& random, std::size_t n, double censor_time, Rate rate,
               SurvivalSample& sample) {
  sample.time = random.runif(n);
  sample.event.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double time = -std::log(sample.time[i]) / rate(i);
    sample.event[i] = time <= censor_time ? 1 : 0;
    sample.time[i] = std::min(time, censor_time);
  }
}

}  // namespace

SurvivalSample simulate_exponential(RRandom& random, std::size_t n,
                                    std::span<const double> coefficients, double censor_time) {
  if (coefficients.empty() ||
      !std::ranges::all_of(coefficients, [](double b) { return std::isfinite(b); })) {
    throw InputError("simulating survival needs finite coefficients, the intercept first");
  }
  if (!(censor_time > 0)) {
    throw InputError(fmt::format("the censoring time must be positive, not {}", censor_time));
  }
  SurvivalSample sample;
  if (coefficients.size() > 1) add_treatment(random, n, sample);
  for (std::size_t j = 2; j < coefficients.size(); ++j) {
    sample.covariates.push_back(fmt::format("x{}", j));
    sample.columns.push_back(random.rnorm(n));
  }
  const auto rate = [&](std::size_t i) {
    double eta = coefficients[0];
    for (std::size_t j = 1; j < coefficients.size(); ++j) {
      eta += coefficients[j] * sample.columns[j - 1][i];
    }
    return std::exp(eta);
  };
  add_times(random, n, censor_time, rate, sample);
  return sample;
}

SurvivalSample published_survival_data() {
  constexpr std::size_t kSubjects = 100000;
  RRandom random(183475683);
  SurvivalSample sample;
  add_treatment(random, kSubjects, sample);
  // Written as it was published: exp(log(0.2) - 0.5 trt) would differ in the last bit.
  const auto rate = [&](std::size_t i) { return 0.2 * std::exp(-0.5 * sample.columns[0][i]); };
  add_times(random, kSubjects, 5, rate, sample);
  return sample;
}

}  // namespace wald
