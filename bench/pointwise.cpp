// What the engine itself costs: a long chain of scalar operations forward and backward, and single
// operations over arrays larger than the caches.
#include <benchmark/benchmark.h>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>

#include "data.h"

namespace wald::bench {
namespace {

void sin_chain(benchmark::State& state) {
  Tensor x = tensor(0.5).requires_grad_();
  for (auto _ : state) {
    Tensor y = x;
    for (int i = 0; i < state.range(0); ++i) y = sin(y);
    benchmark::DoNotOptimize(grad(y, x));
  }
  set_least_bytes(state, 0);
}
BENCHMARK(sin_chain)->Name("chain/sin")->Arg(1000)->UseRealTime()->Unit(benchmark::kMicrosecond);

/// One operation on float64 values in (0.5, 1.5]; `arrays` counts those read and written.
void run_array(benchmark::State& state, Tensor (*op)(const Tensor&), int arrays) {
  const std::int64_t n = state.range(0);
  std::vector<double> values(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i)
    values[static_cast<std::size_t>(i)] = 0.5 + static_cast<double>(i + 1) / static_cast<double>(n);
  const Tensor x = from_vector(values);
  for (auto _ : state) benchmark::DoNotOptimize(op(x));
  set_least_bytes(state, 8.0 * arrays * static_cast<double>(n));
}
void array_exp(benchmark::State& state) { run_array(state, exp, 2); }
void array_log(benchmark::State& state) { run_array(state, log, 2); }
void array_add(benchmark::State& state) {
  run_array(
      state, [](const Tensor& x) { return x + x; }, 2);
}
void array_sum(benchmark::State& state) { run_array(state, sum, 1); }

void array_size(benchmark::internal::Benchmark* b) {
  b->Arg(4'000'000)->UseRealTime()->Unit(benchmark::kMicrosecond);
}
BENCHMARK(array_exp)->Name("array/exp")->Apply(array_size);
BENCHMARK(array_log)->Name("array/log")->Apply(array_size);
BENCHMARK(array_add)->Name("array/add")->Apply(array_size);
BENCHMARK(array_sum)->Name("array/sum")->Apply(array_size);

}  // namespace
}  // namespace wald::bench
