// Second derivatives: of the Rosenbrock function, by differentiating its gradient again.
#include <algorithm>
#include <cmath>
#include <iostream>

#include <wald/wald.h>

int main() {
  auto rosenbrock = [](const wald::Tensor& x) {
    const wald::Tensor a = select(x, 0, 0), b = select(x, 0, 1);
    return 100 * square(b - square(a)) + square(1 - a);
  };
  const wald::Tensor h = wald::hessian(rosenbrock, wald::tensor({-1.2, 1}));
  std::cout << h << "\n";
  const std::vector<double> expected = {1330, 480, 480, 200};
  double worst = 0;
  for (std::size_t i = 0; i < 4; ++i)
    worst = std::max(worst, std::abs(h.to_vector()[i] - expected[i]));
  return worst < 1e-10 ? 0 : 1;
}
