#include "conditional_logit.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/centering.h>
#include <wald/models/constraints.h>
#include <wald/models/divergence.h>
#include <wald/models/regression.h>

namespace wald {
namespace {

constexpr double never = -1e300;  // of a linear predictor that is not there

/// The rows of a stratum, and how many of them are cases.
struct Stratum {
  std::vector<std::int64_t> rows;
  std::int64_t cases = 0;

  std::int64_t size() const { return static_cast<std::int64_t>(rows.size()); }
  bool varies() const { return cases > 0 && cases < size(); }
  bool picks_cases() const { return 2 * cases <= size(); }
  std::int64_t picked() const { return picks_cases() ? cases : size() - cases; }
  /// What strata of one batch have in common; lengths within a factor of 2 share a padding.
  auto kind() const {
    return std::tuple(picked(), picks_cases(), std::bit_width(static_cast<std::uint64_t>(size())));
  }
};

StrataBatch batch_of(const std::vector<const Stratum*>& strata) {
  std::int64_t length = 0;
  for (const Stratum* s : strata) length = std::max(length, s->size());
  const auto count = static_cast<std::int64_t>(strata.size());
  std::vector<std::int64_t> row(count * length, 0), padding(count * length, 1), first;
  for (std::int64_t s = 0; s < count; ++s) {
    std::ranges::copy(strata[s]->rows, row.begin() + s * length);
    std::fill_n(padding.begin() + s * length, strata[s]->size(), 0);
    first.push_back(strata[s]->rows.front());
  }
  return {strata.front()->picked(), strata.front()->picks_cases(),
          from_vector(row, {count, length}), from_vector(padding, {count, length}) != 0,
          from_vector(first, {count})};
}

/// The terms [strata] of one batch; eta [n].
Tensor batch_terms(const Tensor& eta, const Tensor& y, const StrataBatch& batch) {
  const Tensor cases = take(y, batch.row), own = take(eta, batch.row);
  // Choosing the cases is leaving out the others, with odds turned round.
  const Tensor picked = batch.of_cases ? own : -own;
  const Tensor of_picked = where(batch.is_padding, 0.0, batch.of_cases ? cases : 1 - cases);
  return sum(of_picked * picked, {1}) -
         log_elementary_symmetric(where(batch.is_padding, never, picked), batch.chosen);
}

/// The terms [n] as a function of eta [n].
Tensor stratum_terms(const Tensor& eta, const Tensor& y, const ConditionalStrata& strata) {
  Tensor terms = zeros_like(eta);
  for (const StrataBatch& batch : strata.batches())
    terms = index_add(terms, 0, batch.first, batch_terms(eta, y, batch));
  return terms;
}

void check_column(const Tensor& column, const char* name, DType dtype,
                  const ConditionalLogitData& data) {
  if (!column.defined() || column.dtype() != dtype)
    throw DTypeError(fmt::format("conditional logit: {} is not {}", name,
                                 dtype == DType::int64 ? "int64" : "float64"));
  if (column.dim() != 1 || column.size(0) != data.n())
    throw ShapeError(fmt::format("conditional logit: {} has the shape {} where [{}] is expected",
                                 name, to_string(Dims(column.shape())), data.n()));
}

ConditionalStrata strata_of(const ConditionalLogitData& data) {
  if (!data.x.defined() || data.x.dim() != 2 || data.x.dtype() != DType::float64)
    throw ShapeError("conditional logit: the covariates are not a matrix of float64");
  if (static_cast<std::int64_t>(data.names.size()) != data.x.size(1))
    throw ShapeError(fmt::format("conditional logit: {} names for {} covariates", data.names.size(),
                                 data.x.size(1)));
  check_column(data.y, "y", DType::float64, data);
  check_column(data.strata, "strata", DType::int64, data);
  if (data.offset.defined()) check_column(data.offset, "offset", DType::float64, data);
  for (const Tensor& numbers : {data.x, data.offset})
    if (numbers.defined() && !all(isfinite(numbers)).item<bool>())
      throw InputError("conditional logit: a covariate or an offset is not finite");
  return {data.y.to_vector(), data.strata.to_vector<std::int64_t>()};
}

/// The covariates less their stratum's mean; of rows whose stratum does not vary, 0.
Tensor centered_covariates(const ConditionalLogitData& data, const ConditionalStrata& strata) {
  const Tensor rows = from_vector(strata.row(), {static_cast<std::int64_t>(strata.row().size())});
  const Tensor centered = centered_within(index_select(data.x, 0, rows), strata.group(), data.names,
                                          "within any stratum whose outcome varies");
  return index_add(zeros(data.x.shape()), 0, rows, centered);
}

/// Whether in each stratum no other row has a larger x'd than a case.
bool rises_along(const Tensor& direction, const ConditionalLogitData& data, const Tensor& x,
                 const ConditionalStrata& strata) {
  const std::vector<double> along = mv(x, direction).to_vector(), y = data.y.to_vector();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::vector<double> lowest_case(strata.used(), infinity), highest_other(strata.used(), -infinity);
  for (std::size_t i = 0; i < strata.row().size(); ++i) {
    const double value = along[strata.row()[i]];
    const std::int64_t s = strata.group()[i];
    if (y[strata.row()[i]] == 1)
      lowest_case[s] = std::min(lowest_case[s], value);
    else
      highest_other[s] = std::max(highest_other[s], value);
  }
  for (std::int64_t s = 0; s < strata.used(); ++s)
    if (lowest_case[s] < highest_other[s] - 1e-6) return false;
  return true;
}

Regression regression_of(const ConditionalLogitData& data, const ConditionalStrata& strata) {
  Regression regression;
  regression.x = centered_covariates(data, strata);
  regression.names = data.names;
  regression.offset = data.offset;
  regression.start.assign(data.names.size(), 0.0);
  regression.terms = [y = data.y, strata](const Tensor& eta, const Tensor&) {
    return stratum_terms(eta, y, strata);
  };
  return regression;
}

}  // namespace

ConditionalStrata::ConditionalStrata(const std::vector<double>& y,
                                     const std::vector<std::int64_t>& strata) {
  std::map<std::int64_t, Stratum> by_number;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y[i] != 0 && y[i] != 1)
      throw InputError(fmt::format(
          "conditional logit, row {}: the outcome must be 0 or 1 (a case), not {}", i + 1, y[i]));
    Stratum& stratum = by_number[strata[i]];
    stratum.rows.push_back(static_cast<std::int64_t>(i));
    stratum.cases += y[i] == 1;
  }
  std::map<decltype(std::declval<Stratum>().kind()), std::vector<const Stratum*>> kinds;
  for (const auto& [number, stratum] : by_number) {
    if (!stratum.varies()) {
      ++dropped_;
      continue;
    }
    kinds[stratum.kind()].push_back(&stratum);
    for (std::int64_t row : stratum.rows) {
      row_.push_back(row);
      group_.push_back(used_);
    }
    ++used_;
  }
  for (const auto& [kind, members] : kinds) batches_.push_back(batch_of(members));
}

