#include "categorical.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include <wald/engine/creation.h>
#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/constraints.h>
#include <wald/models/separation.h>

namespace wald {
namespace {

void check_rows(const Tensor& values, const char* name, const CategoricalData& data,
                double lowest) {
  if (!values.defined()) return;
  if (values.dtype() != DType::float64)
    throw DTypeError(fmt::format("the {}s of the rows are not float64", name));
  if (values.dim() != 1 || values.numel() != data.n())
    throw ShapeError(fmt::format("there are {} {}s for {} rows", values.numel(), name, data.n()));
  const std::vector<double> v = values.to_vector();
  for (std::size_t i = 0; i < v.size(); ++i)
    if (!std::isfinite(v[i]) || v[i] < lowest)
      throw InputError(fmt::format("the {} of row {} is {}", name, i + 1, v[i]));
}

void check_codes(const CategoricalData& data) {
  if (!data.y.defined() || data.y.dtype() != DType::int64)
    throw DTypeError("the categories of the rows are not int64 positions of levels");
  if (!data.x.defined() || data.x.dim() != 2 || data.y.dim() != 1 ||
      data.x.size(0) != data.y.size(0))
    throw ShapeError("the design must be a matrix with a row for each category observed");
  if (data.n() == 0) throw InputError("there are no rows to fit a model to");
  const Tensor codes = contiguous(to(data.y, Device()));
  for (std::int64_t i = 0; i < data.n(); ++i)
    if (const auto code = codes.data<std::int64_t>()[i]; code < 0 || code >= data.n_levels())
      throw InputError(fmt::format("the category of row {} is number {}, where there are {} levels",
                                   i + 1, code, data.n_levels()));
}

}  // namespace

void check_categorical(const CategoricalData& data) {
  check_codes(data);
  check_rows(data.offset, "offset", data, -INFINITY);
  check_rows(data.weights, "weight", data, 0);
  if (data.n_levels() < 2)
    throw NotIdentifiedError(fmt::format("every row is in the category {}: nothing depends on {}",
                                         data.levels.empty() ? "" : data.levels[0],
                                         fmt::join(data.names, ", ")));
  const std::vector<double> totals = category_totals(data);
  std::string empty;
  for (std::size_t j = 0; j < totals.size(); ++j)
    if (totals[j] == 0) empty += (empty.empty() ? "" : ", ") + data.levels[j];
  if (!empty.empty())
    throw NotIdentifiedError(
        fmt::format("no row with weight is in the category {}: its probability is estimated as 0, "
                    "and its intercept or cut point has no finite estimate",
                    empty));
}

std::vector<double> category_totals(const CategoricalData& data) {
  const DeviceGuard beside(data.y.device());
  return bincount(data.y, from_vector(weights_of(data)), data.n_levels()).to_vector();
}

std::vector<double> weights_of(const CategoricalData& data) {
  return data.weights.defined() ? data.weights.to_vector()
                                : std::vector<double>(static_cast<std::size_t>(data.n()), 1);
}

void require_no_separation(const Tensor& gains, const std::vector<std::string>& names) {
  const auto found = separating_direction(gains, ones_like(select(gains, 1, 0)));
  if (!found) return;
  std::string along;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const double d = found->coefficients[i];
    if (d == 0) continue;
    along += along.empty() ? (d < 0 ? "-" : "") : (d < 0 ? " - " : " + ");
    along += std::abs(d) == 1 ? names[i] : fmt::format("{:g} {}", std::abs(d), names[i]);
  }
  throw NotIdentifiedError(
      fmt::format("the data are separated: the log-likelihood rises without end along {}, so that "
                  "these coefficients have no finite estimate",
                  along));
}

Fit fit_unless_separated(const CategoricalFitting& model, const FitOptions& options) {
  constexpr int few = 30;  // of the steps that data without surprises take
  FitOptions first = options;
  first.max_iter = std::min(few, options.max_iter);
  std::optional<Fit> fit;
  try {
    fit = model.fit(first);
    if (fit->status != FitStatus::failed && model.least_probability(*fit) >= 1e-6) return *fit;
  } catch (const NotIdentifiedError&) {
  }
  const auto [gains, names] = FreeParameters(model.parameters, options).columns(model.gains());
  if (!names.empty()) require_no_separation(gains, names);
  const bool is_final = fit && (fit->status != FitStatus::failed || options.max_iter <= few);
  return is_final ? *fit : model.fit(options);
}

double loglik_of_shares(const CategoricalData& data) {
  const std::vector<double> totals = category_totals(data);
  double all = 0, loglik = 0;
  for (double total : totals) all += total;
  for (double total : totals)
    if (total > 0) loglik += total * std::log(total / all);
  return loglik;
}

Tensor category_residuals(const Tensor& probabilities, const Tensor& y) {
  return to(one_hot(y, probabilities.size(1)), DType::float64) - probabilities;
}

Tensor simulate_categories(RRandom& random, const Tensor& probabilities) {
  const std::int64_t n = probabilities.size(0), levels = probabilities.size(1);
  const std::vector<double> p = probabilities.to_vector();
  std::vector<std::int64_t> codes(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) {
    const double u = random.runif();
    double below = 0;
    std::int64_t code = 0;
    for (; code + 1 < levels; ++code) {
      below += p[static_cast<std::size_t>(i * levels + code)];
      if (u < below) break;
    }
    codes[static_cast<std::size_t>(i)] = code;
  }
  const DeviceGuard beside(probabilities.device());
  return from_vector(codes);
}

}  // namespace wald
