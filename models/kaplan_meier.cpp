// Sorts the rows once, counts exits and risk sets at each distinct time, then takes running
// products and sums.
#include <wald/engine/error.h>
#include <wald/models/distributions.h>
#include <wald/models/kaplan_meier.h>
#include <wald/models/levels.h>
#include <wald/models/tied_times.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace wald {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Exit {
  double time, weight;
  bool event;
};

struct Entry {
  double time, weight;
};

[[noreturn]] void refuse_row(std::size_t row, const std::string& why) {
  throw InputError(fmt::format("survival data, row {}: {}", row + 1, why));
}

// The rows as the estimators see them: weight 1 and entry 0 where there are none.
double weight_of(const KaplanMeierOptions& options, std::size_t i) {
  return options.weights.empty() ? 1 : options.weights[i];
}

double entry_of(const KaplanMeierOptions& options, std::size_t i) {
  return options.entry.empty() ? 0 : options.entry[i];
}

void check_row(std::size_t i, double time, double event, double entry, double weight) {
  if (!(time >= 0 && std::isfinite(time))) {
    refuse_row(i, fmt::format("the time must be finite and not negative, not {}", time));
  }
  if (event != 0 && event != 1) {
    refuse_row(i, fmt::format("the event must be 0 or 1, not {}", event));
  }
  if (!(weight >= 0 && std::isfinite(weight))) {
    refuse_row(i, fmt::format("the weight must be finite and not negative, not {}", weight));
  }
  if (!(entry >= 0) || (entry > 0 && entry >= time)) {
    refuse_row(i,
               fmt::format("the entry must lie between 0 and the time {}, not at {}", time, entry));
  }
}

void check(std::span<const double> time, std::span<const double> event,
           const KaplanMeierOptions& options) {
  const std::size_t n = time.size();
  const auto fits = [n](std::span<const double> column) {
    return column.empty() || column.size() == n;
  };
  if (event.size() != n || !fits(options.weights) || !fits(options.entry)) {
    throw InputError(fmt::format(
        "survival data: {} times, {} events, {} weights and {} entries differ in number", n,
        event.size(), options.weights.size(), options.entry.size()));
  }
  if (n == 0) throw InputError("survival data: there is no row");
  if (!(options.level > 0 && options.level < 1)) {
    throw InputError(
        fmt::format("the confidence level must lie between 0 and 1, not {}", options.level));
  }
  for (std::size_t i = 0; i < n; ++i) {
    check_row(i, time[i], event[i], entry_of(options, i), weight_of(options, i));
  }
}

// Checked times, of all groups together, with ties within rounding made exact.
struct JoinedTimes {
  std::vector<double> time, entry;

  JoinedTimes(std::span<const double> times, std::span<const double> event,
              const KaplanMeierOptions& options)
      : time(times.begin(), times.end()), entry(options.entry.begin(), options.entry.end()) {
    check(times, event, options);
    join_close_times({&time, &entry});
    check(time, event, within(options));
  }

  KaplanMeierOptions within(KaplanMeierOptions options) const {
    options.entry = entry;
    return options;
  }
};

// Adds the exits to the curve's time, n_event and n_censor.
void count_exits(std::vector<Exit>& exits, KaplanMeier& curve) {
  std::ranges::sort(exits, {}, &Exit::time);
  for (const Exit& exit : exits) {
    if (curve.time.empty() || exit.time > curve.time.back()) {
      curve.time.push_back(exit.time);
      curve.n_event.push_back(0);
      curve.n_censor.push_back(0);
    }
    (exit.event ? curve.n_event : curve.n_censor).back() += exit.weight;
  }
}

// At risk at t: who leaves at t or later, less who comes in at t or later. Summed backwards, so
// that without entries the last risk set is exactly its exits, also for fractional weights.
void count_risk_sets(std::vector<Entry>& entries, KaplanMeier& curve) {
  std::ranges::sort(entries, {}, &Entry::time);
  curve.n_risk.resize(curve.time.size());
  double leaving = 0;
  double entering = 0;
  for (std::size_t i = curve.time.size(); i-- > 0;) {
    leaving = leaving + curve.n_censor[i] + curve.n_event[i];
    for (; !entries.empty() && entries.back().time >= curve.time[i]; entries.pop_back()) {
      entering += entries.back().weight;
    }
    curve.n_risk[i] = leaving - entering;
  }
}

struct Limits {
  double lower, upper;
};

// `reach` is the normal quantile times the standard error of -log S.
Limits confidence_limits(double survival, double reach, ConfidenceScale scale) {
  if (survival == 0) return {kNaN, kNaN};
  switch (scale) {
    case ConfidenceScale::kLog: {
      const double log_survival = std::log(survival);
      return {std::exp(log_survival - reach), std::min(std::exp(log_survival + reach), 1.0)};
    }
    case ConfidenceScale::kLogLog: {
      if (survival == 1) return {kNaN, kNaN};
      const double log_survival = std::log(survival);
      const double centre = std::log(-log_survival);
      return {std::exp(-std::exp(centre - reach / log_survival)),
              std::exp(-std::exp(centre + reach / log_survival))};
    }
    case ConfidenceScale::kPlain:
      return {std::max(survival - reach * survival, 0.0),
              std::min(survival + reach * survival, 1.0)};
  }
  return {kNaN, kNaN};
}

