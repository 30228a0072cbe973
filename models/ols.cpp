#include "ols.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <wald/engine/ops/ops.h>
#include <wald/kernels/doubled.h>
#include <wald/models/distributions.h>
#include <wald/models/identification.h>

namespace wald {
namespace {

using kernels::Doubled;
using Values = std::vector<double>;

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// A solution of r + X b = f, X' r = g: the residuals and coefficients of a regression of f where g
/// is 0, and (X'X)^-1 e_j in b where f is 0 and g = -e_j.
struct Solution {
  Values r, b;  // [n], [k]
};

/// X with its columns scaled by powers of two to about unit length, and its QR decomposition.
class ScaledDesign {
 public:
  ScaledDesign(const DoubledDesign& design, const std::vector<std::string>& names);

  Solution solve(const Values& f, const Values& g) const;
  /// Column j of what X was is column j here times 2^exponent.
  int exponent(std::size_t j) const { return exponents_[j]; }
  /// The singular values of X, descending.
  Values singular_values() const { return svdvals(r_).to_vector(); }
  Values inverse_of_cross_product() const;
  /// The squared length of r along the columns of X, halved.
  double decrement(const Values& r) const;
  /// Of X'X with a diagonal of ones, descending.
  Values equilibrated_eigenvalues() const {
    return square(svdvals(r_ / norm(r_, 2, {0}))).to_vector();
  }

 private:
  Solution solve_once(const Values& f, const Values& g) const;
  Solution defect(const Values& f, const Values& g, const Solution& at) const;

