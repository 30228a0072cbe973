#include "multinomial_logit.h"

#include <algorithm>
#include <cmath>

#include <wald/engine/creation.h>
#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/constraints.h>
#include <wald/models/regression.h>

namespace wald {
namespace {

/// The logits of all categories [n, levels], that of the baseline 0.
Tensor with_baseline(const Tensor& eta) { return cat({zeros_like(slice(eta, 1, 0, 1)), eta}, 1); }

Tensor logits_of(const Tensor& coefficients, const Tensor& x, const Tensor& offset) {
  const std::int64_t k = x.size(1);
  if (k == 0 || coefficients.numel() % k != 0)
    throw ShapeError(
        "multinomial logit: the coefficients are not a number for each column and category");
  const Tensor b = to(coefficients, x.device());
  Tensor eta = matmul(x, t(reshape(b, {b.numel() / k, k})));
  if (offset.defined()) eta = eta + unsqueeze(offset, 1);
  return with_baseline(eta);
}

Regression regression_of(const CategoricalData& data) {
  Regression r{data.x, data.names, data.offset, data.weights, data.levels, {}, {}, {}};
  r.equations.erase(r.equations.begin());
  r.is_by_rows = true;
  r.terms = [y = unsqueeze(data.y, 1)](const Tensor& eta, const Tensor&) {
    return squeeze(gather(log_softmax(with_baseline(eta), 1), 1, y), 1);
  };
  return r;
}

std::vector<double> shares_as_start(const CategoricalData& data) {
  const std::vector<double> totals = category_totals(data);
  const std::size_t k = data.names.size();
  std::vector<double> start((totals.size() - 1) * k, 0.0);
  const double constant = constant_column(data.x);
  for (std::size_t j = 1; j < totals.size() && !std::isnan(constant); ++j)
    start[(j - 1) * k] = std::log(totals[j] / totals[0]) / constant;
  return start;
}

/// What each row's category gains on each other one, as rows to be multiplied with a change of the
/// coefficients.
Tensor gains(const CategoricalData& data) {
  const auto k = static_cast<std::size_t>(data.x.size(1)), levels = data.levels.size();
  const std::vector<double> rows = data.x.to_vector(), weights = weights_of(data);
  const Tensor codes = contiguous(to(data.y, Device()));
  std::vector<double> found;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto y = static_cast<std::size_t>(codes.data<std::int64_t>()[i]);
    for (std::size_t other = 0; other < levels; ++other) {
      if (other == y || weights[i] == 0) continue;
      std::vector<double> gain((levels - 1) * k, 0.0);
      for (std::size_t j = 0; j < k; ++j) {
        if (y > 0) gain[(y - 1) * k + j] = rows[i * k + j];
        if (other > 0) gain[(other - 1) * k + j] = -rows[i * k + j];
      }
      found.insert(found.end(), gain.begin(), gain.end());
    }
  }
  const auto columns = static_cast<std::int64_t>((levels - 1) * k);
  return from_vector(found, {static_cast<std::int64_t>(found.size()) / columns, columns});
}

/// What is estimated but the slopes.
std::vector<std::string> intercepts_of(const Regression& regression) {
  std::vector<std::string> intercepts;
  for (const std::string& equation : regression.equations)
    intercepts.push_back(equation + ":" + regression.names[0]);
  return intercepts;
}

}  // namespace

LogLikelihood multinomial_log_likelihood(const CategoricalData& data) {
  return log_likelihood(regression_of(data));
}

MultinomialFit fit_multinomial(const CategoricalData& data, const FitOptions& options) {
  check_categorical(data);
  const DeviceGuard beside(data.x.device());
  MultinomialFit fit;
  Regression regression = regression_of(data);
  regression.start = shares_as_start(data);
  const CategoricalFitting fitting{
      regression.parameter_names(),
      [&](const FitOptions& how) { return fit_regression(regression, how); },
      [&](const Fit& at) {
        return min(multinomial_probabilities(from_vector(at.estimate), data.x, data.offset)).item();
      },
      [&] { return gains(data); }};
  static_cast<Fit&>(fit) = fit_unless_separated(fitting, options);
  fit.levels = data.levels;
  fit.totals = category_totals(data);
  const bool has_null = !std::isnan(constant_column(data.x)) && !data.offset.defined() &&
                        has_null_model(options, intercepts_of(regression));
  fit.loglik_null = has_null ? loglik_of_shares(data) : NAN;
  fit.lr_df = static_cast<int>(fit.free_parameters()) - static_cast<int>(regression.n_equations());
  return fit;
}

Tensor multinomial_log_odds(const Tensor& coefficients, const Tensor& x, const Tensor& offset) {
  const DeviceGuard beside(x.device());
  const Tensor eta = logits_of(coefficients, x, offset);
  std::vector<Tensor> columns;
  for (std::int64_t j = 0; j < eta.size(1); ++j) {
    std::vector<std::int64_t> others;
    for (std::int64_t other = 0; other < eta.size(1); ++other)
      if (other != j) others.push_back(other);
    columns.push_back(select(eta, 1, j) -
                      logsumexp(index_select(eta, 1, from_vector(others)), {1}));
  }
  return stack(columns, 1);
}

Tensor multinomial_probabilities(const Tensor& coefficients, const Tensor& x,
                                 const Tensor& offset) {
  return softmax(logits_of(coefficients, x, offset), 1);
}

}  // namespace wald
