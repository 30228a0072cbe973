#include "layers.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/engine/ops/ops.h>

namespace wald::nn {

Linear::Linear(std::int64_t in, std::int64_t out, const LinearOptions& options)
    : Module("nn_linear") {
  if (in < 0 || out < 0)
    throw ShapeError(fmt::format("Linear: sizes {} and {}: one is negative", in, out));
  const double bound = in > 0 ? 1 / std::sqrt(static_cast<double>(in)) : 0;
  const RandomOptions random{options.dtype, options.generator};
  weight = register_parameter("weight", uniform({out, in}, -bound, bound, random));
  if (options.bias) bias = register_parameter("bias", uniform({out}, -bound, bound, random));
}

Tensor Linear::forward(const Tensor& x) const {
  if (x.dim() == 0 || x.size(-1) != weight.size(1))
    throw ShapeError(fmt::format("Linear: the last axis of x is of size {}, not of shape {}",
                                 weight.size(1), wald::to_string(x.shape())));
  if (!bias.defined()) return matmul(x, t(weight));
  if (x.dim() == 2) return addmm(bias, x, t(weight));
  return matmul(x, t(weight)) + bias;
}

Tensor ReLU::forward(const Tensor& x) const { return relu(x); }
Tensor Tanh::forward(const Tensor& x) const { return tanh(x); }
Tensor Sigmoid::forward(const Tensor& x) const { return sigmoid(x); }
Tensor Softplus::forward(const Tensor& x) const { return softplus(x); }

Dropout::Dropout(double p, Generator* generator)
    : Module("nn_dropout"), p_(p), generator_(generator) {
  if (!(p >= 0 && p <= 1))
    throw InputError(fmt::format("Dropout: {} is no probability, in [0, 1]", p));
}

Tensor Dropout::forward(const Tensor& x) const {
  if (!is_training() || p_ == 0) return x;
  const DeviceGuard beside(x.device());
  const Tensor kept = rand(x.shape(), {DType::float64, generator_}) > p_;
  return where(kept, p_ == 1 ? x : x / (1 - p_), 0.0);
}

Tensor Sequential::forward(const Tensor& x) const {
  Tensor out = x;
  for (const auto& layer : *layers_) out = layer(out);
  return out;
}

}  // namespace wald::nn
