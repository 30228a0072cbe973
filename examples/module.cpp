// A small network as a module: a curve fitted by gradient descent, saved, and loaded again.
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include <wald/wald.h>

namespace nn = wald::nn;
using wald::Tensor;

struct Curve : nn::Module {
  nn::Linear hidden = register_module("hidden", nn::Linear(1, 16));
  nn::Linear out = register_module("out", nn::Linear(16, 1));
  Tensor forward(const Tensor& x) const { return out(nn::Tanh()(hidden(x))); }
};

int main() {
  wald::manual_seed(1);
  Curve curve;
  std::cout << curve << "\n";
  const Tensor x = unsqueeze(wald::linspace(-2, 2, 41), 1), y = sin(2 * x);
  double loss = 0;
  for (int step = 0; step < 2000; ++step) {
    curve.zero_grad();
    const Tensor error = mean(square(curve.forward(x) - y));
    error.backward();
    loss = error.item();
    const wald::NoGradGuard guard;
    for (Tensor& parameter : curve.parameters())
      parameter.copy_(parameter - 0.2 * parameter.grad());
  }
  std::printf("mean squared error after 2000 steps: %.4f\n", loss);

  const auto file = std::filesystem::temp_directory_path() / "wald_example_module.npz";
  curve.save(file);
  Curve again;
  again.load(file);
  std::filesystem::remove(file);
  const bool is_same = again.forward(x).to_vector() == curve.forward(x).to_vector();
  std::printf("loaded from the file: %s\n", is_same ? "the same" : "different");
  return loss < 0.01 && is_same ? 0 : 1;
}
