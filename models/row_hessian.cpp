#include "row_hessian.h"

#include <vector>

#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>

namespace wald {
namespace {

/// Column e of [n, equations], or the vector itself.
Tensor column(const Tensor& h, std::int64_t e) { return h.dim() == 1 ? h : select(h, 1, e); }

}  // namespace

Tensor weighted_cross(const Tensor& x, const Tensor& w) {
  constexpr std::int64_t block = 8192;
  Tensor total = zeros({x.size(1), x.size(1)}, x.dtype(), x.device());
  for (std::int64_t begin = 0; begin < x.size(0); begin += block) {
    const std::int64_t end = std::min(begin + block, x.size(0));
    const Tensor rows = slice(x, 0, begin, end);
    total = total + matmul(t(rows), rows * unsqueeze(slice(w, 0, begin, end), 1));
  }
  return total;
}

Tensor row_hessian(const PredictorSum& sum_of_terms, const Tensor& x, const Tensor& eta,
                   const Tensor& other) {
  const DeviceGuard beside(x.device());
  const std::int64_t equations = eta.dim() == 1 ? 1 : eta.size(1), m = other.numel();
  const FunctionOfSeveral f = [&](const std::vector<Tensor>& at) {
    return sum_of_terms(at[0], at[1]);
  };
  const Tensor still = zeros(eta.shape()), unmoved = zeros(other.shape());
  std::vector<Tensor> rows;  // of blocks
  for (std::int64_t e = 0; e < equations; ++e) {
    const Tensor all = ones({x.size(0)});
    const Tensor direction =
        eta.dim() == 1 ? all : unsqueeze(all, 1) * (arange(equations) == static_cast<double>(e));
    const auto second = hvp(f, {eta, other}, {direction, unmoved}).product;
    std::vector<Tensor> blocks;
    for (std::int64_t l = 0; l < equations; ++l)
      blocks.push_back(weighted_cross(x, column(second[0], l)));
    rows.push_back(cat(blocks, 1));
  }
  const Tensor of_coefficients = cat(rows, 0);
  if (m == 0) return of_coefficients;
  std::vector<Tensor> mixed, of_others;
  for (std::int64_t j = 0; j < m; ++j) {
    const Tensor direction = where(arange(m) == static_cast<double>(j), 1.0, unmoved);
    const auto second = hvp(f, {eta, other}, {still, direction}).product;
    std::vector<Tensor> parts;
    for (std::int64_t e = 0; e < equations; ++e) parts.push_back(mv(t(x), column(second[0], e)));
    mixed.push_back(cat(parts, 0));
    of_others.push_back(second[1]);
  }
  const Tensor corner = stack(mixed, 0);
  return cat({cat({of_coefficients, t(corner)}, 1), cat({corner, stack(of_others, 0)}, 1)}, 0);
}

}  // namespace wald
