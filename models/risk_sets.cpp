#include "risk_sets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/tied_times.h>

namespace wald {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double weight_of(const FollowUp& data, std::size_t i) {
  return data.weights.empty() ? 1 : data.weights[i];
}
double entry_of(const FollowUp& data, std::size_t i) {
  return data.entry.empty() ? -infinity : data.entry[i];
}
std::int64_t stratum_of(const FollowUp& data, std::size_t i) {
  return data.strata.empty() ? 0 : data.strata[i];
}

void check_row(const FollowUp& data, std::size_t i) {
  const auto refuse = [i](const std::string& why) {
    throw InputError(fmt::format("survival data, row {}: {}", i + 1, why));
  };
  if (!std::isfinite(data.time[i]))
    refuse(fmt::format("the time must be finite, not {}", data.time[i]));
  if (data.event[i] != 0 && data.event[i] != 1)
    refuse(fmt::format("the event must be 0 or 1, not {}", data.event[i]));
  if (!(weight_of(data, i) >= 0 && std::isfinite(weight_of(data, i))))
    refuse(fmt::format("the weight must be finite and not negative, not {}", weight_of(data, i)));
  if (!(entry_of(data, i) < data.time[i]))
    refuse(fmt::format("the entry must be before the time {}, not at {}", data.time[i],
                       entry_of(data, i)));
}

/// The place of the first event time of a stratum that is later than `time`.
std::int64_t first_after(const std::vector<EventTime>& times, std::int64_t stratum, double time) {
  const auto later =
      std::ranges::upper_bound(times, std::pair(stratum, time), {},
                               [](const EventTime& t) { return std::pair(t.stratum, t.time); });
  return later - times.begin();
}

/// The places 0 ... in the order of the keys, equal ones as they stand.
std::vector<std::int64_t> order_by(const std::vector<std::int64_t>& keys) {
  std::vector<std::int64_t> order(keys.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](std::int64_t i) { return keys[i]; });
  return order;
}

}  // namespace

RiskSets::RiskSets(FollowUp data) {
  for (std::size_t i = 0; i < data.time.size(); ++i) check_row(data, i);
  join_close_times({&data.time, &data.entry});
  for (std::size_t i = 0; i < data.time.size(); ++i) check_row(data, i);
  find_times(data);
  find_rows(data);
  find_groups();
  find_events(data);
  is_nested_ = data.entry.empty();
  if (is_nested_)
    build_scan();
  else
    tree_.emplace(first_, last_, static_cast<std::int64_t>(times_.size()));
}

void RiskSets::find_times(const FollowUp& data) {
  for (std::size_t i = 0; i < data.time.size(); ++i)
    if (data.event[i] == 1 && weight_of(data, i) > 0)
      times_.push_back({stratum_of(data, i), data.time[i], 0});
  std::ranges::sort(times_, {}, [](const EventTime& t) { return std::pair(t.stratum, t.time); });
  times_.erase(std::unique(times_.begin(), times_.end()), times_.end());
}

void RiskSets::find_rows(const FollowUp& data) {
  for (std::size_t i = 0; i < data.time.size(); ++i) {
    if (weight_of(data, i) == 0) continue;
    const std::int64_t stratum = stratum_of(data, i);
    const std::int64_t first = first_after(times_, stratum, entry_of(data, i));
    const std::int64_t last = first_after(times_, stratum, data.time[i]);
    if (first == last) continue;
    row_.push_back(static_cast<std::int64_t>(i));
    first_.push_back(first);
    last_.push_back(last);
  }
}

/// A gap that no row's range bridges, as between strata, begins another group.
void RiskSets::find_groups() {
  group_.resize(row_.size());
  std::int64_t group = -1, reach = 0;
  for (std::int64_t i : order_by(first_)) {
    if (group < 0 || first_[i] >= reach) ++group;
    reach = std::max(reach, last_[i]);
    group_[i] = group;
  }
}

