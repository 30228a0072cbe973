// The data that every benchmark of a model runs on, the same for wald and for its peers. Knows no
// tensors.
#pragma once

#include <wald/models/random.h>
#include <wald/models/simulate.h>

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace wald::bench {

/// Whether WALD_DEVICE names a GPU, for which some cases are larger.
inline bool is_on_gpu() {
  const char* const device = std::getenv("WALD_DEVICE");
  return device && *device && std::string(device) != "cpu" &&
         std::string(device).rfind("emulated", 0) != 0;
}

/// Exponential survival with a column of ones and a treatment, censored at 5; x is n by 2,
/// row-major.
struct Survival {
  std::vector<double> x, time, event;
  std::int64_t n;

  /// What any method must read at least: x, time and event, once.
  double bytes() const { return 8.0 * static_cast<double>(x.size() + time.size() + event.size()); }
};

/// Drawn at the first call for each n.
inline const Survival& survival_data(std::int64_t n) {
  static std::map<std::int64_t, Survival> known;
  const auto [found, is_new] = known.try_emplace(n);
  Survival& data = found->second;
  if (!is_new) return data;
  RRandom random(183475683);
  const double coefficients[] = {-1.6, -0.5};
  SurvivalSample sample =
      simulate_exponential(random, static_cast<std::size_t>(n), coefficients, 5);
  data.n = n;
  data.time = std::move(sample.time);
  data.event = std::move(sample.event);
  for (const double trt : sample.columns[0]) {
    data.x.push_back(1);
    data.x.push_back(trt);
  }
  return data;
}

/// Where derivatives are taken.
inline const std::vector<double> survival_point{-1.2, -0.3};

/// The sizes of the survival benchmarks: one that stays in cache and one that does not.
inline void survival_sizes(benchmark::internal::Benchmark* b) {
  b->Arg(100'000)->Arg(5'000'000)->UseRealTime()->Unit(benchmark::kMicrosecond);
}

/// A design of a column of ones and standard normals, n by k, row-major, with responses of 0 and 1.
struct Regression {
  std::vector<double> x, y, beta;
  std::int64_t n, k;

  /// What any method must read at least: x and y, once.
  double bytes() const { return 8.0 * static_cast<double>(x.size() + y.size()); }
};

/// Drawn at the first call for each size.
inline const Regression& regression_data(std::int64_t n, std::int64_t k) {
  static std::map<std::pair<std::int64_t, std::int64_t>, Regression> known;
  const auto [found, is_new] = known.try_emplace({n, k});
  Regression& data = found->second;
  if (!is_new) return data;
  RRandom random(45);
  data.n = n;
  data.k = k;
  for (std::int64_t j = 0; j < k; ++j) data.beta.push_back(0.1 * random.rnorm());
  for (std::int64_t i = 0; i < n; ++i) {
    double eta = 0;
    for (std::int64_t j = 0; j < k; ++j) {
      data.x.push_back(j == 0 ? 1 : random.rnorm());
      eta += data.x.back() * data.beta[static_cast<std::size_t>(j)];
    }
    data.y.push_back(random.runif() > 1 / (1 + std::exp(eta)) ? 1 : 0);
  }
  return data;
}

inline void logistic_sizes(benchmark::internal::Benchmark* b) {
  b->Args({100, 3})->Args({1'000'000, 20})->UseRealTime()->Unit(benchmark::kMicrosecond);
  if (is_on_gpu()) b->Args({10'000'000, 20});
}
inline void linear_sizes(benchmark::internal::Benchmark* b) {
  b->Args({50'000, 100})->UseRealTime()->Unit(benchmark::kMicrosecond);
}
inline void matmul_sizes(benchmark::internal::Benchmark* b) {
  b->Arg(256)->Arg(1024)->UseRealTime()->Unit(benchmark::kMicrosecond);
}

/// The least memory traffic of a case, for scripts/bench; 0 where time is not a matter of memory.
inline void set_least_bytes(benchmark::State& state, double bytes) {
  state.counters["least_bytes"] = bytes;
}

/// Counts of p species in n samples, row-major, as many as in the published oaks data: whole parts
/// of lognormal numbers.
struct Abundance {
  std::vector<double> counts;
  std::int64_t n = 116, p = 114;
};

inline const Abundance& abundance_data() {
  static const Abundance data = [] {
    Abundance drawn;
    RRandom random(1);
    for (std::int64_t i = 0; i < drawn.n * drawn.p; ++i)
      drawn.counts.push_back(std::floor(std::exp(1 + 1.5 * random.rnorm())));
    return drawn;
  }();
  return data;
}

}  // namespace wald::bench
