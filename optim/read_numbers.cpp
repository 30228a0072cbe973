#include "read_numbers.h"

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

}  // namespace wald::optim