void RiskSets::find_events(const FollowUp& data) {
  std::vector<std::int64_t> rows;
  for (std::int64_t i = 0; i < this->rows(); ++i)
    if (data.event[row_[i]] == 1) rows.push_back(i);
  const auto time_of = [&](std::int64_t i) { return last_[i] - 1; };
  std::ranges::stable_sort(rows, {}, time_of);
  std::vector<std::int64_t> times;
  std::vector<double> fraction, tied;
  for (std::int64_t i : rows) {
    times.push_back(time_of(i));
    fraction.push_back(static_cast<double>(times_[time_of(i)].deaths++));
  }
  for (std::size_t e = 0; e < rows.size(); ++e) {
    tied.push_back(static_cast<double>(times_[times[e]].deaths));
    fraction[e] /= tied[e];
  }
  const auto events = static_cast<std::int64_t>(rows.size());
  event_row_ = from_vector(rows, {events});
  event_time_ = from_vector(times, {events});
  tie_fraction_ = from_vector(fraction, {events});
  tied_ = from_vector(tied, {events});
}

void RiskSets::build_scan() {
  scan_row_.resize(row_.size());
  std::iota(scan_row_.begin(), scan_row_.end(), 0);
  std::ranges::stable_sort(scan_row_, {},
                           [&](std::int64_t i) { return std::pair(first_[i], -last_[i]); });
  // At risk at a time are the rows of the stratum up to the last one that is not gone by then.
  std::vector<std::int64_t> complete(times_.size());
  for (std::int64_t p = 0; p < rows(); ++p) {
    const std::int64_t i = scan_row_[p];
    const bool is_last = p + 1 == rows() || first_[scan_row_[p + 1]] != first_[i];
    for (std::int64_t time = is_last ? first_[i] : last_[scan_row_[p + 1]]; time < last_[i]; ++time)
      complete[time] = p;
  }
  scan_rows_ = from_vector(scan_row_, {rows()});
  complete_ = from_vector(complete, {static_cast<std::int64_t>(complete.size())});
  std::vector<double> carry;
  for (std::size_t p = 0; p < scan_row_.size(); ++p) carry.push_back(begins_stratum(p) ? 0 : 1);
  carry_ = from_vector(carry, {rows()});
}

bool RiskSets::begins_stratum(std::size_t place) const {
  return place == 0 || first_[scan_row_[place]] != first_[scan_row_[place - 1]];
}

std::vector<double> RiskSets::largest(const std::vector<double>& values) const {
  if (!is_nested_) return tree_->largest(values);
  const std::vector<double> running = running_largest(values);
  std::vector<double> of_times;
  for (std::int64_t place : complete_.to_vector<std::int64_t>()) of_times.push_back(running[place]);
  return of_times;
}

/// Of the rows of scan_row_, the largest value so far in their stratum.
std::vector<double> RiskSets::running_largest(const std::vector<double>& value) const {
  std::vector<double> largest(scan_row_.size());
  for (std::size_t p = 0; p < largest.size(); ++p) {
    largest[p] = value[scan_row_[p]];
    if (!begins_stratum(p)) largest[p] = std::max(largest[p - 1], largest[p]);
  }
  return largest;
}

RiskSets::Sums RiskSets::sums(const Tensor& eta, const Tensor& weights) const {
  return is_nested_ ? running_sums(eta, weights) : tree_->sums(eta, weights);
}

/// The sum so far on the scale of the largest so far; where that changes, the sum falls with it. On
/// another device than the processor one scale is for all where that will do, and nothing but its
/// two ends is read.
RiskSets::Sums RiskSets::running_sums(const Tensor& eta, const Tensor& weights) const {
  const auto one_scale = eta.device() == Device() ? std::nullopt : common_scale(eta.detach());
  Tensor scale_of_row, fall = carry_;
  if (one_scale) {
    scale_of_row = full({rows()}, *one_scale, DType::float64, eta.device());
  } else {
    const std::vector<double> scale = running_largest(eta.detach().to_vector());
    std::vector<double> falls(scale.size(), 0.0);
    for (std::size_t p = 0; p < scale.size(); ++p)
      if (!begins_stratum(p)) falls[p] = std::exp(scale[p - 1] - scale[p]);
    scale_of_row = from_vector(scale, {rows()});
    fall = from_vector(falls, {rows()});
  }
  Tensor terms = exp(index_select(eta, 0, scan_rows_) - scale_of_row);
  if (weights.defined()) terms = terms * index_select(weights, 0, scan_rows_);
  const Tensor sum = linear_recurrence(terms, fall, 0);
  return {index_select(scale_of_row, 0, complete_), index_select(sum, 0, complete_)};
}

}  // namespace wald
