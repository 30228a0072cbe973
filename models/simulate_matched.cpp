#include "simulate_matched.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <wald/engine/error.h>

namespace wald {
namespace {

void check(std::size_t n, std::span<const double> coefficients, const SimulateMatched& how) {
  if (coefficients.empty() ||
      !std::ranges::all_of(coefficients, [](double b) { return std::isfinite(b); }))
    throw InputError("simulating matched sets needs finite coefficients, that of x1 first");
  if (how.size < 2)
    throw InputError(fmt::format("a stratum has two rows or more, not {}", how.size));
  if (how.cases < 1 || how.cases >= how.size)
    throw InputError(fmt::format("there cannot be {} cases in strata of {} rows, only 1 to {}",
                                 how.cases, how.size, how.size - 1));
  if (n % static_cast<std::size_t>(how.size) != 0)
    throw InputError(fmt::format("{} rows do not fill strata of {}", n, how.size));
}

double log_sum(double a, double b) {
  const double high = std::max(a, b);
  return std::isinf(high) ? high : high + std::log1p(std::exp(std::min(a, b) - high));
}

/// The logarithm of the elementary symmetric function of exp(eta) over the first j rows and r
/// cases, in element j (cases + 1) + r: see log_elementary_symmetric().
std::vector<double> symmetric_functions(std::span<const double> eta, std::size_t cases) {
  const std::size_t width = cases + 1;
  std::vector<double> log_b((eta.size() + 1) * width, -INFINITY);
  log_b[0] = 0;
  for (std::size_t j = 1; j <= eta.size(); ++j)
    for (std::size_t r = 0; r < width; ++r) {
      const double without = log_b[(j - 1) * width + r];
      log_b[j * width + r] =
          r == 0 ? without : log_sum(without, eta[j - 1] + log_b[(j - 1) * width + r - 1]);
    }
  return log_b;
}

/// Decides for each row, from the last, whether it is a case, given how many are still to come.
void draw_cases(RRandom& random, std::span<const double> eta, std::size_t cases, double* y) {
  const std::size_t width = cases + 1;
  const std::vector<double> log_b = symmetric_functions(eta, cases);
  std::size_t left = cases;
  for (std::size_t j = eta.size(); j > 0; --j) {
    const double u = random.runif();
    if (left == 0) continue;
    const double log_p = eta[j - 1] + log_b[(j - 1) * width + left - 1] - log_b[j * width + left];
    // All of the rows that are left must be cases where they are no more than these.
    if (left < j && std::log(u) >= log_p) continue;
    y[j - 1] = 1;
    --left;
  }
}

}  // namespace

MatchedSample simulate_matched(RRandom& random, std::size_t n, std::span<const double> coefficients,
                               const SimulateMatched& how) {
  check(n, coefficients, how);
  MatchedSample sample;
  std::vector<double> eta(n, 0.0);
  for (std::size_t j = 0; j < coefficients.size(); ++j) {
    sample.covariates.push_back(fmt::format("x{}", j + 1));
    sample.columns.push_back(random.rnorm(n));
    for (std::size_t i = 0; i < n; ++i) eta[i] += coefficients[j] * sample.columns[j][i];
  }
  sample.y.assign(n, 0.0);
  const auto size = static_cast<std::size_t>(how.size);
  for (std::size_t first = 0; first < n; first += size) {
    sample.stratum.insert(sample.stratum.end(), size, static_cast<double>(first / size + 1));
    draw_cases(random, std::span(eta).subspan(first, size), static_cast<std::size_t>(how.cases),
               &sample.y[first]);
  }
  return sample;
}

}  // namespace wald
