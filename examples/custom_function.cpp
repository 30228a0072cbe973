// An operation of one's own: x log(x), whose derivative is stated once, is checked against
// differences, and serves gradients and Hessians alike.
#include <cmath>
#include <iostream>

#include <wald/wald.h>

struct XLogX : wald::Function<XLogX> {
  static wald::Tensor forward(Context& ctx, const wald::Tensor& x, double base) {
    ctx.save_for_backward({x});
    ctx.saved_data["base"] = base;
    return where(x > 0, x * log(x) / std::log(base), 0.0);
  }
  static std::vector<wald::Tensor> backward(Context& ctx, const std::vector<wald::Tensor>& grads) {
    const double base = std::any_cast<double>(ctx.saved_data["base"]);
    const wald::Tensor x = ctx.saved()[0];
    // One for each argument of forward; `base` is no tensor.
    return {grads[0] * (log(x) + 1) / std::log(base), {}};
  }
};

int main() {
  // The entropy of a distribution, in bits.
  auto entropy = [](const wald::Tensor& p) { return -sum(XLogX::apply(p, 2.0)); };
  const wald::Tensor p = wald::tensor({0.5, 0.25, 0.25});
  const auto [value, gradient, hessian] = wald::value_gradient_and_hessian(entropy, p);
  std::cout << "entropy " << value.item() << " bits\ngradient " << gradient << "\nHessian "
            << hessian << "\n";

  const wald::GradcheckReport first = wald::gradcheck(entropy, p, {.raise = false});
  const wald::GradcheckReport second = wald::gradgradcheck(entropy, p, {.raise = false});
  std::cout << "against differences: " << first.worst << ", second order " << second.worst << "\n";

  const wald::Tensor leaf = wald::tensor({0.5, 0.5}).requires_grad_();
  std::cout << wald::graph_to_dot(entropy(leaf), {.names = {{"p", leaf}}});
  return first && second && value.item() == 1.5 ? 0 : 1;
}
