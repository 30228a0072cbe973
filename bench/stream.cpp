// The machine's limit: how fast all threads together read memory that is in cache, or is not. On
// raw memory, not through wald.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <memory>

#include <omp.h>

#include "data.h"

// A vector wider than the baseline's, since narrow loads do not reach the bandwidth of a cache.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define WALD_BENCH_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define WALD_BENCH_CLONES
#endif

namespace wald::bench {
namespace {

using Line = double __attribute__((vector_size(64)));

WALD_BENCH_CLONES double read_lines(const Line* lines, std::int64_t n) {
  Line a{}, b{}, c{}, d{};
  std::int64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    a += lines[i];
    b += lines[i + 1];
    c += lines[i + 2];
    d += lines[i + 3];
  }
  for (; i < n; ++i) a += lines[i];
  const Line total = (a + b) + (c + d);
  return total[0] + total[1] + total[2] + total[3] + total[4] + total[5] + total[6] + total[7];
}

/// Each thread reads its own part `passes` times in one parallel region.
double read_all(const Line* lines, std::int64_t n, std::int64_t passes) {
  double total = 0;
#pragma omp parallel reduction(+ : total)
  {
    const std::int64_t threads = omp_get_num_threads(), thread = omp_get_thread_num();
    const std::int64_t begin = n * thread / threads, end = n * (thread + 1) / threads;
    for (std::int64_t pass = 0; pass < passes; ++pass) {
      const Line* part = lines + begin;
      benchmark::DoNotOptimize(part);
      total += read_lines(part, end - begin);
    }
  }
  return total;
}

void read_memory(benchmark::State& state) {
  const std::int64_t n = (state.range(0) << 20) / static_cast<std::int64_t>(sizeof(Line));
  const std::int64_t passes = state.range(0) < 64 ? 64 : 1;
  const std::unique_ptr<Line[], decltype(&std::free)> lines(
      static_cast<Line*>(std::aligned_alloc(4096, static_cast<std::size_t>(n) * sizeof(Line))),
      &std::free);
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < n; ++i) lines[i] = Line{} + 1.0;
  for (auto _ : state) benchmark::DoNotOptimize(read_all(lines.get(), n, passes));
  const double bytes = static_cast<double>(n * passes) * sizeof(Line);
  state.counters["bytes_per_second"] =
      benchmark::Counter(bytes, benchmark::Counter::kIsIterationInvariantRate);
  set_least_bytes(state, static_cast<double>(n) * sizeof(Line));
}
// 4 MiB is what the smaller survival data take; 512 MiB is beyond the L3 cache of any processor.
BENCHMARK(read_memory)->Name("stream/cache")->Arg(4)->UseRealTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(read_memory)
    ->Name("stream/memory")
    ->Arg(512)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace wald::bench