  std::size_t n_, k_;
  Values x_, rest_;  // row by row; rest_ is empty if there is none
  std::vector<int> exponents_;
  Tensor q_, r_;
};

void require_numbers(const Tensor& x, const char* what) {
  if (x.dtype() != DType::float64)
    throw DTypeError(fmt::format("ols: the {} must be float64", what));
  if (!all(isfinite(x)).item<bool>())
    throw InputError(fmt::format("ols: the {} has numbers that are not finite", what));
}

ScaledDesign::ScaledDesign(const DoubledDesign& design, const std::vector<std::string>& names)
    : n_(static_cast<std::size_t>(design.x.size(0))),
      k_(static_cast<std::size_t>(design.x.size(1))),
      x_(design.x.to_vector()),
      rest_(design.rest.defined() ? design.rest.to_vector() : Values()) {
  for (const double largest : max(abs(design.x), {0}).to_vector()) {
    int exponent = 0;
    std::frexp(largest, &exponent);
    exponents_.push_back(exponent);
  }
  for (std::size_t i = 0; i < n_ * k_; ++i) x_[i] = std::ldexp(x_[i], -exponents_[i % k_]);
  for (std::size_t i = 0; i < rest_.size(); ++i)
    rest_[i] = std::ldexp(rest_[i], -exponents_[i % k_]);
  const Tensor scaled = from_vector(x_, design.x.shape());
  require_full_rank(design.x, names, static_cast<double>(n_) * epsilon);
  const Qr factors = qr(scaled);
  q_ = factors.q;
  r_ = factors.r;
  const Values s = singular_values();
  if (!(s.back() > static_cast<double>(n_) * epsilon * s.front()))
    throw NotIdentifiedError(
        fmt::format("the data do not determine the coefficients: the columns {} are together "
                    "collinear to within rounding",
                    fmt::join(names, ", ")));
}

/// With h = R^-T g and d = Q' f: b = R^-1 (d - h), r = f - Q (d - h).
Solution ScaledDesign::solve_once(const Values& f, const Values& g) const {
  const Tensor h = triangular_solve(r_, from_vector(g), {.upper = true, .transpose = true});
  const Tensor right = from_vector(f), along = mv(t(q_), right) - h;
  return {(right - mv(q_, along)).to_vector(),
          triangular_solve(r_, along, {.upper = true}).to_vector()};
}

/// f - r - X b and g - X' r, as if computed in twice the precision.
Solution ScaledDesign::defect(const Values& f, const Values& g, const Solution& at) const {
  Solution left{Values(n_), Values(k_)};
  std::vector<Doubled> across(k_);
  for (std::size_t j = 0; j < k_; ++j) across[j].add(g[j]);
  for (std::size_t i = 0; i < n_; ++i) {
    const double *row = &x_[i * k_], *rest = rest_.empty() ? nullptr : &rest_[i * k_];
    Doubled along;
    along.add(f[i]);
    along.add(-at.r[i]);
    for (std::size_t j = 0; j < k_; ++j) {
      along.add_product(-row[j], at.b[j]);
      across[j].add_product(-row[j], at.r[i]);
      if (rest) {
        along.add_product(-rest[j], at.b[j]);
        across[j].add_product(-rest[j], at.r[i]);
      }
    }
    left.r[i] = along.value();
  }
  for (std::size_t j = 0; j < k_; ++j) left.b[j] = across[j].value();
  return left;
}

double largest(const Values& x) {
  double most = 0;
  for (double v : x) most = std::max(most, std::abs(v));
  return most;
}

/// Corrects until the corrections are rounding, or no longer shrink.
Solution ScaledDesign::solve(const Values& f, const Values& g) const {
  Solution at = solve_once(f, g);
  double before = largest(at.b);
  constexpr int most = 20;
  for (int step = 0; step < most; ++step) {
    const Solution wrong = defect(f, g, at), correction = solve_once(wrong.r, wrong.b);
    const double size = largest(correction.b);
    if (!(size < 0.5 * before) && step > 0) break;
    for (std::size_t i = 0; i < n_; ++i) at.r[i] += correction.r[i];
    for (std::size_t j = 0; j < k_; ++j) at.b[j] += correction.b[j];
    if (size == 0) break;
    before = size;
  }
  return at;
}

/// (X'X)^-1 [k, k]. From R it is good to the condition number times the rounding of double.
Values ScaledDesign::inverse_of_cross_product() const {
  constexpr double well_conditioned = 1e4;
  const Values s = singular_values();
  if (s.front() <= well_conditioned * s.back()) {
    const Tensor inverse =
        triangular_solve(r_, eye(static_cast<std::int64_t>(k_)), {.upper = true});
    return matmul(inverse, t(inverse)).to_vector();
  }
  Values columns(k_ * k_);
  for (std::size_t j = 0; j < k_; ++j) {
    Values g(k_, 0.0);
    g[j] = -1;
    const Values column = solve(Values(n_, 0.0), g).b;
    std::copy(column.begin(), column.end(), columns.begin() + static_cast<std::ptrdiff_t>(j * k_));
  }
  for (std::size_t i = 0; i < k_; ++i)
    for (std::size_t j = 0; j < i; ++j)
      columns[i * k_ + j] = columns[j * k_ + i] = (columns[i * k_ + j] + columns[j * k_ + i]) / 2;
  return columns;
}

double ScaledDesign::decrement(const Values& r) const {
  return 0.5 * sum(square(mv(t(q_), from_vector(r)))).item<double>();
}

double sum_of_squares(const Values& x) {
  Doubled total;
  for (double v : x) total.add_product(v, v);
  return total.value();
}

/// The squares of y about its mean, or about 0; `root` are the roots of weights, empty for none.
double total_squares(const Values& y, const Values& root, bool about_mean) {
  const auto root_of = [&](std::size_t i) { return root.empty() ? 1.0 : root[i]; };
  Doubled sum, weights;
  for (std::size_t i = 0; about_mean && i < y.size(); ++i) {
    sum.add_product(root_of(i) * root_of(i), y[i]);
    weights.add_product(root_of(i), root_of(i));
  }
  const double mean = about_mean ? sum.value() / weights.value() : 0;
  Doubled squares, rest;  // the rest is the weight times what rounding took from the mean
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double deviation = root_of(i) * (y[i] - mean);
    squares.add_product(deviation, deviation);
    rest.add_product(root_of(i), deviation);
  }
  return about_mean ? squares.value() - rest.value() * rest.value() / weights.value()
                    : squares.value();
}

bool has_constant_column(const Tensor& x) {
  const Tensor first = slice(x, 0, 0, 1);
  return any(all(x == first, {0}) & (select(first, 0, 0) != 0)).item<bool>();
}

/// `weighted` are the residuals times the roots of the weights.
void set_statistics(OlsFit& fit, const Values& y, const Values& weighted, const Values& root) {
  const auto n = static_cast<double>(fit.n), k = static_cast<double>(fit.names.size());
  fit.rss = sum_of_squares(weighted);
  fit.total_weight = root.empty() ? n : sum_of_squares(root);
  fit.degrees_of_freedom = n - k;
  const double variance = n > k ? fit.rss / (n - k) : nan;
  fit.residual_std_dev = std::sqrt(variance);
  fit.total_squares = total_squares(y, root, fit.has_constant);
  fit.r_squared = 1 - fit.rss / fit.total_squares;
  fit.f_df = static_cast<int>(fit.names.size()) - (fit.has_constant ? 1 : 0);
  fit.f_statistic = fit.f_df > 0 ? (fit.total_squares - fit.rss) / fit.f_df / variance : nan;
  const double w = fit.total_weight;
  fit.loglik = -w / 2 * (std::log(2 * std::numbers::pi * fit.rss / w) + 1);
  fit.unnamed_parameters = 1;
}

/// The score, and the information of b, at the estimate, where the variance is rss / total_weight;
/// of rows times the roots of their weights.
void certify(OlsFit& fit, const Tensor& x, const Values& residuals, const ScaledDesign& scaled) {
  const double variance = fit.rss / fit.total_weight;
  fit.information = (matmul(t(x), x) / variance).to_vector();
  const Tensor score = mv(t(x), from_vector(residuals)) / variance;
  fit.certificate.largest_score = fit.rss > 0 ? max(abs(score)).item<double>() : 0;
  fit.certificate.newton_decrement = fit.rss > 0 ? scaled.decrement(residuals) / variance : 0;
  const Values eigenvalues = scaled.equilibrated_eigenvalues();
  fit.certificate.smallest_eigenvalue = eigenvalues.back();
  fit.certificate.largest_eigenvalue = eigenvalues.front();
  fit.status = FitStatus::converged;  // there is nothing that could stop before the end
}

void require_regression(const DoubledDesign& x, const Tensor& y,
                        const std::vector<std::string>& names) {
  if (x.x.dim() != 2 || y.shape() != Dims{x.x.size(0)} ||
      names.size() != static_cast<std::size_t>(x.x.size(1)) || names.empty() ||
      (x.rest.defined() && x.rest.shape() != x.x.shape()))
    throw ShapeError(fmt::format(
        "ols: a design {} with {} names and a response {}: expected [n, k], k names and [n]",
        to_string(x.x.shape()), names.size(), to_string(y.shape())));
  require_numbers(x.x, "design");
  if (x.rest.defined()) require_numbers(x.rest, "rest of the design");
  require_numbers(y, "response");
}

void require_weights(const Tensor& weights, const Tensor& y) {
  if (!weights.defined()) return;
  if (weights.shape() != y.shape())
    throw ShapeError(fmt::format("ols: weights {} of a response {}", to_string(weights.shape()),
                                 to_string(y.shape())));
  require_numbers(weights, "weights");
  if (any(weights < 0).item<bool>()) throw InputError("ols: a weight is negative");
}

}  // namespace