Tensor log_elementary_symmetric(const Tensor& eta, std::int64_t chosen) {
  if (chosen < 1 || chosen > eta.size(-1))
    throw ShapeError(fmt::format("log_elementary_symmetric: {} of {} elements cannot be chosen",
                                 chosen, eta.size(-1)));
  if (chosen == 1) return logsumexp(eta, {-1});
  // B(j, r) for r = 0 .. chosen; of the rows before j, more than j cannot be chosen.
  Dims start = eta.shape();
  start.back() = 1;
  const Tensor none = zeros(start, eta.dtype(), eta.device());
  start.back() = chosen;
  Tensor b = cat({none, full(start, never, eta.dtype(), eta.device())}, -1);
  for (std::int64_t j = 0; j < eta.size(-1); ++j) {
    const Tensor with = slice(b, -1, 0, chosen) + slice(eta, -1, j, j + 1);
    b = cat({none, logaddexp(slice(b, -1, 1, chosen + 1), with)}, -1);
  }
  return select(b, -1, chosen);
}

LogLikelihood conditional_log_likelihood(const ConditionalLogitData& data) {
  const DeviceGuard beside(data.y.device());
  return log_likelihood(regression_of(data, strata_of(data)));
}

ConditionalLogitFit fit_conditional_logit(const ConditionalLogitData& data,
                                          const FitOptions& options) {
  const DeviceGuard beside(data.y.device());
  const ConditionalStrata strata = strata_of(data);
  if (strata.used() == 0)
    throw NotIdentifiedError(
        fmt::format("no stratum has both a case and another row, so that {} ha{} no estimate",
                    fmt::join(data.names, ", "), data.names.size() > 1 ? "ve" : "s"));
  const Regression regression = regression_of(data, strata);
  ConditionalLogitFit fit;
  static_cast<Fit&>(fit) = fit_or_divergence(regression, options, [&](const Tensor& direction) {
    return rises_along(direction, data, regression.x, strata);
  });
  fit.contains_null = has_null_model(options, {});
  fit.strata = strata.used();
  fit.dropped_strata = strata.dropped();
  const Tensor rows = from_vector(strata.row(), {static_cast<std::int64_t>(strata.row().size())});
  fit.cases = sum(index_select(data.y, 0, rows)).item();
  fit.loglik_null =
      sum(log_likelihood(regression)(zeros({static_cast<std::int64_t>(data.names.size())}))).item();
  return fit;
}

}  // namespace wald
