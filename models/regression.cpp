#include "regression.h"

#include <fmt/format.h>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/identification.h>
#include <wald/models/orthogonal_design.h>
#include <wald/models/row_hessian.h>

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

std::int64_t n_coefficients(const Regression& r) {
  return static_cast<std::int64_t>(r.n_equations()) * r.x.size(1);
}

Tensor other_of(const Regression& r, const Tensor& parameters) {
  return slice(parameters, 0, n_coefficients(r), parameters.numel());
}

/// The linear predictors at parameters whose coefficients belong to the columns of `x`.
Tensor predictors_at(const Regression& r, const Tensor& x, const Tensor& parameters) {
  const auto equations = static_cast<std::int64_t>(r.n_equations());
  const Tensor b = slice(parameters, 0, 0, n_coefficients(r));
  const Tensor eta =
      r.equations.empty() ? mv(x, b) : matmul(x, t(reshape(b, {equations, x.size(1)})));
  if (!r.offset.defined()) return eta;
  return eta + (r.equations.empty() ? r.offset : unsqueeze(r.offset, 1));
}

Tensor weighted_terms(const Regression& r, const Tensor& eta, const Tensor& other) {
  const Tensor terms = r.terms(eta, other);
  return r.weights.defined() ? r.weights * terms : terms;
}

/// The weighted terms at parameters whose coefficients belong to the columns of `x`.
Tensor terms_at(const Regression& r, const Tensor& x, const Tensor& parameters) {
  return weighted_terms(r, predictors_at(r, x, parameters), other_of(r, parameters));
}

/// The Hessian of their sum, where each term sees its own row only.
Tensor hessian_at(const Regression& r, const Tensor& x, const Tensor& parameters) {
  const NoGradGuard guard;
  const auto total = [&](const Tensor& eta, const Tensor& other) {
    return sum(weighted_terms(r, eta, other));
  };
  return row_hessian(total, x, predictors_at(r, x, parameters), other_of(r, parameters));
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
  FitOptions how = options;
  if (regression.is_by_rows)
    how.hessian = [&](const Tensor& parameters) {
      return hessian_at(regression, design.q(), parameters);
    };
  Fit fit = maximize(terms, design.to_orthogonal(regression.start), regression.parameter_names(),
                     regression.n(), how);
  design.from_orthogonal(fit);
  return fit;
}

}  // namespace wald
