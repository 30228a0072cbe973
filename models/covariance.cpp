#include "covariance.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include <wald/engine/autograd.h>
#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/kernels/cpu/lapack.h>

namespace wald {
namespace {

constexpr Covariance all_kinds[] = {Covariance::information, Covariance::opg, Covariance::hc0,
                                    Covariance::hc1,         Covariance::hc2, Covariance::hc3,
                                    Covariance::cr0,         Covariance::cr1};

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

Tensor square_matrix(const std::vector<double>& values, std::size_t k) {
  return from_vector(values, {static_cast<std::int64_t>(k), static_cast<std::int64_t>(k)});
}

Tensor scores_at(const LogLikelihood& loglik, const Fit& fit, std::size_t max_bytes) {
  const TensorFunction terms = [&](const Tensor& b) { return flatten(loglik(b)); };
  const Tensor rows = scores(terms, from_vector(fit.estimate), {.max_bytes = max_bytes});
  if (rows.size(0) == 1 && fit.n > 1)
    throw InputError(fmt::format(
        "covariance: the log-likelihood gives its sum, not a term for each of the {} observations, "
        "so that there are no scores to compare",
        fit.n));
  return rows;
}

/// (S'S)^-1 by the triangle of S, without forming S'S, whose condition is the square.
Tensor inverse_cross_product(const Tensor& s) {
  const Tensor rows = contiguous(to(s, Device()));
  const int p = static_cast<int>(s.size(1));
  const DeviceGuard here{Device()};
  const Tensor r = square_matrix(kernels::qr_triangle(rows.data<double>(), rows.size(0), p),
                                 static_cast<std::size_t>(p));
  const Tensor lengths = sqrt(sum(square(r), {0}));
  if (any(~(abs(diagonal(r)) > 1e-11 * lengths)).item<bool>())
    throw NumericalError(fmt::format(
        "covariance: the outer product of scores is singular, since only a part of the {} "
        "parameters moves the {} terms independently",
        p, rows.size(0)));
  const Tensor inverse = triangular_solve(r, eye(p), {.upper = true});
  return to(matmul(inverse, t(inverse)), s.device());
}

Tensor opg(const Tensor& s, const Fit& fit) {
  if (fit.constraints.empty()) return inverse_cross_product(s);
  const auto k = static_cast<std::int64_t>(fit.names.size()),
             p = static_cast<std::int64_t>(fit.free_parameters());
  if (p == 0) return zeros({k, k});
  const Tensor d = from_vector(fit.free_directions, {k, p});
  return matmul(d, matmul(inverse_cross_product(matmul(s, d)), t(d)));
}

/// What each row's score is divided by.
Tensor leverage_divisor(const Tensor& leverages, std::int64_t n, Covariance kind) {
  if (!leverages.defined())
    throw InputError(fmt::format(
        "covariance: {} needs the leverages of the rows, which a model with one linear predictor "
        "has",
        name_of(kind)));
  if (leverages.dim() != 1 || leverages.size(0) != n)
    throw InputError(fmt::format("covariance: the leverages have the shape {} where [{}] is needed",
                                 to_string(Dims(leverages.shape())), n));
  const std::vector<double> h = leverages.to_vector();
  for (std::size_t i = 0; i < h.size(); ++i)
    if (!(h[i] < 1 - 1e-12))
      throw InputError(
          fmt::format("covariance: {} is not defined, since row {} alone determines a coefficient "
                      "(its leverage is {:g})",
                      name_of(kind), i + 1, h[i]));
  return kind == Covariance::hc2 ? sqrt(1 - leverages) : 1 - leverages;
}

struct Groups {
  Tensor ids;  // [n]
  std::int64_t count;
};

Groups checked_groups(const Tensor& groups, std::int64_t n) {
  if (!groups.defined())
    throw InputError("covariance: clustered standard errors need the group of each row");
  if (groups.dim() != 1 || groups.size(0) != n)
    throw InputError(fmt::format("covariance: the groups have the shape {} where [{}] is needed",
                                 to_string(Dims(groups.shape())), n));
  if (any(isnan(to(groups, DType::float64))).item<bool>())
    throw InputError("covariance: the group of a row is not a number");
  const Unique labels = unique(groups);
  const std::int64_t count = labels.values.numel();
  if (count < 2) throw InputError("covariance: clustered standard errors need more than one group");
  return {labels.inverse, count};
}

/// A factor for the few observations, of which hc1 and cr1 have one.
double small_sample_factor(Covariance kind, double n, double k, double groups) {
  if (kind != Covariance::hc1 && kind != Covariance::cr1) return 1;
  if (!(n > k))
    throw InputError(fmt::format("covariance: {} needs more rows than parameters, not {} for {}",
                                 name_of(kind), n, k));
  return kind == Covariance::hc1 ? n / (n - k) : groups / (groups - 1) * (n - 1) / (n - k);
}

}  // namespace

const char* name_of(Covariance kind) {
  switch (kind) {
    case Covariance::information:
      return "information";
    case Covariance::opg:
      return "opg";
    case Covariance::hc0:
      return "HC0";
    case Covariance::hc1:
      return "HC1";
    case Covariance::hc2:
      return "HC2";
    case Covariance::hc3:
      return "HC3";
    case Covariance::cr0:
      return "CR0";
    case Covariance::cr1:
      break;
  }
  return "CR1";
}

Covariance covariance_named(std::string_view name) {
  std::string names;
  for (Covariance kind : all_kinds) {
    if (lower_case(name) == lower_case(name_of(kind))) return kind;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", name_of(kind));
  }
  throw InputError(fmt::format("there is no covariance '{}': there are {}", name, names));
}

Tensor groups_of(const std::vector<std::string>& labels) {
  std::vector<std::string> sorted = labels;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::int64_t> ids;
  for (const std::string& label : labels)
    ids.push_back(std::lower_bound(sorted.begin(), sorted.end(), label) - sorted.begin());
  return from_vector(ids);
}

std::vector<double> covariance(const LogLikelihood& loglik, const Fit& fit, Covariance kind,
                               const CovarianceOptions& options) {
  const std::size_t k = fit.names.size();
  const std::vector<double>& bread = options.bread.empty() ? fit.vcov : options.bread;
  if (bread.empty() && kind != Covariance::opg)
    throw InputError("covariance: the fit has no covariance and no bread is given");
  if (!bread.empty() && bread.size() != k * k)
    throw InputError(
        fmt::format("covariance: the bread has {} elements for {} parameters", bread.size(), k));
  if (kind == Covariance::information) return bread;
  const Tensor s = scores_at(loglik, fit, options.max_bytes);
  // The scores may lie where the data do, whatever the device of the parameters.
  const DeviceGuard beside(s.device());
  if (kind == Covariance::opg) return opg(s, fit).to_vector();
  // The scores times the bread are what each row, or group, adds to the estimate.
  Tensor influence = matmul(s, square_matrix(bread, k));
  const std::int64_t n = s.size(0);
  double n_groups = 0;
  if (kind == Covariance::hc2 || kind == Covariance::hc3)
    influence =
        influence / unsqueeze(to(leverage_divisor(options.leverages, n, kind), s.device()), 1);
  if (kind == Covariance::cr0 || kind == Covariance::cr1) {
    const Groups groups = checked_groups(options.groups, n);
    influence = segment_sum(influence, to(groups.ids, s.device()), groups.count);
    n_groups = static_cast<double>(groups.count);
  }
  const double factor = small_sample_factor(kind, static_cast<double>(n),
                                            static_cast<double>(fit.free_parameters()), n_groups);
  return (factor * matmul(t(influence), influence)).to_vector();
}

TermDerivatives term_derivatives(const LogLikelihood& loglik, const Tensor& parameters,
                                 std::size_t max_bytes) {
  const FunctionToSeveral terms_and_gradient = [&](const std::vector<Tensor>& at) {
    const Tensor terms = flatten(loglik(at[0]));
    const Tensor gradient = grad(sum(terms), at[0], {.create_graph = true, .allow_unused = true});
    return std::vector<Tensor>{terms, gradient.defined() ? gradient : zeros_like(at[0])};
  };
  const auto found = value_and_jacobian(terms_and_gradient, {parameters},
                                        {.mode = JacobianMode::forward, .max_bytes = max_bytes});
  return {sum(found.value[0]).item(), found.jacobian[0][0], -found.jacobian[1][0]};
}

}  // namespace wald
