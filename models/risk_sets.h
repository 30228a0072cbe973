// The risk sets of survival data: which rows are at risk at each time of an event, and sums over
// them as expressions that the engine differentiates. Knows times, no covariates and no model.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/models/range_tree.h>

namespace wald {

/// What decides who is at risk: n rows each, or empty where there is no such column.
struct FollowUp {
  std::vector<double> time;            ///< End of observation.
  std::vector<double> event;           ///< 1 where the event was seen at the end, else 0.
  std::vector<double> entry{};         ///< Begin of observation, not included; empty: before all.
  std::vector<double> weights{};       ///< A row of weight 0 is never at risk; empty: 1.
  std::vector<std::int64_t> strata{};  ///< Only rows of one stratum are at risk together.
};

/// A time at which rows of a stratum had the event.
struct EventTime {
  std::int64_t stratum;
  double time;
  std::int64_t deaths;  ///< Rows with the event.

  friend bool operator==(const EventTime&, const EventTime&) = default;
};

/// At a time t are at risk the rows of its stratum with entry < t <= time. Times tie within
/// rounding (join_close_times). Only rows that are at risk at some event are kept, numbered anew in
/// their order, as are the times, by stratum and time.
///
/// Without entries risk sets are nested, and sums over them are one running sum. Else a row is at
/// risk at a range of times, and sums are made by a tree (range_tree.h). Nothing is ever
/// subtracted, so that no row that has left, or has not entered yet, takes digits from those at
/// risk.
class RiskSets {
 public:
  /// Throws InputError naming the row (counted from 1) for a value that is not finite, an event
  /// other than 0 or 1, a negative weight, or an entry not before its time.
  explicit RiskSets(FollowUp data);

  std::int64_t rows() const { return static_cast<std::int64_t>(row_.size()); }
  /// Of the kept rows, their places in the data.
  const std::vector<std::int64_t>& row() const { return row_; }
  /// Of the kept rows, a number 0, 1 ... that is the same for rows connected by being at risk
  /// together, directly or through others: the likelihood compares rows within groups alone.
  const std::vector<std::int64_t>& group() const { return group_; }
  const std::vector<EventTime>& times() const { return times_; }

  /// The events, by stratum and time: the kept row of each, and its time. [events], int64.
  const Tensor& event_row() const { return event_row_; }
  const Tensor& event_time() const { return event_time_; }
  /// Of the m events of one time, 0, 1/m ... (m-1)/m, and m. [events]
  const Tensor& tie_fraction() const { return tie_fraction_; }
  const Tensor& tied() const { return tied_; }
  bool has_ties() const { return event_row_.numel() > static_cast<std::int64_t>(times_.size()); }

  /// exp(scale) * sum = sum of weight exp(eta) over the risk set. The scale is a constant of the
  /// derivatives. Both [times].
  using Sums = RangeTree::Sums;
  /// eta [rows]; weights [rows], undefined: 1.
  Sums sums(const Tensor& eta, const Tensor& weights) const;

  /// The largest of a value of each row over each risk set. [times]
  std::vector<double> largest(const std::vector<double>& values) const;

  /// The rows at risk at times i with first[row] <= i < last[row].
  const std::vector<std::int64_t>& first() const { return first_; }
  const std::vector<std::int64_t>& last() const { return last_; }

 private:
  void find_times(const FollowUp& data);
  void find_rows(const FollowUp& data);
  void find_groups();
  void find_events(const FollowUp& data);
  void build_scan();
  bool begins_stratum(std::size_t place) const;
  std::vector<double> running_largest(const std::vector<double>& value) const;
  Sums running_sums(const Tensor& eta, const Tensor& weights) const;

  std::vector<EventTime> times_;
  std::vector<std::int64_t> row_, group_, first_, last_;
  Tensor event_row_, event_time_, tie_fraction_, tied_;
  bool is_nested_;  // each row is at risk from the first time of its stratum on
  // Rows by stratum and from the last to leave to the first; where the sum at each time is
  // complete.
  std::vector<std::int64_t> scan_row_;
  Tensor scan_rows_, complete_;
  Tensor carry_;                   // 0 where a stratum begins among scan_row_, else 1
  std::optional<RangeTree> tree_;  // where they are not nested
};

}  // namespace wald
