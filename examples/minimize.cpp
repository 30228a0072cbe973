// Minimization with a status that can be believed: Rosenbrock's function, and a log-likelihood.
#include <cmath>
#include <iostream>

#include <wald/wald.h>

using namespace wald::optim;

void print(const char* what, const MinimizeResult& result) {
  std::cout << what << ": " << name_of(result.status) << ", " << result.message << "\n"
            << "  " << result.iterations << " iterations, " << result.evaluations.values
            << " evaluations, value " << result.value << "\nx\n"
            << result.x << "\nHessian\n"
            << result.hessian << "\n\n";
}

int main() {
  auto rosenbrock = [](const wald::Tensor& x) {
    const wald::Tensor a = select(x, 0, 0), b = select(x, 0, 1);
    return 100 * square(b - square(a)) + square(1 - a);
  };
  MinimizeOptions options;
  options.method = Method::trust_exact;
  const MinimizeResult valley = minimize(rosenbrock, wald::tensor({-1.2, 1}), options);
  print("Rosenbrock", valley);

  // Counts with a rate that depends on x; the estimates are the logarithms of 2 and 3.
  const wald::Tensor x = wald::tensor({0, 0, 0, 1, 1, 1}), y = wald::tensor({1, 2, 3, 5, 6, 7});
  auto minus_log_likelihood = [&](const wald::Tensor& b) {
    const wald::Tensor eta = select(b, 0, 0) + select(b, 0, 1) * x;
    return sum(exp(eta) - y * eta);
  };
  options.polish = true;  // down to the rounding of the gradient
  options.names = {"intercept", "x"};
  const MinimizeResult counts = minimize(minus_log_likelihood, wald::tensor({0, 0}), options);
  print("Poisson regression", counts);

  const bool is_right = valley.status == Status::converged && counts.status == Status::converged &&
                        std::abs(counts.x.to_vector()[0] - std::log(2)) < 1e-14 &&
                        std::abs(counts.x.to_vector()[1] - std::log(3)) < 1e-14;
  return is_right ? 0 : 1;
}
