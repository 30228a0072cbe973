// Inference for a likelihood of one's own: it takes the function that gives the n terms, and names.
// Lifetimes of 200 parts in 40 batches, Weibull with a log scale that depends on the temperature.
#include <cmath>
#include <cstdio>
#include <iostream>

#include <wald/wald.h>

namespace {

const std::int64_t n = 200;

struct Data {
  wald::Tensor x, log_time, batch;
};

Data simulated() {
  wald::RRandom random(12);
  const wald::Tensor x = wald::from_vector(random.rnorm(n)), u = wald::from_vector(random.runif(n));
  wald::Tensor batch = wald::floor(wald::arange(n) / 5.0);
  return {x, 2 - 0.4 * x + wald::log(-wald::log(u)) / 1.5, batch};
}

/// log T = a + b x + W / shape with W the logarithm of a unit exponential.
wald::LogLikelihood weibull(const Data& data) {
  return [data](const wald::Tensor& p) {
    const wald::Tensor a = select(p, 0, 0), b = select(p, 0, 1), log_shape = select(p, 0, 2);
    const wald::Tensor z = exp(log_shape) * (data.log_time - a - b * data.x);
    return log_shape + z - exp(z) - data.log_time;
  };
}

void print(const char* what, const wald::TestResult& test) {
  std::printf("%-28s chi2(%d) = %8.4f, p = %.4f\n", what, test.df, test.statistic, test.p());
}

}  // namespace

int main() {
  const Data data = simulated();
  const auto loglik = weibull(data);
  const std::vector<std::string> names = {"a", "temperature", "log(shape)"};
  const wald::Fit fit = maximize(loglik, {0, 0, 0}, names, n);
  std::cout << summary(fit) << "\n";

  wald::Fit robust = fit;
  robust.vcov = covariance(loglik, fit, wald::Covariance::cr1, {.groups = data.batch});
  for (std::size_t i = 0; i < names.size(); ++i)
    std::printf("%-12s std. error %.5f, clustered by batch %.5f\n", names[i].c_str(),
                fit.std_error(i), robust.std_error(i));

  for (const wald::ProfileInterval& i : profile_intervals(loglik, fit))
    std::printf("%-12s profile interval [%8.5f, %8.5f]\n", i.name.c_str(), i.lower, i.upper);

  // An exponential lifetime has shape 1.
  const wald::Fit exponential =
      maximize(loglik, {0, 0, 0}, names, n, {.fixed = {{"log(shape)", 0}}});
  const auto shape_is_1 = wald::linear_hypothesis("log(shape) = 0", names);
  print("Wald test of shape 1", wald_test(fit, shape_is_1.r, shape_is_1.q));
  print("Likelihood-ratio test", lr_test(exponential, fit));
  print("Score test", score_test(loglik, exponential));

  const auto median =
      delta_method(fit,
                   [](const wald::Tensor& p) {
                     return exp(select(p, 0, 0) + std::log(std::log(2.0)) * exp(-select(p, 0, 2)));
                   },
                   {"median lifetime at 0"});
  for (const auto& row : coefficient_table(median))
    std::printf("%s %.4f (%.4f), [%.4f, %.4f]\n", row.name.c_str(), row.estimate, row.std_error,
                row.lower, row.upper);
  return fit.certificate.newton_decrement < 1e-12 && std::abs(fit.estimate[1] + 0.4) < 0.2 ? 0 : 1;
}
