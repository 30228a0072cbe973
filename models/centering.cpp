#include "centering.h"

#include <fmt/format.h>

#include <algorithm>

#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>

namespace wald {

Tensor centered_within(const Tensor& x, const std::vector<std::int64_t>& group,
                       const std::vector<std::string>& names, const char* where) {
  const Tensor centered = clone(contiguous(to(x, Device())));
  const std::int64_t n = x.size(0), k = x.size(1);
  const std::int64_t groups = n == 0 ? 0 : *std::ranges::max_element(group) + 1;
  double* data = Tensor(centered).mutable_data<double>();
  std::vector<double> first(groups), mean(groups), count(groups);
  std::string constant;
  for (std::int64_t j = 0; j < k; ++j) {
    std::ranges::fill(mean, 0.0);
    std::ranges::fill(count, 0.0);
    bool varies = false;
    for (std::int64_t i = 0; i < n; ++i) {
      double& value = data[i * k + j];
      if (count[group[i]]++ == 0) first[group[i]] = value;
      value -= first[group[i]];
      varies |= value != 0;
      mean[group[i]] += value;
    }
    for (std::int64_t i = 0; i < n; ++i) data[i * k + j] -= mean[group[i]] / count[group[i]];
    if (!varies) constant += (constant.empty() ? "" : ", ") + names[j];
  }
  if (!constant.empty())
    throw NotIdentifiedError(
        fmt::format("the data do not determine the coefficient of {}: it does "
                    "not vary {}",
                    constant, where));
  return to(centered, x.device());
}

}  // namespace wald
