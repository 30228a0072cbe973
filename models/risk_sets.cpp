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

std::vector<std::int64_t> taken(const std::vector<std::int64_t>& from,
                                const std::vector<std::int64_t>& places) {
  std::vector<std::int64_t> result;
  result.reserve(places.size());
  for (std::int64_t i : places) result.push_back(from[i]);
  return result;
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
  is_nested_ ? build_scan() : build_tree();
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
}

void RiskSets::build_tree() {
  while (leaves_ < static_cast<std::int64_t>(times_.size())) leaves_ *= 2;
  for (std::int64_t i = 0; i < rows(); ++i) {
    std::int64_t from = first_[i] + leaves_, to = last_[i] + leaves_;
    for (; from < to; from /= 2, to /= 2) {
      if (from % 2 == 1) {
        pair_row_.push_back(i);
        pair_node_.push_back(from++);
      }
      if (to % 2 == 1) {
        pair_row_.push_back(i);
        pair_node_.push_back(--to);
      }
    }
  }
  const std::vector<std::int64_t> order = order_by(pair_node_);
  pair_row_ = taken(pair_row_, order);
  pair_node_ = taken(pair_node_, order);
  pair_rows_ = from_vector(pair_row_, {static_cast<std::int64_t>(order.size())});
  pair_nodes_ = from_vector(pair_node_, {static_cast<std::int64_t>(order.size())});
}

/// For each node the largest eta of its rows and of those of the nodes above it.
std::vector<double> RiskSets::tree_scales(const std::vector<double>& eta) const {
  std::vector<double> scale(static_cast<std::size_t>(2 * leaves_), -infinity);
  for (std::size_t p = 0; p < pair_row_.size(); ++p)
    scale[pair_node_[p]] = std::max(scale[pair_node_[p]], eta[pair_row_[p]]);
  for (std::size_t v = 2; v < scale.size(); ++v) scale[v] = std::max(scale[v], scale[v / 2]);
  return scale;
}

std::vector<double> RiskSets::largest(const std::vector<double>& values) const {
  return sums(from_vector(values, {rows()}), {}).scale.to_vector();
}

RiskSets::Sums RiskSets::sums(const Tensor& eta, const Tensor& weights) const {
  return is_nested_ ? running_sums(eta, weights) : tree_sums(eta, weights);
}

/// The sum so far on the scale of the largest so far; where that changes, the sum falls with it.
RiskSets::Sums RiskSets::running_sums(const Tensor& eta, const Tensor& weights) const {
  const std::vector<double> value = eta.detach().to_vector();
  std::vector<double> scale(scan_row_.size()), fall(scan_row_.size(), 0.0);
  for (std::size_t p = 0; p < scale.size(); ++p) {
    const std::int64_t i = scan_row_[p];
    scale[p] = value[i];
    if (p == 0 || first_[i] != first_[scan_row_[p - 1]]) continue;  // another stratum
    scale[p] = std::max(scale[p - 1], value[i]);
    fall[p] = std::exp(scale[p - 1] - scale[p]);
  }
  const Tensor scale_of_row = from_vector(scale, {rows()});
  Tensor terms = exp(index_select(eta, 0, scan_rows_) - scale_of_row);
  if (weights.defined()) terms = terms * index_select(weights, 0, scan_rows_);
  const Tensor sum = linear_recurrence(terms, from_vector(fall, {rows()}), 0);
  return {index_select(scale_of_row, 0, complete_), index_select(sum, 0, complete_)};
}

RiskSets::Sums RiskSets::tree_sums(const Tensor& eta, const Tensor& weights) const {
  const std::vector<double> scale = tree_scales(eta.detach().to_vector());
  const Tensor scale_of_node = from_vector(scale);
  Tensor terms =
      exp(index_select(eta, 0, pair_rows_) - index_select(scale_of_node, 0, pair_nodes_));
  if (weights.defined()) terms = terms * index_select(weights, 0, pair_rows_);
  const Tensor by_node = segment_sum(terms, pair_nodes_, 2 * leaves_);
  std::vector<double> fall(scale.size(), 0.0);  // from the scale of the node above to one's own
  for (std::size_t v = 2; v < scale.size(); ++v)
    if (scale[v / 2] > -infinity) fall[v] = std::exp(scale[v / 2] - scale[v]);
  const Tensor falls = from_vector(fall);
  Tensor sum = slice(by_node, 0, 1, 2);
  for (std::int64_t width = 2; width <= leaves_; width *= 2) {
    const Tensor above = flatten(expand(unsqueeze(sum, 1), {width / 2, 2}));
    sum = slice(by_node, 0, width, 2 * width) + above * slice(falls, 0, width, 2 * width);
  }
  const auto times = static_cast<std::int64_t>(times_.size());
  return {slice(scale_of_node, 0, leaves_, leaves_ + times), slice(sum, 0, 0, times)};
}

}  // namespace wald
