// A survival model: simulate, fit, print.
#include <cmath>
#include <iostream>

#include <wald/wald.h>

int main() {
  wald::RRandom random(42);
  const double coefficients[] = {-1.5, -0.7, 0.3};
  const auto sample = wald::simulate_exponential(random, 2000, coefficients, 5);
  const std::int64_t n = 2000;
  wald::SurvivalData data;
  data.x = wald::stack(
      {wald::ones({n}), wald::from_vector(sample.columns[0]), wald::from_vector(sample.columns[1])},
      1);
  data.names = {"(Intercept)", "trt", "x2"};
  data.time = wald::from_vector(sample.time);
  data.event = wald::from_vector(sample.event);
  const wald::SurvivalFit fit = wald::fit_exponential(data);
  std::cout << summary(fit);
  for (std::size_t i = 0; i < 3; ++i)
    if (std::abs(fit.estimate[i] - coefficients[i]) > 4 * fit.std_error(i)) return 1;
  return fit.status == wald::FitStatus::converged ? 0 : 1;
}
