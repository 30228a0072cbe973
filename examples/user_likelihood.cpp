// A likelihood of one's own: a normal distribution whose mean and log scale both depend on x.
#include <cmath>
#include <cstdio>
#include <numbers>

#include <wald/wald.h>

int main() {
  wald::RRandom random(7);
  const std::int64_t n = 500;
  std::vector<double> x = random.rnorm(n), y = random.rnorm(n);
  for (std::size_t i = 0; i < x.size(); ++i)
    y[i] = 1 + 2 * x[i] + std::exp(0.5 + 0.3 * x[i]) * y[i];
  const wald::Tensor X = wald::stack({wald::ones({n}), wald::from_vector(x)}, 1),
                     Y = wald::from_vector(y);

  auto log_likelihood = [&](const wald::Tensor& theta) {
    const wald::Tensor mean = mv(X, slice(theta, 0, 0, 2)), log_sd = mv(X, slice(theta, 0, 2, 4));
    return -log_sd - 0.5 * square((Y - mean) / exp(log_sd)) - 0.5 * std::log(2 * std::numbers::pi);
  };
  const wald::Fit fit =
      wald::maximize(log_likelihood, {0, 0, 0, 0}, {"mean", "mean:x", "log_sd", "log_sd:x"}, n);

  for (const auto& row : coefficient_table(fit))
    std::printf("%-10s %9.5f (%.5f)\n", row.name.c_str(), row.estimate, row.std_error);
  std::printf("log-likelihood %.6f, %s\n", fit.loglik, name_of(fit.status));
  const double truth[] = {1, 2, 0.5, 0.3};
  for (std::size_t i = 0; i < 4; ++i)
    if (std::abs(fit.estimate[i] - truth[i]) > 4 * fit.std_error(i)) return 1;
  return 0;
}
