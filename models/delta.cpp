#include "delta.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/models/distributions.h>

namespace wald {

double DerivedEstimates::std_error(std::size_t i) const {
  return std::sqrt(vcov[i * names.size() + i]);
}

DerivedEstimates delta_method(const Fit& fit, const TensorFunction& g,
                              std::vector<std::string> names, const std::vector<double>& vcov) {
  const TensorFunction flat = [&](const Tensor& b) { return flatten(g(b)); };
  const auto at = value_and_jacobian(flat, from_vector(fit.estimate));
  if (at.value.numel() != static_cast<std::int64_t>(names.size()))
    throw InputError(
        fmt::format("delta_method: {} names for {} values", names.size(), at.value.numel()));
  const std::vector<double> value = at.value.to_vector();
  // What is done with k by k numbers is done on the processor, wherever g computes.
  const DeviceGuard here{Device()};
  const Tensor jacobian = to(at.jacobian, Device());
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!std::isfinite(value[i]) ||
        !all(isfinite(select(jacobian, 0, static_cast<std::int64_t>(i)))).item<bool>())
      throw InputError(fmt::format(
          "delta_method: {} or its derivative is not finite at the estimate", names[i]));
  const auto k = static_cast<std::int64_t>(fit.names.size());
  const std::vector<double>& covariance = vcov.empty() ? fit.vcov : vcov;
  if (covariance.empty()) throw InputError("delta_method: the fit has no covariance");
  const Tensor v = from_vector(covariance, {k, k});
  return {std::move(names), value, matmul(jacobian, matmul(v, t(jacobian))).to_vector(),
          fit.degrees_of_freedom};
}

std::vector<CoefficientRow> coefficient_table(const DerivedEstimates& derived, double level) {
  const double df = derived.degrees_of_freedom;
  std::vector<CoefficientRow> rows;
  for (std::size_t i = 0; i < derived.names.size(); ++i)
    rows.push_back(
        wald_row(derived.names[i], derived.estimate[i], derived.std_error(i), df, level));
  return rows;
}

}  // namespace wald
