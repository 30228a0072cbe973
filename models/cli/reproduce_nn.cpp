// Example 6 of the published ones: modules, in torch from R.
#include <cmath>

#include <wald/engine/autograd.h>
#include <wald/engine/creation.h>
#include <wald/engine/nn/nn.h>
#include <wald/engine/node.h>
#include <wald/engine/ops/ops.h>

#include "reproduce.h"

namespace wald::cli {
namespace {

std::string defined(const Tensor& x) { return x.defined() ? "defined" : "undefined"; }

/// The largest difference between a layer's output and x A' + b in float64.
double affine_error(const nn::Linear& layer, const Tensor& x, const Tensor& y) {
  const NoGradGuard guard;
  auto wide = [](const Tensor& value) { return to(value, DType::float64); };
  const Tensor exact = matmul(wide(x), t(wide(layer.weight))) + wide(layer.bias);
  double worst = 0;
  for (double difference : (wide(y) - exact).to_vector())
    worst = std::max(worst, std::abs(difference));
  return worst;
}

void add_linear(std::vector<Figure>& figures) {
  Generator generator(1);
  const nn::Linear layer(3, 1, {.dtype = DType::float32, .generator = &generator});
  const Tensor x = randn({10, 3}, {DType::float32, &generator});
  const Tensor y = layer(x);
  const std::string name = y.grad_fn()->name(), weight_before = defined(layer.weight.grad()),
                    bias_before = defined(layer.bias.grad());
  y.backward(full({10, 1}, 10, DType::float32));
  const double error = affine_error(layer, x, y);
  const auto slope = layer.weight.grad().to_vector(),
             sums = sum(to(x, DType::float64), {0}).to_vector();
  double worst = 0;
  for (std::size_t j = 0; j < 3; ++j) worst = std::max(worst, std::abs(slope[j] - 10 * sums[j]));
  figures.insert(
      figures.end(),
      {text_figure("Linear(3, 1) of a 10 x 3 input: grad_fn", "AddmmBackward0", "AddmmBackward0",
                   name),
       {"  output beyond 1e-6 of x A' + b", "", 0, error <= 1e-6 ? 0 : error, 0},
       text_figure("  gradient of the weight before backward", "undefined", "undefined",
                   weight_before),
       text_figure("  gradient of the bias before backward", "undefined", "undefined", bias_before),
       {"  gradient of the bias, after one of 10s", "100", 100, layer.bias.grad().item(), 0},
       {"  of the weight, beyond 1e-5 of 10 X'1", "", 0, worst <= 1e-5 ? 0 : worst, 0}});
}

void add_sequential(std::vector<Figure>& figures) {
  const nn::LinearOptions in_float32{.dtype = DType::float32};
  const nn::Sequential net(nn::Linear(3, 16, in_float32), nn::ReLU(),
                           nn::Linear(16, 1, in_float32));
  const char* const numbers[] = {"64", "0", "17"};
  const double exact[] = {64, 0, 17};
  for (std::size_t i = 0; i < 3; ++i)
    figures.push_back({"parameters of layer " + std::to_string(i), numbers[i], exact[i],
                       static_cast<double>(net.children()[i].second.parameter_count()), 0});
  figures.push_back({"parameters in all", "81", 81, static_cast<double>(net.parameter_count()), 0});
  figures.push_back(text_figure("Sequential(Linear, ReLU, Linear), printed",
                                "An `nn_module` containing 81 parameters.",
                                "An `nn_module` containing 81 parameters.\n\n── Modules ──\n"
                                "• 0: <nn_linear> #64 parameters\n• 1: <nn_relu> #0 parameters\n"
                                "• 2: <nn_linear> #17 parameters\n",
                                to_string(net)));
}

}  // namespace

Reproduction reproduce_nn() {
  Reproduction r{"nn", "Modules, in float32", {}};
  add_linear(r.figures);
  add_sequential(r.figures);
  return r;
}

}  // namespace wald::cli
