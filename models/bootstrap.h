// The bootstrap: estimates of data drawn anew, from the rows or from the fitted model, and the
// intervals that follow. Knows no model: the caller gives what draws and fits.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <wald/engine/random.h>
#include <wald/engine/tensor.h>
#include <wald/models/inference.h>

namespace wald {

/// Fits the data that consist of these rows, int64 [n] on default_device(), of which some stand
/// there several times.
using FitOfRows = std::function<Fit(const Tensor& rows)>;
/// Draws data from the fitted model and fits them.
using FitOfDraw = std::function<Fit(Generator& random)>;

struct BootstrapOptions {
  std::int64_t replicates = 999;
  std::uint64_t seed = 0;
  /// Case bootstrap: also fits n times without one row, for the acceleration of BCa intervals.
  bool jackknife = false;
};

/// The estimates of the replicates that could be fitted.
struct Bootstrap {
  std::vector<std::string> names;               ///< Of the k parameters.
  std::vector<double> estimate;                 ///< Of the data themselves [k].
  std::vector<double> replicates;               ///< [b, k], in the order in which they were drawn.
  std::int64_t failures = 0;                    ///< Replicates that could not be fitted.
  std::map<std::string, std::int64_t> reasons;  ///< How many of them for which reason.
  std::vector<double> acceleration;             ///< [k], from the jackknife; empty without.

  std::int64_t count() const;  ///< b
  double mean(std::size_t i) const;
  double std_error(std::size_t i) const;  ///< Standard deviation of the replicates.
  std::vector<double> vcov() const;       ///< Their covariance [k, k].
};

/// Draws n rows with replacement, fits them, many times: for data whose rows are independent. Each
/// replicate has random numbers of its own, so that the result has the same bits for any number of
/// threads. `refit` is called from several threads at once; what it throws as wald::Error, a fit
/// that failed, and estimates that are not finite count as failures.
/// Throws InputError for less than 2 replicates or rows, or refits with other parameters than those
/// of `fit`; NumericalError if less than 2 replicates, or one of the jackknife, cannot be fitted.
Bootstrap bootstrap_cases(const FitOfRows& refit, const Fit& fit, std::int64_t n,
                          const BootstrapOptions& options = {});

/// The same with data drawn by the caller, from the model at `fit`.
Bootstrap bootstrap_parametric(const FitOfDraw& refit, const Fit& fit,
                               const BootstrapOptions& options = {});

enum class BootstrapInterval {
  percentile,  ///< Quantiles of the replicates.
  basic,       ///< The same, reflected at the estimate: 2 estimate - quantile.
  bca          ///< Bias-corrected and accelerated: Efron (1987), JASA 82, 171-185.
};
/// As in "percentile".
const char* name_of(BootstrapInterval kind);
/// Throws InputError that lists the names.
BootstrapInterval bootstrap_interval_named(std::string_view name);

struct IntervalRow {
  std::string name;
  double estimate, lower, upper;
};

/// Intervals of all parameters. Quantiles between two replicates are interpolated on the scale of
/// the normal distribution (Davison and Hinkley 1997, equation 5.8), as R's package boot does.
/// Throws InputError for a level not between 0 and 1, or BCa without acceleration; NumericalError
/// if the replicates are too few for the level, or all on one side of the estimate (BCa).
std::vector<IntervalRow> bootstrap_intervals(const Bootstrap& bootstrap, BootstrapInterval kind,
                                             double level = 0.95);

}  // namespace wald