DoubledDesign polynomial_design(const Tensor& x, int degree) {
  if (degree < 0 || x.dim() != 1)
    throw InputError("polynomial_design: expected a vector and a degree of at least 0");
  const DeviceGuard beside(x.device());
  const Values values = x.to_vector();
  const auto columns = static_cast<std::size_t>(degree) + 1;
  Values high(values.size() * columns), low(high.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    Doubled power{1, 0};
    for (std::size_t j = 0; j < columns; ++j, power = kernels::times(power, values[i])) {
      high[i * columns + j] = power.high;
      low[i * columns + j] = power.low;
    }
  }
  const Dims shape{x.numel(), degree + 1};
  return {from_vector(high, shape), from_vector(low, shape)};
}

OlsFit ols(const Tensor& x, const Tensor& y, std::vector<std::string> names,
           const Tensor& weights) {
  return ols(DoubledDesign{x, {}}, y, std::move(names), weights);
}

// On the processor wherever the rows lie, since no other device refines in doubled precision.
OlsFit ols(const DoubledDesign& given, const Tensor& response, std::vector<std::string> names,
           const Tensor& given_weights) {
  require_regression(given, response, names);
  require_weights(given_weights, response);
  const DeviceGuard here{Device()};
  const auto brought = [](const Tensor& rows) {
    return rows.defined() ? to(rows, Device()) : rows;
  };
  const DoubledDesign x{brought(given.x), brought(given.rest)};
  const Tensor y = brought(response), weights = brought(given_weights);
  const Tensor root = weights.defined() ? sqrt(weights) : Tensor();
  const auto times_root = [&](const Tensor& rows) {
    return !root.defined() || !rows.defined()
               ? rows
               : rows * (rows.dim() == 2 ? unsqueeze(root, 1) : root);
  };
  const DoubledDesign rows{times_root(x.x), times_root(x.rest)};
  const ScaledDesign design(rows, names);
  const std::size_t k = names.size();
  OlsFit fit;
  fit.names = std::move(names);
  fit.n = y.numel();
  const Values of_rows = times_root(y).to_vector();
  Solution solution = design.solve(of_rows, Values(k, 0.0));
  // What is below the rounding of twice double's digits is the computation's own.
  const double rounding = static_cast<double>(fit.n) * epsilon * epsilon;
  if (largest(solution.r) <= rounding * largest(of_rows))
    std::fill(solution.r.begin(), solution.r.end(), 0.0);
  fit.has_constant = has_constant_column(x.x);
  set_statistics(fit, y.to_vector(), solution.r, root.defined() ? root.to_vector() : Values());
  fit.estimate = std::move(solution.b);
  fit.vcov = design.inverse_of_cross_product();
  const double variance = fit.residual_std_dev * fit.residual_std_dev;
  for (std::size_t i = 0; i < k; ++i) {
    fit.estimate[i] = std::ldexp(fit.estimate[i], -design.exponent(i));
    for (std::size_t j = 0; j < k; ++j)
      fit.vcov[i * k + j] =
          std::ldexp(variance * fit.vcov[i * k + j], -design.exponent(i) - design.exponent(j));
  }
  certify(fit, rows.x, solution.r, design);
  fit.residuals =
      root.defined() ? (y - mv(x.x, from_vector(fit.estimate))).to_vector() : std::move(solution.r);
  return fit;
}

double OlsFit::adjusted_r_squared() const {
  const double df = static_cast<double>(n) - (has_constant ? 1 : 0);
  return 1 - (1 - r_squared) * df / degrees_of_freedom;
}

double OlsFit::f_p_value() const { return f_sf(f_statistic, f_df, degrees_of_freedom); }

}  // namespace wald
