// The computation graph: values remember how they were made, and gradients flow back.
#include <iostream>

#include <wald/wald.h>

int main() {
  wald::Tensor x = wald::tensor(2).requires_grad_();
  const wald::Tensor y = log(square(x));
  std::cout << y << "\n";
  auto node = y.grad_fn();
  std::cout << node->name();
  while (!node->is_leaf()) {
    node = node->next_functions()[0].node;
    std::cout << " <- " << node->name();
  }
  std::cout << "\n";

  y.backward();
  std::cout << "dy/dx = " << x.grad().item() << "\n";
  return x.grad().item() == 1 ? 0 : 1;
}
