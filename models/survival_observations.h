// What was observed of survival times: data as given, checked, and in the one form in which every
// kind of censoring and truncation is a term of a likelihood. Knows no distribution.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/models/survival_distributions.h>

namespace wald {

/// What was observed of n subjects (or spells): all float64. Times are in any one unit, hazards per
/// that unit.
struct SurvivalData {
  Tensor x;                        ///< Design matrix [n, k], with its column of ones if wanted.
  std::vector<std::string> names;  ///< Of its columns.
  Tensor time;                     ///< End of observation [n], > 0.
  Tensor event;                    ///< 1 if the event was seen at `time`, 0 if censored there [n].
  Tensor entry;                    ///< Begin of observation [n], 0 <= entry < time; undefined: 0.
  Tensor weights;                  ///< Multiplies each term [n], >= 0; undefined: 1.
  /// In place of `event`, as R's Surv(time, time2, type = "interval2"): the event was in (time,
  /// time2], or at `time` where both are equal; NaN or 0 in `time`: by time2 (left censored); NaN
  /// or infinite in `time2`: after `time` (right censored).
  Tensor time2;
  Tensor offset;  ///< Added to the linear predictor [n]; undefined: 0.

  std::int64_t n() const { return time.numel(); }
};

/// Throws InputError naming the first row (from 1) with a time that is not positive and finite, an
/// event other than 0 or 1, an entry not in [0, time), an interval that ends before it begins, a
/// negative weight or a covariate or offset that is not finite; ShapeError, DTypeError for tensors
/// that do not fit together.
void check(const SurvivalData& data);

/// The rows as spells that the subject has survived, and what came at their ends: the event, an
/// interval in which it must have been, or nothing.
struct SurvivalObservations {
  /// Of checked data. `with_logs`: of the times, for distributions that need them.
  SurvivalObservations(const SurvivalData& data, bool with_logs);

  Spells survived;   ///< From entry to the last time without the event.
  Tensor seen;       ///< 1 where the event was seen at the end of that, else 0 [n].
  Spells window;     ///< Where the event was: empty where not in an interval.
  Tensor in_window;  ///< Whether it was in an interval [n]; undefined: nowhere.
  Tensor happened;   ///< 1 where the event was seen or in an interval [n].
  Tensor middle;     ///< The time seen or censored, the middle of an interval [n].
};

}  // namespace wald
