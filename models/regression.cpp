#include "regression.h"

#include <fmt/format.h>

#include <wald/engine/ops/ops.h>
#include <wald/models/identification.h>
#include <wald/models/orthogonal_design.h>

namespace wald {
namespace {

void check_rows(const Tensor& rows, const char* name, const Regression& regression) {
  if (!rows.defined()) return;
  if (rows.dtype() != DType::float64)
    throw DTypeError(fmt::format("fit_regression: the {} are not float64", name));
  if (rows.dim() != 1 || rows.size(0) != regression.n())
    throw ShapeError(fmt::format("fit_regression: the {} have the shape {} where [{}] is expected",
                                 name, to_string(Dims(rows.shape())), regression.n()));
}

void check(const Regression& r) {
  if (!r.x.defined() || r.x.dim() != 2)
    throw ShapeError("fit_regression: the design is not a matrix");
  if (r.x.dtype() != DType::float64) throw DTypeError("fit_regression: the design is not float64");
  if (static_cast<std::int64_t>(r.names.size()) != r.x.size(1))
    throw ShapeError(
        fmt::format("fit_regression: {} names for {} columns", r.names.size(), r.x.size(1)));
  check_rows(r.offset, "offsets", r);
  check_rows(r.weights, "weights", r);
  if (r.start.size() != r.parameter_names().size())
    throw ShapeError(fmt::format("fit_regression: {} starting values for {} parameters",
                                 r.start.size(), r.parameter_names().size()));
}

/// The weighted terms at parameters whose coefficients belong to the columns of `x`.
Tensor terms_at(const Regression& r, const Tensor& x, const Tensor& parameters) {
  const auto equations = static_cast<std::int64_t>(r.n_equations());
  const std::int64_t k = x.size(1), coefficients = equations * k;
  const Tensor b = slice(parameters, 0, 0, coefficients);
  Tensor eta = r.equations.empty() ? mv(x, b) : matmul(x, t(reshape(b, {equations, k})));
  if (r.offset.defined()) eta = eta + (r.equations.empty() ? r.offset : unsqueeze(r.offset, 1));
  const Tensor terms = r.terms(eta, slice(parameters, 0, coefficients, parameters.numel()));
  return r.weights.defined() ? r.weights * terms : terms;
}

}  // namespace

std::vector<std::string> Regression::parameter_names() const {
  std::vector<std::string> all;
  if (equations.empty()) all = names;
  for (const std::string& equation : equations)
    for (const std::string& name : names) all.push_back(equation + ":" + name);
  all.insert(all.end(), other_names.begin(), other_names.end());
  return all;
}

LogLikelihood log_likelihood(const Regression& regression) {
  return [regression](const Tensor& parameters) {
    return terms_at(regression, regression.x, parameters);
  };
}

Fit fit_regression(const Regression& regression, const FitOptions& options) {
  check(regression);
  // A row without weight determines nothing.
  const Tensor& x = regression.x;
  require_full_rank(regression.weights.defined() ? x * unsqueeze(regression.weights > 0, 1) : x,
                    regression.names);
  const OrthogonalDesign design(x, regression.n_equations());
  const LogLikelihood terms = [&](const Tensor& parameters) {
    return terms_at(regression, design.q(), parameters);
  };
  Fit fit = maximize(terms, design.to_orthogonal(regression.start), regression.parameter_names(),
                     regression.n(), options);
  design.from_orthogonal(fit);
  return fit;
}

}  // namespace wald
