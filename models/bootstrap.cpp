#include "bootstrap.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <numeric>

#include <wald/engine/error.h>
#include <wald/kernels/cpu/parallel.h>
#include <wald/models/distributions.h>

namespace wald {
namespace {

/// What came of one refit: the estimates, or why there are none.
struct Outcome {
  std::vector<double> estimate;
  std::string reason;
  std::exception_ptr error;  // that is no failure of the data
};

Outcome outcome_of(const std::function<Fit()>& refit, const Fit& fit) {
  try {
    const Fit again = refit();
    if (again.names != fit.names)
      return {{},
              {},
              std::make_exception_ptr(InputError(
                  fmt::format("bootstrap: a refit has the parameters {}, not {}",
                              fmt::join(again.names, ", "), fmt::join(fit.names, ", "))))};
    if (again.status == FitStatus::failed)
      return {{}, again.message.empty() ? "the fit did not converge" : again.message, {}};
    for (double b : again.estimate)
      if (!std::isfinite(b)) return {{}, "an estimate is not finite", {}};
    return {again.estimate, {}, {}};
  } catch (const Error& error) {
    return {{}, error.what(), {}};
  } catch (...) {
    return {{}, {}, std::current_exception()};
  }
}

/// All refits, on the threads that there are; the outcomes stand in the order of the tasks.
std::vector<Outcome> outcomes(std::int64_t tasks,
                              const std::function<Fit(std::int64_t task)>& refit, const Fit& fit) {
  std::vector<Outcome> all(static_cast<std::size_t>(tasks));
  const Device device = default_device();
  kernels::parallel_for(tasks, [&](std::int64_t task) {
    const DeviceGuard same(device);
    all[static_cast<std::size_t>(task)] = outcome_of([&] { return refit(task); }, fit);
  });
  for (const Outcome& outcome : all)
    if (outcome.error) std::rethrow_exception(outcome.error);
  return all;
}

Bootstrap bootstrapped(const std::function<Fit(Generator&)>& refit, const Fit& fit,
                       const BootstrapOptions& options) {
  if (options.replicates < 2)
    throw InputError(fmt::format("bootstrap: {} replicates, not at least 2", options.replicates));
  // Each replicate has a part of the stream that none uses up.
  const auto drawn = outcomes(
      options.replicates,
      [&](std::int64_t replicate) {
        Generator random;
        random.set_state({options.seed, static_cast<std::uint64_t>(replicate) << 40});
        return refit(random);
      },
      fit);
  Bootstrap result;
  result.names = fit.names;
  result.estimate = fit.estimate;
  for (const Outcome& outcome : drawn) {
    result.replicates.insert(result.replicates.end(), outcome.estimate.begin(),
                             outcome.estimate.end());
    if (!outcome.estimate.empty()) continue;
    ++result.failures;
    ++result.reasons[outcome.reason];
  }
  if (result.count() < 2)
    throw NumericalError(fmt::format("bootstrap: {} of {} replicates could not be fitted: {}",
                                     result.failures, options.replicates,
                                     result.reasons.begin()->first));
  return result;
}

/// sum d^3 / (6 (sum d^2)^(3/2)), with d the mean less the estimate without a row.
std::vector<double> acceleration(const FitOfRows& refit, const Fit& fit, std::int64_t n) {
  const auto left_out = outcomes(
      n,
      [&](std::int64_t out) {
        std::vector<std::int64_t> rows(static_cast<std::size_t>(n));
        std::iota(rows.begin(), rows.end(), 0);
        rows.erase(rows.begin() + out);
        return refit(from_vector(rows));
      },
      fit);
  for (std::size_t row = 0; row < left_out.size(); ++row)
    if (left_out[row].estimate.empty())
      throw NumericalError(fmt::format("bootstrap: the data without row {} cannot be fitted: {}",
                                       row + 1, left_out[row].reason));
  std::vector<double> values;
  for (std::size_t i = 0; i < fit.names.size(); ++i) {
    double center = 0, squares = 0, cubes = 0;
    for (const Outcome& o : left_out) center += o.estimate[i] / static_cast<double>(n);
    for (const Outcome& o : left_out) {
      const double d = center - o.estimate[i];
      squares += d * d;
      cubes += d * d * d;
    }
    values.push_back(squares > 0 ? cubes / (6 * std::pow(squares, 1.5)) : 0);
  }
  return values;
}

/// The replicates of parameter i, in order.
std::vector<double> sorted(const Bootstrap& bootstrap, std::size_t i) {
  std::vector<double> values;
  for (std::size_t at = i; at < bootstrap.replicates.size(); at += bootstrap.names.size())
    values.push_back(bootstrap.replicates[at]);
  std::sort(values.begin(), values.end());
  return values;
}

/// The (b + 1) p-th of b values in order.
double quantile(const std::vector<double>& values, double p) {
  const double b = static_cast<double>(values.size());
  double rank = (b + 1) * p;
  if (std::abs(rank - std::round(rank)) < 1e-9 * (b + 1)) rank = std::round(rank);
  if (!(rank >= 1 && rank <= b))
    throw NumericalError(fmt::format(
        "bootstrap: {} replicates are too few for the quantile at {:.3g}", values.size(), p));
  const double below = std::floor(rank);
  const double low = values[static_cast<std::size_t>(below) - 1];
  if (rank == below) return low;
  const double high = values[static_cast<std::size_t>(below)];
  const double z = normal_quantile(p), z0 = normal_quantile(below / (b + 1)),
               z1 = normal_quantile((below + 1) / (b + 1));
  return low + (z - z0) / (z1 - z0) * (high - low);
}

/// Where BCa takes its quantile in place of p.
double bca_probability(double p, double bias, double acceleration) {
  const double z = bias + normal_quantile(p);
  return normal_cdf(bias + z / (1 - acceleration * z));
}

IntervalRow bca_row(const Bootstrap& bootstrap, std::size_t i, double tail) {
  const std::vector<double> values = sorted(bootstrap, i);
  const double estimate = bootstrap.estimate[i];
  const auto below = std::lower_bound(values.begin(), values.end(), estimate) - values.begin();
  const double bias =
      normal_quantile(static_cast<double>(below) / static_cast<double>(values.size()));
  if (std::isinf(bias))
    throw NumericalError(fmt::format(
        "bootstrap: all replicates of {} are on one side of the estimate: there is no BCa interval",
        bootstrap.names[i]));
  const double a = bootstrap.acceleration[i];
  return {bootstrap.names[i], estimate, quantile(values, bca_probability(tail, bias, a)),
          quantile(values, bca_probability(1 - tail, bias, a))};
}

}  // namespace

std::int64_t Bootstrap::count() const {
  return static_cast<std::int64_t>(replicates.size() / names.size());
}

double Bootstrap::mean(std::size_t i) const {
  double total = 0;
  for (std::size_t at = i; at < replicates.size(); at += names.size()) total += replicates[at];
  return total / static_cast<double>(count());
}

double Bootstrap::std_error(std::size_t i) const { return std::sqrt(vcov()[i * names.size() + i]); }

std::vector<double> Bootstrap::vcov() const {
  const std::size_t k = names.size();
  std::vector<double> center(k), matrix(k * k, 0.0);
  for (std::size_t i = 0; i < k; ++i) center[i] = mean(i);
  for (std::size_t row = 0; row < replicates.size(); row += k)
    for (std::size_t i = 0; i < k; ++i)
      for (std::size_t j = 0; j < k; ++j)
        matrix[i * k + j] += (replicates[row + i] - center[i]) * (replicates[row + j] - center[j]);
  for (double& v : matrix) v /= static_cast<double>(count() - 1);
  return matrix;
}

Bootstrap bootstrap_cases(const FitOfRows& refit, const Fit& fit, std::int64_t n,
                          const BootstrapOptions& options) {
  if (n < 2) throw InputError(fmt::format("bootstrap: {} rows, not at least 2", n));
  Bootstrap result = bootstrapped(
      [&](Generator& random) { return refit(randint(n, {n}, {.generator = &random})); }, fit,
      options);
  if (options.jackknife) result.acceleration = acceleration(refit, fit, n);
  return result;
}

Bootstrap bootstrap_parametric(const FitOfDraw& refit, const Fit& fit,
                               const BootstrapOptions& options) {
  if (options.jackknife)
    throw InputError("bootstrap: a jackknife leaves out rows, of which this bootstrap has none");
  return bootstrapped(refit, fit, options);
}

const char* name_of(BootstrapInterval kind) {
  switch (kind) {
    case BootstrapInterval::percentile:
      return "percentile";
    case BootstrapInterval::basic:
      return "basic";
    case BootstrapInterval::bca:
      break;
  }
  return "bca";
}

BootstrapInterval bootstrap_interval_named(std::string_view name) {
  for (auto kind :
       {BootstrapInterval::percentile, BootstrapInterval::basic, BootstrapInterval::bca})
    if (name == name_of(kind)) return kind;
  throw InputError(
      fmt::format("there is no bootstrap interval '{}': there are percentile, basic, bca", name));
}

std::vector<IntervalRow> bootstrap_intervals(const Bootstrap& bootstrap, BootstrapInterval kind,
                                             double level) {
  if (!(level > 0 && level < 1))
    throw InputError(fmt::format("bootstrap: the level is {}, not between 0 and 1", level));
  if (kind == BootstrapInterval::bca && bootstrap.acceleration.size() != bootstrap.names.size())
    throw InputError("bootstrap: BCa intervals need the jackknife of a case bootstrap");
  const double tail = (1 - level) / 2;
  std::vector<IntervalRow> rows;
  for (std::size_t i = 0; i < bootstrap.names.size(); ++i) {
    if (kind == BootstrapInterval::bca) {
      rows.push_back(bca_row(bootstrap, i, tail));
      continue;
    }
    const std::vector<double> values = sorted(bootstrap, i);
    const double low = quantile(values, tail), high = quantile(values, 1 - tail),
                 b = bootstrap.estimate[i];
    if (kind == BootstrapInterval::percentile)
      rows.push_back({bootstrap.names[i], b, low, high});
    else
      rows.push_back({bootstrap.names[i], b, 2 * b - high, 2 * b - low});
  }
  return rows;
}

}  // namespace wald
