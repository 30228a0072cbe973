#include "survival_observations.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>

namespace wald {
namespace {

void check_column(const Tensor& column, const char* name, std::int64_t n) {
  if (!column.defined()) return;
  if (column.dtype() != DType::float64)
    throw DTypeError(fmt::format("survival: the column '{}' is not float64", name));
  if (column.dim() != 1 || column.size(0) != n)
    throw ShapeError(fmt::format("survival: '{}' has the shape {} where [{}] is expected", name,
                                 to_string(Dims(column.shape())), n));
}

/// Throws if the condition fails in a row, naming the first one and what is there.
void require(const Tensor& holds, const Tensor& values, const char* what) {
  if (all(holds).item<bool>()) return;
  const std::int64_t row = argmin(to(holds, DType::float64)).item<std::int64_t>();
  throw InputError(fmt::format("row {}: {}, not {}", row + 1, what, select(values, 0, row).item()));
}

void check_columns(const SurvivalData& d) {
  if (!d.x.defined() || d.x.dim() != 2 || !d.time.defined())
    throw ShapeError("survival: a design matrix and times are needed");
  if (d.x.dtype() != DType::float64) throw DTypeError("survival: the design is not float64");
  if (d.x.size(1) != static_cast<std::int64_t>(d.names.size()))
    throw ShapeError(fmt::format("survival: {} names for {} columns", d.names.size(), d.x.size(1)));
  const std::int64_t n = d.x.size(0);
  if (n == 0) throw InputError("survival: there are no rows");
  if (d.event.defined() == d.time2.defined())
    throw InputError("survival: either 'event' or 'time2' is needed");
  for (const auto& [column, name] : {std::pair(&d.time, "time"), std::pair(&d.event, "event"),
                                     std::pair(&d.entry, "entry"), std::pair(&d.weights, "weights"),
                                     std::pair(&d.time2, "time2"), std::pair(&d.offset, "offset")})
    check_column(*column, name, n);
}

/// A time, or NaN for one that says nothing.
Tensor lower_end(const SurvivalData& d) { return where(d.time > 0, d.time, NAN); }
Tensor upper_end(const SurvivalData& d) { return where(isfinite(d.time2), d.time2, NAN); }

void check_intervals(const SurvivalData& d) {
  require(logical_or(isnan(d.time), logical_and(d.time >= 0, isfinite(d.time))), d.time,
          "an interval must begin at a time that is not negative");
  require(logical_or(isnan(d.time2), d.time2 > 0), d.time2,
          "the end of an interval must be positive");
  const Tensor lower = lower_end(d), upper = upper_end(d);
  require(logical_not(logical_and(isnan(d.time), isnan(upper))), d.time2,
          "an interval needs a beginning or an end");
  require(logical_or(isnan(lower), logical_or(isnan(upper), lower <= upper)), d.time2,
          "an interval must not end before it begins");
  if (!d.entry.defined()) return;
  require(logical_and(d.entry >= 0, isfinite(d.entry)), d.entry, "an entry must be at least 0");
  require(logical_and(logical_or(isnan(lower), d.entry <= lower),
                      logical_or(isnan(upper), d.entry < upper)),
          d.entry, "an entry must be before the interval, or where that begins");
}

void check_times(const SurvivalData& d) {
  require(logical_and(d.time > 0, isfinite(d.time)), d.time, "a time must be positive and finite");
  require(logical_or(d.event == 0, d.event == 1), d.event,
          "an event must be 0 (censored) or 1 (seen)");
  if (d.entry.defined())
    require(logical_and(d.entry >= 0, d.entry < d.time), d.entry,
            "an entry must be at least 0 and before the time");
}

}  // namespace

void check(const SurvivalData& data) {
  check_columns(data);
  data.time2.defined() ? check_intervals(data) : check_times(data);
  if (data.weights.defined())
    require(logical_and(data.weights >= 0, isfinite(data.weights)), data.weights,
            "a weight must be finite and not negative");
  if (data.offset.defined())
    require(isfinite(data.offset), data.offset, "an offset must be finite");
  for (std::int64_t j = 0; j < data.x.size(1); ++j)
    require(isfinite(select(data.x, 1, j)), select(data.x, 1, j),
            fmt::format("{} must be finite", data.names[static_cast<std::size_t>(j)]).c_str());
}

SurvivalObservations::SurvivalObservations(const SurvivalData& data, bool with_logs) {
  if (!data.time2.defined()) {
    survived = Spells(data.entry, data.time, with_logs);
    seen = happened = data.event;
    middle = data.time;
    return;
  }
  const Tensor lower = lower_end(data), upper = upper_end(data);
  const Tensor first = data.entry.defined() ? data.entry : zeros({data.n()});
  const Tensor last = where(isnan(lower), first, lower);  // without the event
  seen = to(last == upper, DType::float64);
  in_window = last < upper;  // false where there is no end
  happened = to(logical_not(isnan(upper)), DType::float64);
  middle = where(isnan(upper), last, (last + where(isnan(upper), last, upper)) * 0.5);
  survived = Spells(data.entry, last, with_logs);
  window = Spells(last, where(in_window, upper, last), with_logs);
}

}  // namespace wald
