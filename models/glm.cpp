#include "glm.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>
#include <wald/kernels/cpu/lapack.h>
#include <wald/models/constraints.h>
#include <wald/models/glm_check.h>
#include <wald/models/identification.h>
#include <wald/models/row_hessian.h>

namespace wald {
namespace {

GlmResponse response_of(const GlmData& data) { return {data.y, data.trials}; }

double total(const Tensor& values) { return sum(values).item<double>(); }

Tensor weighted(const Tensor& values, const GlmData& data) {
  return data.weights.defined() ? data.weights * values : values;
}

/// Whether each row counts [n]; undefined if all do.
Tensor rows_that_count(const GlmData& data) {
  if (!data.trials.defined()) return data.weights.defined() ? data.weights > 0 : Tensor();
  const Tensor has_trials = data.trials > 0;
  return data.weights.defined() ? has_trials & (data.weights > 0) : has_trials;
}

/// With the first row that counts in the place of each that does not, whose predictors might be
/// beyond any number.
GlmData counted(const GlmData& data) {
  const Tensor counts = rows_that_count(data);
  if (!counts.defined()) return data;
  GlmData only = data;
  const std::int64_t first = argmax(to(counts, DType::float64)).item<std::int64_t>();
  only.x = where(unsqueeze(counts, 1), data.x, slice(data.x, 0, first, first + 1));
  return only;
}

bool has_other(GlmFamily family) { return !other_name(family).empty(); }

FreeParameters free_parameters(const GlmData& data, GlmFamily family, const FitOptions& options) {
  std::vector<std::string> names = data.names;
  if (has_other(family)) names.push_back(other_name(family));
  return {names, options};
}

/// Whether the data determine the free coefficients, and finitely.
void check_identification(const GlmData& data, GlmFamily family, const FreeParameters& free) {
  const Tensor counts = rows_that_count(data);
  auto [x, names] = free.columns(data.x);
  if (names.empty()) return;
  if (counts.defined()) x = where(unsqueeze(counts, 1), x, 0.0);
  require_full_rank(x, names);
  if (family == GlmFamily::binomial) {
    const Tensor most = data.trials.defined() ? data.trials : ones_like(data.y);
    require_overlap(x, where(data.y == 0.0, -1.0, where(data.y == most, 1.0, 0.0)), names);
  }
  if (family == GlmFamily::poisson || family == GlmFamily::negative_binomial)
    require_finite_maximum(x, data.y, names, "a count above 0");
}

/// The coefficients that minimize sum w (z - x'b)^2, by the QR triangle of sqrt(w) [x, z].
std::vector<double> weighted_least_squares(const Tensor& x, const Tensor& z, const Tensor& w) {
  const auto k = static_cast<std::size_t>(x.size(1));
  const Tensor both =
      contiguous(to(cat({x, unsqueeze(z, 1)}, 1) * unsqueeze(sqrt(w), 1), Device()));
  const auto r = kernels::qr_triangle(both.data<double>(), x.size(0), static_cast<int>(k) + 1);
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
  const auto is_positive = [&](const std::vector<double>& at) {
    return all(with_offset(mv(data.x, from_vector(at)), data) > 0.0).item<bool>();
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

/// The first column that is constant and not 0; nothing if there is none.
std::optional<std::size_t> constant_column_of(const Tensor& x) {
  const Tensor rows = contiguous(to(x, Device()));
  const double* values = rows.data<double>();
  const std::int64_t n = x.size(0), k = x.size(1);
  for (std::int64_t j = 0; j < k; ++j) {
    std::int64_t i = 0;
    while (i < n && values[i * k + j] == values[j]) ++i;
    if (i == n && values[j] != 0) return static_cast<std::size_t>(j);
  }
  return {};
}

/// The linear predictors of the model with a constant alone beside the offset.
Tensor null_predictor(const GlmData& data, const GlmFit& fit) {
  const GlmFamily family = fit.family;
  const GlmLink link = fit.link;
  const Tensor one = ones_like(data.y);
  if (!fit.has_constant) return with_offset(zeros_like(one), data);
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
  const Tensor fixed = tensor({fit.other()});
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

void set_statistics(GlmFit& fit, const GlmData& data, const FreeParameters& free) {
  const Tensor eta = linear_predictor(fit, data);
  fit.deviance = deviance_at(eta, data, fit);
  fit.null_deviance = deviance_at(null_predictor(data, fit), data, fit);
  fit.pearson = total(pearson_squares(data, fit.family, fit.link, eta, fit.other()));
  const Tensor counts = rows_that_count(data);
  const double rows = counts.defined() ? total(counts) : static_cast<double>(data.n());
  fit.df_residual = rows - static_cast<double>(free.count_before(data.x.size(1)));
  fit.df_null = rows - (fit.has_constant ? 1 : 0);
}

}  // namespace

std::vector<double> GlmFit::coefficients() const {
  return {estimate.begin(), estimate.end() - (has_other(family) ? 1 : 0)};
}

bool GlmFit::has_lr_test() const {
  return !has_other(family) && lr_df() > 0 && std::isfinite(null_deviance) && contains_null;
}

double GlmFit::other() const { return has_other(family) ? estimate.back() : 0; }

Regression glm_regression(const GlmData& data, GlmFamily family, GlmLink link,
                          const FitOptions& options) {
  check_glm(data, family, link);
  const DeviceGuard beside(data.x.device());
  const GlmData rows = counted(data);
  check_identification(rows, family, free_parameters(data, family, options));
  const bool all_are_free = options.fixed.empty() && options.tied.empty();
  Regression regression = likelihood_of(rows, family, link);
  regression.start = starting_values(rows, family, link, all_are_free);
  return regression;
}

GlmFit fit_glm(const GlmData& data, GlmFamily family, GlmLink link, const FitOptions& options) {
  const Regression regression = glm_regression(data, family, link, options);
  const DeviceGuard beside(data.x.device());
  GlmFit fit;
  fit.family = family;
  fit.link = link;
  static_cast<Fit&>(fit) = fit_regression(regression, options);
  const auto constant = constant_column_of(data.x);
  fit.has_constant = constant.has_value();
  fit.contains_null = constant && has_null_model(options, {data.names[*constant]});
  set_statistics(fit, counted(data), free_parameters(data, family, options));
  return fit;
}

Regression glm_regression(const GlmFit& fit, const GlmData& data) {
  Regression regression = likelihood_of(counted(data), fit.family, fit.link);
  regression.start = fit.estimate;
  return regression;
}

Tensor linear_predictor(const GlmFit& fit, const GlmData& data) {
  const DeviceGuard beside(data.x.device());
  return with_offset(mv(data.x, from_vector(fit.coefficients())), data);
}

Tensor fitted_mean(const GlmFit& fit, const GlmData& data) {
  const DeviceGuard beside(data.x.device());
  return glm_mean(fit.link, linear_predictor(fit, data));
}

Tensor glm_residuals(const GlmFit& fit, const GlmData& data, GlmResidual kind) {
  const DeviceGuard beside(data.x.device());
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
  const DeviceGuard beside(data.x.device());
  const auto k = data.names.size(), p = fit.names.size();
  const GlmData counted_rows = counted(data);
  const Tensor eta = linear_predictor(fit, counted_rows);
  const Tensor w =
      weighted(glm_information(fit.family, fit.link, response_of(data), eta, fit.other()), data);
  const std::vector<double> block = weighted_cross(counted_rows.x, w).to_vector();
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
