// The Kaplan-Meier and Nelson-Aalen estimators with their standard errors and confidence limits.
// Knows spans of numbers only: no table, no tensor, no plot.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace wald {

/// The scale on which the confidence limits of S are symmetric: log S (R's default), log(-log S),
/// or S itself. Limits are cut to [0, 1].
enum class ConfidenceScale { kLog, kLogLog, kPlain };

struct KaplanMeierOptions {
  double level = 0.95;  ///< of the pointwise confidence limits, in (0, 1)
  ConfidenceScale scale = ConfidenceScale::kLog;
  std::span<const double> weights = {};  ///< case weights >= 0, or empty
  std::span<const double> entry = {};    ///< times of entry < time, or empty for 0
};

/// A quantile of the survival time; NaN where the curve does not reach it.
struct SurvivalQuantile {
  double estimate, lower, upper;
};

/// A survival curve: all vectors have one element per distinct time of exit, in increasing order,
/// and the curve is constant from each time to the next.
///
/// Where S has fallen to 0, std_err_cumhaz is infinite and std_err and the limits are NaN, as in R;
/// so are the log-log limits where S is still 1.
struct KaplanMeier {
  std::string label;  ///< the group, or empty
  std::size_t n = 0;  ///< rows used: those of positive weight
  double events = 0;  ///< total weight of the events
  double level = 0.95;

  std::vector<double> time;
  std::vector<double> n_risk;          ///< weight at risk just before the time
  std::vector<double> n_event;         ///< weight of the events at the time
  std::vector<double> n_censor;        ///< weight of those censored at the time, after the events
  std::vector<double> survival;        ///< Kaplan-Meier estimate of S(t), t = time included
  std::vector<double> std_err;         ///< of S: S times the next
  std::vector<double> std_err_cumhaz;  ///< of -log S, Greenwood: survfit's `std.err`
  std::vector<double> lower, upper;    ///< confidence limits of S
  std::vector<double> cumhaz;          ///< Nelson-Aalen estimate of the cumulative hazard
  std::vector<double> std_err_nelson_aalen;

  /// The time by which a fraction `p` in (0, 1) has had the event, with the limits that R's
  /// quantile(survfit()) gives: where the limits of S cross 1 - p. A curve flat at 1 - p gives the
  /// middle of the flat part.
  SurvivalQuantile quantile(double p) const;
  SurvivalQuantile median() const { return quantile(0.5); }
};

/// The survival curve of rows with `time` >= 0 and `event` 1 (seen) or 0 (censored). Times tie
/// within rounding (join_close_times), as in R's survfit. With fractional weights the variance is
/// Greenwood's, as for counts.
///
/// Throws InputError naming the row (counted from 1) for lengths that differ, no row, an event
/// other than 0 or 1, a time or entry that is negative or not finite, an entry not before its time,
/// a negative weight, or a level outside (0, 1).
///
/// Kaplan & Meier (1958), JASA 53, 457-481; Aalen (1978), Ann. Statist. 6, 701-726.
KaplanMeier kaplan_meier(std::span<const double> time, std::span<const double> event,
                         const KaplanMeierOptions& options = {});

/// One curve for each distinct element of `groups`, in the sort order of make_factor(), labelled
/// with it. Throws as above.
std::vector<KaplanMeier> kaplan_meier_by(std::span<const std::string> groups,
                                         std::span<const double> time,
                                         std::span<const double> event,
                                         const KaplanMeierOptions& options = {});

}  // namespace wald
