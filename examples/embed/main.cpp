// Fits a likelihood of its own, five lines, inside an application: logistic regression.
#include <cstdio>
#include <vector>

#include <wald/wald.h>

int main() {
  const std::vector<double> dose = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  const std::vector<double> died = {0, 0, 1, 0, 0, 1, 0, 1, 1, 1};
  const wald::Tensor x = wald::from_vector(dose), y = wald::from_vector(died);

  auto log_likelihood = [&](const wald::Tensor& b) {
    const wald::Tensor eta = select(b, 0, 0) + select(b, 0, 1) * x;
    return y * eta - softplus(eta);
  };
  const wald::Fit fit = wald::maximize(log_likelihood, {0, 0}, {"intercept", "dose"}, 10);

  for (const wald::CoefficientRow& row : wald::coefficient_table(fit))
    std::printf("%-10s %10.6f  (%.6f)  z = %6.3f\n", row.name.c_str(), row.estimate, row.std_error,
                row.z);
  return fit.status == wald::FitStatus::converged ? 0 : 1;
}
