#include "simulate_glm.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>

namespace wald {
namespace {

double draw_poisson_part(RRandom& random, double mean) {
  const double u = random.runif();
  double p = std::exp(-mean), below = p, count = 0;
  while (u > below && (p > 0 || count < mean)) {
    p *= mean / ++count;
    below += p;
  }
  return count;
}

double draw(RRandom& random, double mean, const SimulateGlm& model) {
  switch (model.family) {
    case GlmFamily::binomial: {
      double successes = 0;
      for (int i = 0; i < model.trials; ++i) successes += random.runif() < mean;
      return successes;
    }
    case GlmFamily::poisson:
      return draw_poisson(random, mean);
    case GlmFamily::negative_binomial:
      return draw_poisson(random, draw_gamma(random, model.other) * mean / model.other);
    case GlmFamily::gamma:
      return draw_gamma(random, model.other) * mean / model.other;
    case GlmFamily::gaussian:
      break;
  }
  return mean + model.other * random.rnorm();
}

void check(std::span<const double> coefficients, const SimulateGlm& model) {
  if (coefficients.empty() ||
      !std::ranges::all_of(coefficients, [](double b) { return std::isfinite(b); }))
    throw InputError("simulating a regression needs finite coefficients, the intercept first");
  if (!(model.other > 0 && std::isfinite(model.other)))
    throw InputError(fmt::format("the {} family has a positive parameter, not {}",
                                 name_of(model.family), model.other));
  if (model.trials < 1)
    throw InputError(fmt::format("the number of trials must be at least 1, not {}", model.trials));
}

}  // namespace

double draw_poisson(RRandom& random, double mean) {
  constexpr double most = 500;  // exp(-most) is a number
  if (!(mean >= 0 && mean <= 1e9))
    throw InputError(fmt::format("a Poisson mean must be in [0, 1e9], not {}", mean));
  double count = 0;
  for (; mean > most; mean -= most) count += draw_poisson_part(random, most);
  return count + draw_poisson_part(random, mean);
}

double draw_gamma(RRandom& random, double shape) {
  if (shape < 1) return draw_gamma(random, shape + 1) * std::pow(random.runif(), 1 / shape);
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = random.rnorm(), root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (std::log(random.runif()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

GlmSample simulate_glm(RRandom& random, std::size_t n, std::span<const double> coefficients,
                       const SimulateGlm& model) {
  check(coefficients, model);
  GlmSample sample;
  std::vector<double> eta(n, coefficients[0]);
  for (std::size_t j = 1; j < coefficients.size(); ++j) {
    sample.covariates.push_back(fmt::format("x{}", j));
    sample.columns.push_back(random.rnorm(n));
    for (std::size_t i = 0; i < n; ++i) eta[i] += coefficients[j] * sample.columns[j - 1][i];
  }
  const std::vector<double> mean = glm_mean(model.link, from_vector(eta)).to_vector();
  const bool is_positive = model.family == GlmFamily::gamma;
  for (std::size_t i = 0; i < n; ++i) {
    if (!std::isfinite(mean[i]) || (is_positive && !(mean[i] > 0)))
      throw InputError(fmt::format("row {} would have the mean {}", i + 1, mean[i]));
    sample.y.push_back(draw(random, mean[i], model));
  }
  return sample;
}

}  // namespace wald
