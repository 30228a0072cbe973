#include "glm.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>
#include <wald/kernels/cpu/lapack.h>
#include <wald/models/identification.h>
#include <wald/models/row_hessian.h>

namespace wald {
namespace {

GlmResponse response_of(const GlmData& data) { return {data.y, data.trials}; }

double total(const Tensor& values) { return sum(values).item<double>(); }

Tensor weighted(const Tensor& values, const GlmData& data) {
  return data.weights.defined() ? data.weights * values : values;
}

/// The rows that count; the others as zeros.
Tensor rows_with_weight(const Tensor& x, const GlmData& data) {
  Tensor counts;
  if (data.weights.defined()) counts = data.weights > 0;
  if (data.trials.defined())
    counts = counts.defined() ? counts & (data.trials > 0) : data.trials > 0;
  return counts.defined() ? x * unsqueeze(counts, 1) : x;
}

bool has_other(GlmFamily family) { return !other_name(family).empty(); }

void check_link(GlmFamily family, GlmLink link) {
  const auto is_one_of = [&](std::initializer_list<GlmLink> links) {
    return std::find(links.begin(), links.end(), link) != links.end();
  };
  const bool fits =
      family == GlmFamily::binomial
          ? is_one_of({GlmLink::logit, GlmLink::probit, GlmLink::cloglog, GlmLink::cauchit})
      : family == GlmFamily::gamma    ? is_one_of({GlmLink::log, GlmLink::inverse})
      : family == GlmFamily::gaussian ? link == GlmLink::identity
                                      : link == GlmLink::log;
  if (!fits)
    throw InputError(fmt::format("the {} family takes no {} link", name_of(family), name_of(link)));
}

void check_column(const Tensor& column, const char* name, const GlmData& data) {
  if (!column.defined()) return;
  if (column.dtype() != DType::float64)
    throw DTypeError(fmt::format("glm: the {} is not float64", name));
  if (column.shape() != Dims{data.n()})
    throw ShapeError(fmt::format("glm: the {} has the shape {} where [{}] is expected", name,
                                 to_string(Dims(column.shape())), data.n()));
}

/// Throws unless the condition holds in all rows.
void require(const Tensor& condition, const Tensor& values, const char* what) {
  if (all(condition).item<bool>()) return;
  const std::int64_t row = argmin(to(condition, DType::float64)).item<std::int64_t>();
  throw InputError(
      fmt::format("{}, not {} as in row {}", what, select(values, 0, row).item<double>(), row + 1));
}

Tensor is_whole(const Tensor& x) { return isfinite(x) & (floor(x) == x); }

void check_response(const GlmData& data, GlmFamily family) {
  const Tensor& y = data.y;
  switch (family) {
    case GlmFamily::binomial:
      if (!data.trials.defined())
        return require((y == 0.0) | (y == 1.0), y, "a binary response must be 0 or 1");
      require(is_whole(data.trials) & (data.trials >= 0.0), data.trials,
              "the number of trials must be a whole number from 0 up");
      return require(is_whole(y) & (y >= 0.0) & (y <= data.trials), y,
                     "successes must be a whole number from 0 to the number of trials");
    case GlmFamily::poisson:
    case GlmFamily::negative_binomial:
      return require(is_whole(y) & (y >= 0.0), y, "a count must be a whole number from 0 up");
    case GlmFamily::gamma:
      return require(isfinite(y) & (y > 0.0), y, "the response of a gamma model must be positive");
    case GlmFamily::gaussian:
      return require(isfinite(y), y, "the response must be a finite number");
  }
}

void check(const GlmData& data, GlmFamily family, GlmLink link) {
  check_link(family, link);
  if (!data.x.defined() || data.x.dim() != 2 || data.x.size(0) == 0 || data.x.size(1) == 0)
    throw ShapeError("glm: the design is not a matrix with rows and columns");
  if (data.x.dtype() != DType::float64) throw DTypeError("glm: the design is not float64");
  if (!data.y.defined()) throw ShapeError("glm: there is no response");
  if (data.trials.defined() && family != GlmFamily::binomial)
    throw InputError(fmt::format("the {} family has no trials", name_of(family)));
  if (static_cast<std::int64_t>(data.names.size()) != data.x.size(1))
    throw ShapeError(
        fmt::format("glm: {} names for {} columns", data.names.size(), data.x.size(1)));
  check_column(data.y, "response", data);
  check_column(data.trials, "column of trials", data);
  check_column(data.offset, "offset", data);
  check_column(data.weights, "column of weights", data);
  if (data.offset.defined())
    require(isfinite(data.offset), data.offset, "an offset must be a finite number");
  if (data.weights.defined())
    require(isfinite(data.weights) & (data.weights >= 0.0), data.weights,
            "a weight must be a finite number from 0 up");
  check_response(data, family);
}

/// Whether the data determine the coefficients, and finitely.
void check_identification(const GlmData& data, GlmFamily family) {
  const Tensor x = rows_with_weight(data.x, data);
  require_full_rank(x, data.names);
  if (family == GlmFamily::binomial) {
    const Tensor most = data.trials.defined() ? data.trials : ones_like(data.y);
    require_overlap(x, where(data.y == 0.0, -1.0, where(data.y == most, 1.0, 0.0)), data.names);
  }
  if (family == GlmFamily::poisson || family == GlmFamily::negative_binomial)
    require_finite_maximum(x, data.y, data.names, "a count above 0");
}

/// The coefficients that minimize sum w (z - x'b)^2, by the QR triangle of sqrt(w) [x, z].
std::vector<double> weighted_least_squares(const Tensor& x, const Tensor& z, const Tensor& w) {
  const auto k = static_cast<std::size_t>(x.size(1));
  const Tensor both = cat({x, unsqueeze(z, 1)}, 1) * unsqueeze(sqrt(w), 1);
  const auto r =
      kernels::qr_triangle(contiguous(both).data<double>(), x.size(0), static_cast<int>(k) + 1);
  std::vector<double> b(k);
  for (std::size_t i = k; i-- > 0;) {
    b[i] = r[i * (k + 1) + k];
    for (std::size_t j = i + 1; j < k; ++j) b[i] -= r[i * (k + 1) + j] * b[j];
    b[i] /= r[i * (k + 1) + i];
  }
  return b;
}

Tensor with_offset(const Tensor& eta, const GlmData& data) {
  return data.offset.defined() ? eta + data.offset : eta;
}

/// Steps of iteratively reweighted least squares from means near y.
std::vector<double> reweighted_steps(const GlmData& data, GlmFamily family, GlmLink link,
                                     int steps) {
  const GlmResponse response = response_of(data);
  const Tensor share = data.trials.defined() ? data.y / maximum(data.trials, 1.0) : data.y;
  Tensor mean = starting_mean(family, response), eta = glm_predictor(link, mean);
  std::vector<double> b;
  for (int step = 0; step < steps; ++step) {
    Tensor z = eta + (share - mean) / glm_mean_slope(link, eta);
    if (data.offset.defined()) z = z - data.offset;
    b = weighted_least_squares(data.x, z,
                               weighted(glm_information(family, link, response, eta, 0), data));
    eta = with_offset(mv(data.x, from_vector(b)), data);
    mean = glm_mean(link, eta);
  }
  return b;
}

/// Every so many-th row.
GlmData thinned(const GlmData& data, std::int64_t step) {
  const auto some = [&](const Tensor& rows) {
    return rows.defined() ? contiguous(slice(rows, 0, 0, data.n(), step)) : rows;
  };
  return {some(data.x),      data.names,        some(data.y),
          some(data.trials), some(data.offset), some(data.weights)};
}

/// One step with all rows; of very many rows, several with some of them, which end closer.
std::vector<double> starting_coefficients(const GlmData& data, GlmFamily family, GlmLink link) {
  constexpr std::int64_t enough = 20000;
  if (data.n() >= 2 * enough) {
    const auto b = reweighted_steps(thinned(data, data.n() / enough), family, link, 5);
    if (std::all_of(b.begin(), b.end(), [](double v) { return std::abs(v) < 1e100; })) return b;
  }
  return reweighted_steps(data, family, link, 1);
}

/// Without starting values.
Regression likelihood_of(const GlmData& data, GlmFamily family, GlmLink link) {
  Regression regression{data.x, data.names, data.offset, data.weights,
                        {},     {},         {},          glm_terms(family, link, response_of(data)),
                        true};
  if (has_other(family)) regression.other_names = {other_name(family)};
  return regression;
}

/// Squared Pearson residuals with their weights, at dispersion 1.
Tensor pearson_squares(const GlmData& data, GlmFamily family, GlmLink link, const Tensor& eta,
                       double other) {
  const GlmResponse response = response_of(data);
  const Tensor share = data.trials.defined() ? data.y / maximum(data.trials, 1.0) : data.y;
  const double at = family == GlmFamily::negative_binomial ? other : 0;
  const Tensor squares =
      square(share - glm_mean(link, eta)) / glm_variance(family, link, response, eta, at);
  return weighted(data.trials.defined() ? where(data.trials > 0.0, squares, 0.0) : squares, data);
}

/// A start of the inverse link, where all predictors must be positive: the step, or else the
/// constant predictor nearest to it.
std::vector<double> positive_predictors(const GlmData& data, std::vector<double> b) {
  const Tensor x = rows_with_weight(data.x, data);
  const auto is_positive = [&](const std::vector<double>& at) {
    const Tensor eta = with_offset(mv(data.x, from_vector(at)), data);
    return all((eta > 0.0) | ~any(x != 0, {1})).item<bool>();
  };
  if (is_positive(b)) return b;
  const Tensor one = ones_like(data.y), w = weighted(one, data);
  Tensor constant = one * (total(w) / total(w * data.y));
  if (data.offset.defined()) constant = constant + max(abs(data.offset)) - data.offset;
  b = weighted_least_squares(data.x, constant, w);
  if (!is_positive(b))
    throw InputError(
        "the inverse link needs coefficients with a positive linear predictor in every row, and "
        "none were found to start from: the log link has no such limit");
  return b;
}

/// log(shape), or log(sigma), of the moments at the coefficients `b`.
double starting_other(const GlmData& data, GlmFamily family, GlmLink link,
                      const std::vector<double>& b) {
  const Tensor eta = with_offset(mv(data.x, from_vector(b)), data);
  const double rows = total(weighted(ones_like(eta), data));
  const double dispersion = total(pearson_squares(data, family, link, eta, 0)) / rows;
  const double size = family == GlmFamily::gamma ? 1 : total(weighted(square(data.y), data)) / rows;
  constexpr double rounding = 1e-24;
  if (!(dispersion > rounding * size))
    throw NotIdentifiedError(
        fmt::format("the model fits every response exactly: there is no finite estimate of {}",
                    other_name(family)));
  return family == GlmFamily::gamma ? -std::log(dispersion) : std::log(dispersion) / 2;
}

/// The Poisson fit, and theta by moments: sum w ((y - mu)^2 - y) is 2 d log L / d (1 / theta) at 1
/// / theta = 0, and positive unless the likelihood falls from there.
std::vector<double> negative_binomial_start(const GlmData& data, bool all_are_free) {
  Regression poisson{data.x,
                     data.names,
                     data.offset,
                     data.weights,
                     {},
                     {},
                     starting_coefficients(data, GlmFamily::poisson, GlmLink::log),
                     glm_terms(GlmFamily::poisson, GlmLink::log, response_of(data)),
                     true};
  std::vector<double> start = all_are_free ? fit_regression(poisson).estimate : poisson.start;
  const Tensor mean = exp(with_offset(mv(data.x, from_vector(start)), data));
  const double excess = total(weighted(square(data.y - mean) - data.y, data));
  if (!(excess > 0) && all_are_free)
    throw NotIdentifiedError(
        "there is no finite estimate of theta: the counts vary no more than a Poisson model has "
        "them vary, which is the limit of large theta; fit that model");
  constexpr double nearly_poisson = 10;
  start.push_back(excess > 0 ? std::log(total(weighted(square(mean), data)) / excess)
                             : nearly_poisson);
  return start;
}

std::vector<double> starting_values(const GlmData& data, GlmFamily family, GlmLink link,
                                    bool all_are_free) {
  if (family == GlmFamily::negative_binomial) return negative_binomial_start(data, all_are_free);
  std::vector<double> start = starting_coefficients(data, family, link);
  if (link == GlmLink::inverse) start = positive_predictors(data, start);
  if (has_other(family)) start.push_back(starting_other(data, family, link, start));
  return start;
}

bool has_constant_column(const Tensor& x) {
  const Tensor rows = contiguous(x);
  const double* values = rows.data<double>();
  const std::int64_t n = x.size(0), k = x.size(1);
  for (std::int64_t j = 0; j < k; ++j) {
    std::int64_t i = 0;
    while (i < n && values[i * k + j] == values[j]) ++i;
    if (i == n && values[j] != 0) return true;
  }
  return false;
}

/// The linear predictors of the model with a constant alone beside the offset.
Tensor null_predictor(const GlmData& data, GlmFamily family, GlmLink link, double other) {
  const Tensor one = ones_like(data.y);
  if (!has_constant_column(data.x)) return with_offset(zeros_like(one), data);
  if (!data.offset.defined()) {
    const Tensor trials = data.trials.defined() ? data.trials : one;
    return one * glm_predictor(
                     link, tensor({total(weighted(data.y, data)) / total(weighted(trials, data))}));
  }
  GlmData constant = data;
  constant.x = unsqueeze(one, 1);
  constant.names = {"(Intercept)"};
  std::vector<double> start = starting_coefficients(constant, family, link);
  if (link == GlmLink::inverse) start = positive_predictors(constant, start);
  const PredictorLikelihood terms = glm_terms(family, link, response_of(data));
  const Tensor fixed = tensor({other});
  const Regression regression{
      constant.x,  constant.names,
      data.offset, data.weights,
      {},          {},
      start,       [&](const Tensor& eta, const Tensor&) { return terms(eta, fixed); },
      true};
  return with_offset(one * fit_regression(regression).estimate[0], data);
}

double deviance_at(const Tensor& eta, const GlmData& data, const GlmFit& fit) {
  return total(
      weighted(unit_deviance(fit.family, fit.link, response_of(data), eta, fit.other()), data));
}

void set_statistics(GlmFit& fit, const GlmData& data) {
  const Tensor eta = linear_predictor(fit, data);
  fit.deviance = deviance_at(eta, data, fit);
  fit.null_deviance =
      deviance_at(null_predictor(data, fit.family, fit.link, fit.other()), data, fit);
  fit.pearson = total(pearson_squares(data, fit.family, fit.link, eta, fit.other()));
  const double rows = total(any(rows_with_weight(ones_like(unsqueeze(data.y, 1)), data) != 0, {1}));
  fit.df_residual = rows - static_cast<double>(data.names.size());
  fit.has_constant = has_constant_column(data.x);
  fit.df_null = rows - (fit.has_constant ? 1 : 0);
}

}  // namespace

std::vector<double> GlmFit::coefficients() const {
  return {estimate.begin(), estimate.end() - (has_other(family) ? 1 : 0)};
}

bool GlmFit::has_lr_test() const {
  return !has_other(family) && lr_df() > 0 && std::isfinite(null_deviance) && has_constant;
}

double GlmFit::other() const { return has_other(family) ? estimate.back() : 0; }

Regression glm_regression(const GlmData& data, GlmFamily family, GlmLink link,
                          const FitOptions& options) {
  check(data, family, link);
  // With coefficients fixed or tied the others may be finite where all together are not.
  const bool all_are_free = options.fixed.empty() && options.tied.empty();
  if (all_are_free) check_identification(data, family);
  Regression regression = likelihood_of(data, family, link);
  regression.start = starting_values(data, family, link, all_are_free);
  return regression;
}

GlmFit fit_glm(const GlmData& data, GlmFamily family, GlmLink link, const FitOptions& options) {
  const Regression regression = glm_regression(data, family, link, options);
  GlmFit fit;
  fit.family = family;
  fit.link = link;
  static_cast<Fit&>(fit) = fit_regression(regression, options);
  set_statistics(fit, data);
  return fit;
}

Regression glm_regression(const GlmFit& fit, const GlmData& data) {
  Regression regression = likelihood_of(data, fit.family, fit.link);
  regression.start = fit.estimate;
  return regression;
}

Tensor linear_predictor(const GlmFit& fit, const GlmData& data) {
  return with_offset(mv(data.x, from_vector(fit.coefficients())), data);
}

Tensor fitted_mean(const GlmFit& fit, const GlmData& data) {
  return glm_mean(fit.link, linear_predictor(fit, data));
}

Tensor glm_residuals(const GlmFit& fit, const GlmData& data, GlmResidual kind) {
  const Tensor eta = linear_predictor(fit, data);
  const Tensor share = data.trials.defined() ? data.y / maximum(data.trials, 1.0) : data.y;
  const Tensor response = share - glm_mean(fit.link, eta);
  if (kind == GlmResidual::response) return response;
  const Tensor squares =
      kind == GlmResidual::pearson
          ? pearson_squares(data, fit.family, fit.link, eta, fit.other())
          : weighted(unit_deviance(fit.family, fit.link, response_of(data), eta, fit.other()),
                     data);
  return sign(response) * sqrt(maximum(squares, 0.0));
}

std::vector<double> expected_information(const GlmFit& fit, const GlmData& data) {
  const auto k = data.names.size(), p = fit.names.size();
  const Tensor eta = linear_predictor(fit, data);
  const Tensor w =
      weighted(glm_information(fit.family, fit.link, response_of(data), eta, fit.other()), data);
  const std::vector<double> block = weighted_cross(data.x, w).to_vector();
  std::vector<double> information(p * p, 0.0);
  for (std::size_t i = 0; i < k; ++i)
    for (std::size_t j = 0; j < k; ++j)
      information[i * p + j] = block[std::min(i, j) * k + std::max(i, j)];
  if (!has_other(fit.family)) return information;
  const double rows = total(weighted(ones_like(data.y), data)), shape = std::exp(fit.other());
  double& last = information.back();
  last = fit.information.back();
  if (fit.family == GlmFamily::gaussian) last = 2 * rows;
  if (fit.family == GlmFamily::gamma)
    last = rows * shape * (shape * trigamma(tensor({shape})).item<double>() - 1);
  return information;
}

}  // namespace wald
