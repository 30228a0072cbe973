#include "regression.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/models/constraints.h>
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

Tensor weighted(const Regression& r, const Tensor& terms) {
  return r.weights.defined() ? r.weights * terms : terms;
}

/// The linear predictors at coefficients b that belong to the columns of `x`, without the offset.
Tensor predictors(const Regression& r, const Tensor& x, const Tensor& b) {
  const auto equations = static_cast<std::int64_t>(r.n_equations());
  return r.equations.empty() ? mv(x, b) : matmul(x, t(reshape(b, {equations, x.size(1)})));
}

Tensor with_offset(const Regression& r, const Tensor& eta) {
  if (!r.offset.defined()) return eta;
  return eta + (r.equations.empty() ? r.offset : unsqueeze(r.offset, 1));
}

/// The weighted terms at parameters whose coefficients belong to the columns of `x`.
Tensor terms_at(const Regression& r, const Tensor& x, const Tensor& parameters) {
  const auto coefficients = static_cast<std::int64_t>(r.n_equations()) * x.size(1);
  const Tensor eta = with_offset(r, predictors(r, x, slice(parameters, 0, 0, coefficients)));
  return weighted(r, r.terms(eta, slice(parameters, 0, coefficients, parameters.numel())));
}

/// The Hessian of their sum, where each term sees its own row only.
Tensor hessian_at(const Regression& r, const Tensor& x, const Tensor& parameters) {
  const NoGradGuard guard;
  const auto coefficients = static_cast<std::int64_t>(r.n_equations()) * x.size(1);
  const Tensor eta = with_offset(r, predictors(r, x, slice(parameters, 0, 0, coefficients)));
  const auto total = [&](const Tensor& at, const Tensor& other) {
    return sum(weighted(r, r.terms(at, other)));
  };
  return row_hessian(total, x, eta, slice(parameters, 0, coefficients, parameters.numel()));
}

/// x with 0 in the rows that have no weight, which determine nothing.
Tensor rows_with_weight(const Regression& r) {
  return r.weights.defined() ? r.x * unsqueeze(r.weights > 0, 1) : r.x;
}

/// Maximizes in the coordinates of an orthonormal design, whose parameters have these names in the
/// coordinates of the columns. What is flat or rises is told in those.
Fit maximize_orthogonal(const LogLikelihood& terms, const OrthogonalDesign& design,
                        const std::vector<double>& start, const std::vector<std::string>& names,
                        std::int64_t n, const FitOptions& options) {
  try {
    Fit fit = maximize(terms, design.to_orthogonal(start), names, n, options);
    design.from_orthogonal(fit);
    return fit;
  } catch (const FlatLikelihoodError& error) {
    std::vector<std::vector<double>> directions;
    for (const auto& direction : error.directions())
      directions.push_back(design.direction(direction));
    throw FlatLikelihoodError(directions, error.is_unbounded(), names);
  }
}

/// X D for the coefficients D phi: the rows of one equation after those of the other.
Tensor stacked(const Tensor& x, const Tensor& directions) {
  const std::int64_t k = x.size(1);
  std::vector<Tensor> parts;
  for (std::int64_t row = 0; row < directions.size(0); row += k)
    parts.push_back(matmul(x, slice(directions, 0, row, row + k)));
  return cat(parts, 0);
}

