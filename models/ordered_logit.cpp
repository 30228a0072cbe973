#include "ordered_logit.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/engine/creation.h>
#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/constraints.h>
#include <wald/models/distributions.h>
#include <wald/models/identification.h>
#include <wald/models/regression.h>

namespace wald {
namespace {

/// log F.
Tensor log_below(const Tensor& x, OrderedLink link) {
  return link == OrderedLink::logit ? log_sigmoid(x) : log_ndtr(x);
}

/// log(F(lower + width) - F(lower)) of finite numbers, width > 0. Both F are symmetric, so that the
/// interval can be taken to lie mostly below 0.
Tensor log_between(const Tensor& lower, const Tensor& width, OrderedLink link) {
  const Tensor upper = lower + width;
  if (link == OrderedLink::logit) return log_sigmoid(upper) + log_sigmoid(-lower) + log1mexp(width);
  const Tensor is_above = lower + upper > 0;
  const Tensor high = log_ndtr(where(is_above, -lower, upper));
  return high + log1mexp(high - log_ndtr(where(is_above, -upper, lower)));
}

/// The log-probability of each row's category, given eta, the first cut point and the distances
/// from each to the next.
class IntervalTerms {
 public:
  IntervalTerms(const CategoricalData& data, OrderedLink link)
      : link_(link), last_(data.n_levels() - 1), y_(data.y) {
    is_first_ = data.y == 0;
    is_last_ = data.y == last_;
    below_ = clamp(data.y - 1, 0.0, static_cast<double>(last_ - 1));
    gap_ = clamp(data.y - 1, 0.0, static_cast<double>(std::max<std::int64_t>(last_ - 2, 0)));
  }

  /// `first` is a scalar or [n]; distances [levels - 2].
  Tensor operator()(const Tensor& eta, const Tensor& first, const Tensor& distances) const {
    const Tensor begin = first - eta;
    if (last_ == 1) return where(is_first_, log_below(begin, link_), log_below(-begin, link_));
    // The cut point below each row's category, seen from the first one.
    const Tensor steps = cat({zeros_like(slice(distances, 0, 0, 1)), cumsum(distances, 0)});
    const Tensor lower = begin + index_select(steps, 0, below_);
    const Tensor between = log_between(lower, index_select(distances, 0, gap_), link_);
    return where(is_first_, log_below(begin, link_),
                 where(is_last_, log_below(-lower, link_), between));
  }

