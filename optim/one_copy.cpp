#include "one_copy.h"

#include <algorithm>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>

namespace wald::optim {

std::vector<double> read_numbers(const std::vector<Tensor>& scalars) {
  std::vector<double> numbers;
  const auto elsewhere = std::find_if(scalars.begin(), scalars.end(), [](const Tensor& scalar) {
    return scalar.device() != Device();
  });
  if (elsewhere == scalars.end()) {
    for (const Tensor& scalar : scalars) numbers.push_back(scalar.item<double>());
    return numbers;
  }
  const NoGradGuard guard;
  std::vector<Tensor> parts;
  for (const Tensor& scalar : scalars)
    parts.push_back(to(reshape(to(scalar, DType::float64), {1}), elsewhere->device()));
  return cat(parts).to_vector();
}

std::vector<Tensor> brought(const std::vector<Tensor>& parts, const Device& device) {
  const NoGradGuard guard;
  const Device from = parts.back().device();
  if (from == device && parts.front().device() == device) return parts;
  std::vector<Tensor> flat, out;
  // A function may give its value elsewhere than it got its parameters.
  for (const Tensor& part : parts) flat.push_back(reshape(to(part, from), {-1}));
  const Tensor joined = to(cat(flat), device);
  std::int64_t at = 0;
  for (const Tensor& part : parts) {
    out.push_back(clone(reshape(slice(joined, 0, at, at + part.numel()), part.shape())));
    at += part.numel();
  }
  return out;
}

}  // namespace wald::optim