void estimate(ConfidenceScale scale, KaplanMeier& curve) {
  const double z = two_sided_quantile(curve.level);
  double survival = 1, greenwood = 0, cumhaz = 0, cumhaz_variance = 0;
  for (std::size_t i = 0; i < curve.time.size(); ++i) {
    const double at_risk = curve.n_risk[i];
    const double events = curve.n_event[i];
    if (events > 0) {
      // Fractional weights with entries leave rounding where nobody survives.
      const double surviving = at_risk - events > 1e-13 * at_risk ? at_risk - events : 0;
      survival *= surviving / at_risk;
      greenwood += events / (at_risk * surviving);
      cumhaz += events / at_risk;
      cumhaz_variance += events / (at_risk * at_risk);
    }
    const double std_err_cumhaz = std::sqrt(greenwood);
    const Limits limits = confidence_limits(survival, z * std_err_cumhaz, scale);
    curve.survival.push_back(survival);
    curve.std_err_cumhaz.push_back(std_err_cumhaz);
    curve.std_err.push_back(survival * std_err_cumhaz);
    curve.lower.push_back(limits.lower);
    curve.upper.push_back(limits.upper);
    curve.cumhaz.push_back(cumhaz);
    curve.std_err_nelson_aalen.push_back(std::sqrt(cumhaz_variance));
  }
}

KaplanMeier curve_of(std::span<const double> time, std::span<const double> event,
                     const KaplanMeierOptions& options) {
  KaplanMeier curve;
  curve.level = options.level;
  std::vector<Exit> exits;
  exits.reserve(time.size());
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < time.size(); ++i) {
    const double weight = weight_of(options, i);
    if (weight == 0) continue;
    exits.push_back({time[i], weight, event[i] == 1});
    if (entry_of(options, i) > 0) entries.push_back({entry_of(options, i), weight});
  }
  if (exits.empty()) throw InputError("survival data: every row has weight 0");
  curve.n = exits.size();
  count_exits(exits, curve);
  curve.events = std::accumulate(curve.n_event.begin(), curve.n_event.end(), 0.0);
  count_risk_sets(entries, curve);
  estimate(options.scale, curve);
  return curve;
}

// The first time at which `curve` is below `threshold`, or the middle of where it is equal to it;
// equal within the tolerance of R's survfit, since products round.
double crossing(const std::vector<double>& time, const std::vector<double>& curve,
                double threshold) {
  const double tolerance = std::sqrt(std::numeric_limits<double>::epsilon());
  const auto first_below = [&](double bound) {
    return std::ranges::find_if(curve, [bound](double s) { return s < bound; }) - curve.begin();
  };
  const auto size = static_cast<std::ptrdiff_t>(curve.size());
  const auto reached = first_below(threshold + tolerance);
  if (reached == size) return kNaN;
  if (std::abs(curve[reached] - threshold) < tolerance) {
    const auto left = first_below(curve[reached]);
    if (left != size) return (time[reached] + time[left]) / 2;
  }
  return time[reached];
}

std::vector<double> take(std::span<const double> values, const std::vector<std::size_t>& rows) {
  std::vector<double> taken;
  if (values.empty()) return taken;
  for (std::size_t row : rows) taken.push_back(values[row]);
  return taken;
}

}  // namespace

SurvivalQuantile KaplanMeier::quantile(double p) const {
  return {crossing(time, survival, 1 - p), crossing(time, lower, 1 - p),
          crossing(time, upper, 1 - p)};
}

KaplanMeier kaplan_meier(std::span<const double> time, std::span<const double> event,
                         const KaplanMeierOptions& options) {
  const JoinedTimes joined(time, event, options);
  return curve_of(joined.time, event, joined.within(options));
}

std::vector<KaplanMeier> kaplan_meier_by(std::span<const std::string> groups,
                                         std::span<const double> time,
                                         std::span<const double> event,
                                         const KaplanMeierOptions& options) {
  if (groups.size() != time.size()) {
    throw InputError(
        fmt::format("survival data: {} groups for {} times", groups.size(), time.size()));
  }
  const JoinedTimes joined(time, event, options);
  const std::vector<std::string_view> labels(groups.begin(), groups.end());
  const Factor factor = make_factor(labels);
  std::vector<std::vector<std::size_t>> members(factor.levels.size());
  for (std::size_t i = 0; i < groups.size(); ++i) members[factor.codes[i]].push_back(i);
  std::vector<KaplanMeier> curves;
  for (std::size_t g = 0; g < members.size(); ++g) {
    const auto weights = take(options.weights, members[g]);
    const auto entry = take(joined.entry, members[g]);
    KaplanMeierOptions own = options;
    own.weights = weights;
    own.entry = entry;
    curves.push_back(curve_of(take(joined.time, members[g]), take(event, members[g]), own));
    curves.back().label = factor.levels[g];
  }
  return curves;
}

}  // namespace wald