 private:
  OrderedLink link_;
  std::int64_t last_;
  Tensor y_, is_first_, is_last_, below_, gap_;
};

std::vector<std::string> cut_names(const CategoricalData& data) {
  std::vector<std::string> names;
  for (std::size_t j = 0; j + 1 < data.levels.size(); ++j)
    names.push_back(data.levels[j] + "|" + data.levels[j + 1]);
  return names;
}

/// The cut points of the shares.
std::vector<double> cuts_of_shares(const CategoricalData& data, OrderedLink link) {
  const std::vector<double> totals = category_totals(data);
  double all = 0, below = 0;
  for (double total : totals) all += total;
  std::vector<double> cuts;
  for (std::size_t j = 0; j + 1 < totals.size(); ++j) {
    below += totals[j];
    cuts.push_back(link == OrderedLink::logit ? std::log(below / (all - below))
                                              : normal_quantile(below / all));
  }
  return cuts;
}

/// The regression that is fitted: the first cut point is the coefficient of a column of -1, so that
/// orthonormal coordinates take covariates far from their origin; the other parameters are the
/// logarithms of the distances between cut points.
Regression regression_of(const CategoricalData& data, OrderedLink link) {
  const std::vector<std::string> cuts = cut_names(data);
  Regression r{cat({data.x, full({data.n(), 1}, -1.0)}, 1),
               data.names,
               data.offset,
               data.weights,
               {},
               {cuts.begin() + 1, cuts.end()},
               std::vector<double>(data.names.size(), 0.0),
               {}};
  r.names.push_back(cuts[0]);
  r.is_by_rows = true;
  const std::vector<double> start = cuts_of_shares(data, link);
  for (std::size_t j = 0; j < start.size(); ++j)
    r.start.push_back(j == 0 ? start[0] : std::log(start[j] - start[j - 1]));
  r.terms = [terms = IntervalTerms(data, link)](const Tensor& eta, const Tensor& log_distances) {
    return terms(eta, number_like(0, eta), exp(log_distances));
  };
  return r;
}

/// From the logarithms of the distances to the cut points. The gradient is zero at the estimate, so
/// that covariance and information turn by the Jacobian alone.
void to_cut_points(Fit& fit, std::size_t first) {
  const std::size_t p = fit.estimate.size();
  std::vector<double> forward(p * p, 0.0);
  for (std::size_t i = 0; i < p; ++i) forward[i * p + i] = 1;
  for (std::size_t j = first + 1; j < p; ++j) {
    const double distance = std::exp(fit.estimate[j]);
    for (std::size_t i = j; i < p; ++i) forward[i * p + j] = distance;
    for (std::size_t i = j; i < p; ++i) forward[i * p + first] = 1;
    fit.estimate[j] = fit.estimate[j - 1] + distance;
  }
  const auto size = static_cast<std::int64_t>(p);
  const Tensor jacobian = from_vector(forward, {size, size}), back = inverse(jacobian);
  const auto turned = [&](const std::vector<double>& matrix, const Tensor& by) {
    const Tensor result = matmul(matmul(by, from_vector(matrix, {size, size})), t(by));
    return ((result + t(result)) * 0.5).to_vector();
  };
  if (!fit.vcov.empty()) fit.vcov = turned(fit.vcov, jacobian);
  fit.information = turned(fit.information, t(back));
}

/// How far each row's interval reaches beyond eta on either side, as rows to be multiplied with a
/// change of coefficients and cut points.
Tensor gains(const CategoricalData& data) {
  const auto k = static_cast<std::size_t>(data.x.size(1)), cuts = data.levels.size() - 1;
  const std::vector<double> rows = data.x.to_vector(), weights = weights_of(data);
  const Tensor codes = contiguous(to(data.y, Device()));
  std::vector<double> found;
  const auto add = [&](std::size_t i, double sign, std::size_t cut) {
    for (std::size_t j = 0; j < k; ++j) found.push_back(-sign * rows[i * k + j]);
    for (std::size_t j = 0; j < cuts; ++j) found.push_back(j == cut ? sign : 0);
  };
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto y = static_cast<std::size_t>(codes.data<std::int64_t>()[i]);
    if (weights[i] > 0 && y < cuts) add(i, 1, y);
    if (weights[i] > 0 && y > 0) add(i, -1, y - 1);
  }
  const auto columns = static_cast<std::int64_t>(k + cuts);
  return from_vector(found, {static_cast<std::int64_t>(found.size()) / columns, columns});
}

void require_no_constant(const CategoricalData& data) {
  for (std::int64_t j = 0; j < data.x.size(1); ++j) {
    const Tensor column = select(data.x, 1, j);
    if (sum(column != select(column, 0, 0)).item() == 0)
      throw NotIdentifiedError(fmt::format(
          "{} is the same in every row, which the cut points of an ordered model stand for already",
          data.names[static_cast<std::size_t>(j)]));
  }
}

/// log P(y = j) of each row [n, levels].
Tensor log_probabilities(const Tensor& parameters, const Tensor& x, OrderedLink link,
                         const Tensor& offset) {
  const std::int64_t n = x.size(0), k = x.size(1), levels = parameters.numel() - k + 1;
  if (levels < 2) throw ShapeError("ordered model: there are no cut points");
  const DeviceGuard beside(x.device());
  CategoricalData rows;
  rows.x = x;
  rows.offset = offset;
  rows.levels.resize(static_cast<std::size_t>(levels));
  std::vector<Tensor> columns;
  for (std::int64_t j = 0; j < levels; ++j) {
    rows.y = full({n}, static_cast<double>(j), DType::int64);
    columns.push_back(ordered_log_likelihood(rows, link)(parameters));
  }
  return stack(columns, 1);
}

bool has_conditions(const FitOptions& options) {
  return !options.fixed.empty() || !options.tied.empty() || !options.start.empty();
}

/// In the parameters by their names: conditions are on cut points, not on distances.
Fit fit_named(const CategoricalData& data, OrderedLink link, const FitOptions& options) {
  std::vector<std::string> names = data.names;
  for (const std::string& name : cut_names(data)) names.push_back(name);
  std::vector<double> start(data.names.size(), 0.0);
  for (double cut : cuts_of_shares(data, link)) start.push_back(cut);
  return maximize(ordered_log_likelihood(data, link), start, names, data.n(), options);
}

/// In distances of cut points, and turned back.
Fit fit_distances(const CategoricalData& data, OrderedLink link, const FitOptions& options) {
  Fit fit = fit_regression(regression_of(data, link), options);
  to_cut_points(fit, data.names.size());
  return fit;
}

}  // namespace

LogLikelihood ordered_log_likelihood(const CategoricalData& data, OrderedLink link) {
  const std::int64_t k = data.x.size(1), cuts = data.n_levels() - 1;
  return evaluated_on(data.x.device(),
                      [=, terms = IntervalTerms(data, link)](const Tensor& parameters) {
                        Tensor eta = mv(data.x, slice(parameters, 0, 0, k));
                        if (data.offset.defined()) eta = eta + data.offset;
                        const Tensor zeta = slice(parameters, 0, k, k + cuts);
                        const Tensor rows = terms(eta, select(zeta, 0, 0), diff(zeta));
                        return data.weights.defined() ? data.weights * rows : rows;
                      });
}

OrderedFit fit_ordered(const CategoricalData& data, OrderedLink link, const FitOptions& options) {
  check_categorical(data);
  const DeviceGuard beside(data.x.device());
  require_no_constant(data);
  OrderedFit fit;
  std::vector<std::string> parameters = data.names;
  for (const std::string& cut : cut_names(data)) parameters.push_back(cut);
  const CategoricalFitting fitting{
      parameters,
      [&](const FitOptions& how) {
        return has_conditions(how) ? fit_named(data, link, how) : fit_distances(data, link, how);
      },
      [&](const Fit& at) {
        const Tensor b = from_vector(at.estimate);
        return min(ordered_probabilities(b, data.x, link, data.offset)).item();
      },
      [&] { return gains(data); }};
  static_cast<Fit&>(fit) = fit_unless_separated(fitting, options);
  fit.levels = data.levels;
  fit.totals = category_totals(data);
  fit.link = link;
  const bool has_null = !data.offset.defined() && has_null_model(options, cut_names(data));
  fit.loglik_null = has_null ? loglik_of_shares(data) : NAN;
  fit.lr_df = static_cast<int>(fit.free_parameters() + 1) - static_cast<int>(data.levels.size());
  return fit;
}

Tensor ordered_log_odds(const Tensor& parameters, const Tensor& x, OrderedLink link,
                        const Tensor& offset) {
  const Tensor log_p = log_probabilities(parameters, x, link, offset);
  return log_p - log1mexp(-log_p);
}

Tensor ordered_probabilities(const Tensor& parameters, const Tensor& x, OrderedLink link,
                             const Tensor& offset) {
  return exp(log_probabilities(parameters, x, link, offset));
}

}  // namespace wald