/// With coefficients D phi + c the linear predictors are (X D) phi and a known part: a regression
/// again, on the columns of X D.
Fit fit_constrained(const Regression& r, const FreeParameters& free, const FitOptions& options) {
  const auto equations = static_cast<std::int64_t>(r.n_equations());
  const std::int64_t coefficients = equations * r.x.size(1);
  const auto p = static_cast<std::int64_t>(free.count_before(coefficients));
  const std::vector<std::string> names = free.names();
  const LogLikelihood all_terms = log_likelihood(r);
  if (p == 0) return maximize(all_terms, r.start, r.parameter_names(), r.n(), options);

  const Tensor d = free.directions(), c = free.constant();
  const Tensor of_coefficients = slice(d, 0, 0, coefficients),
               of_others = slice(d, 0, coefficients);
  if (any(slice(of_others, 1, 0, p) != 0).item<bool>())
    throw InputError("fit_regression: a coefficient is tied to a parameter that is none");
  const Tensor on_p = slice(of_coefficients, 1, 0, p), on_rest = slice(of_others, 1, p);
  require_full_rank(stacked(rows_with_weight(r), on_p), {names.begin(), names.begin() + p});
  const OrthogonalDesign design(stacked(r.x, on_p));
  const Tensor known = with_offset(r, predictors(r, r.x, slice(c, 0, 0, coefficients))),
               known_others = slice(c, 0, coefficients);
  const LogLikelihood terms = [&](const Tensor& phi) {
    Tensor eta = mv(design.q(), slice(phi, 0, 0, p));
    if (!r.equations.empty()) eta = t(reshape(eta, {equations, r.n()}));
    return weighted(r, r.terms(eta + known, mv(on_rest, slice(phi, 0, p)) + known_others));
  };
  FitOptions of_free = options;
  of_free.fixed.clear();
  of_free.tied.clear();
  Fit fit = maximize_orthogonal(terms, design, free.free_of(r.start), names, r.n(), of_free);
  free.expand(fit, all_terms);
  return fit;
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

double constant_column(const Tensor& x) {
  if (x.size(1) == 0) return NAN;
  const Tensor first = select(x, 1, 0);
  const double value = select(first, 0, 0).item();
  return value != 0 && sum(first != value).item() == 0 ? value : NAN;
}

LogLikelihood log_likelihood(const Regression& regression) {
  return evaluated_on(regression.x.device(), [regression](const Tensor& parameters) {
    return terms_at(regression, regression.x, parameters);
  });
}

Fit fit_regression(const Regression& regression, const FitOptions& options) {
  check(regression);
  const DeviceGuard beside(regression.x.device());
  if (!options.start.empty()) {  // they are of the columns as they are
    Regression from = regression;
    from.start = starting_values(regression.start, regression.parameter_names(), options);
    FitOptions others = options;
    others.start.clear();
    return fit_regression(from, others);
  }
  if (!options.fixed.empty() || !options.tied.empty())
    return fit_constrained(regression, {regression.parameter_names(), options}, options);
  require_full_rank(rows_with_weight(regression), regression.names);
  const OrthogonalDesign design(regression.x, regression.n_equations());
  const LogLikelihood terms = [&](const Tensor& parameters) {
    return terms_at(regression, design.q(), parameters);
  };
  FitOptions how = options;
  if (regression.is_by_rows)
    how.hessian = [&](const Tensor& parameters) {
      return hessian_at(regression, design.q(), parameters);
    };
  return maximize_orthogonal(terms, design, regression.start, regression.parameter_names(),
                             regression.n(), how);
}

Tensor leverages(const Regression& regression, const Fit& fit, const Tensor& working_weights) {
  check(regression);
  if (!regression.equations.empty())
    throw InputError("leverages: they are defined for a single linear predictor, not for several");
  check_rows(working_weights, "working weights", regression);
  const DeviceGuard beside(regression.x.device());
  Tensor w = working_weights;
  if (!w.defined()) {
    const Tensor parameters = from_vector(fit.estimate);
    const std::int64_t k = regression.x.size(1);
    const Tensor other = slice(parameters, 0, k);
    const Tensor eta =
        with_offset(regression, predictors(regression, regression.x, slice(parameters, 0, 0, k)));
    const ScalarFunction total = [&](const Tensor& at) {
      return sum(weighted(regression, regression.terms(at, other)));
    };
    w = -hvp(total, eta, ones(eta.shape())).product;
  }
  const OrthogonalDesign design(regression.x);
  const Tensor wq = design.q() * unsqueeze(w, 1);
  try {
    return sum(wq * t(cholesky_solve(t(design.q()), cholesky(matmul(t(design.q()), wq)))), {1});
  } catch (const LinalgError&) {
    throw InputError("leverages: X'WX is not positive definite for these working weights");
  }
}

}  // namespace wald
