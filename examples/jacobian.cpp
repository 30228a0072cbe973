// Jacobians: the delta method, and standard errors that hold although the model does not (the
// sandwich), from the score of each observation.
#include <cmath>
#include <iostream>

#include <wald/wald.h>

int main() {
  // From (log shape, log scale) of a Weibull distribution to its median and its 90 % quantile.
  auto quantiles = [](const wald::Tensor& theta) {
    const wald::Tensor shape = exp(select(theta, 0, 0)), scale = exp(select(theta, 0, 1));
    return scale * pow(wald::tensor({std::log(2.0), std::log(10.0)}), 1 / shape);
  };
  const wald::Tensor theta = wald::tensor({0.2, 1.1}),
                     covariance = wald::tensor({{0.04, 0.01}, {0.01, 0.09}});
  const auto [value, jacobian] = wald::value_and_jacobian(quantiles, theta);
  std::cout << "median and 90 % quantile " << value << "\nJacobian " << jacobian
            << "\ntheir covariance " << matmul(matmul(jacobian, covariance), t(jacobian)) << "\n";

  // Exponential survival times with mean exp(b0 + b1 x), all observed.
  const wald::Tensor x = wald::tensor({{1, 0}, {1, 1}, {1, 2}, {1, 3}}),
                     time = wald::tensor({1.5, 0.7, 4.2, 9.1});
  auto terms = [&](const wald::Tensor& b) {
    const wald::Tensor eta = mv(x, b);
    return -eta - time * exp(-eta);
  };
  const wald::Tensor b = wald::tensor({0, 0.6});
  const wald::Tensor scores = wald::scores(terms, b);  // one row for each observation
  std::cout << "scores " << scores << "\ntheir cross-product " << matmul(t(scores), scores) << "\n";

  // Rows of scores add up to the gradient of the sum.
  const wald::Tensor gradient =
      wald::value_and_gradient([&](const wald::Tensor& at) { return sum(terms(at)); }, b).gradient;
  const wald::Tensor difference = abs(sum(scores, {0}) - gradient);
  return sum(difference).item() < 1e-12 ? 0 : 1;
}
