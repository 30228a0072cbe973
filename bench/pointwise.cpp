// What the engine itself costs: a long chain of scalar operations forward and backward, and single
// operations over arrays larger than the caches.
#include <benchmark/benchmark.h>

#include <wald/engine/autograd.h>
#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>

#include "data.h"
#include "device.h"

namespace wald::bench {
namespace {

void sin_chain(benchmark::State& state) {
  Tensor x = tensor(0.5).requires_grad_();
  measure(state, [&] {
    Tensor y = x;
    for (int i = 0; i < state.range(0); ++i) y = sin(y);
    return grad(y, x);
  });
  set_least_bytes(state, 0);
}
BENCHMARK(sin_chain)->Name("chain/sin")->Arg(1000)->UseRealTime()->Unit(benchmark::kMicrosecond);

/// One operation on float64 values spread evenly over (from, from + width]; `arrays` counts those
/// read and written.
void run_array(benchmark::State& state, Tensor (*op)(const Tensor&), int arrays, double from = 0.5,
               double width = 1) {
  const std::int64_t n = state.range(0);
  const Tensor x = from + width / static_cast<double>(n) * arange(1, static_cast<double>(n) + 1);
  measure(state, [&] { return op(x); });
  set_least_bytes(state, 8.0 * arrays * static_cast<double>(n));
}
void array_exp(benchmark::State& state) { run_array(state, exp, 2); }
void array_log(benchmark::State& state) { run_array(state, log, 2); }
void array_add(benchmark::State& state) {
  run_array(
      state, [](const Tensor& x) { return x + x; }, 2);
}
void array_sum(benchmark::State& state) { run_array(state, sum, 1); }

// Over the ranges in which the methods change.
void array_lgamma(benchmark::State& state) { run_array(state, lgamma, 2, 0, 40); }
void array_digamma(benchmark::State& state) { run_array(state, digamma, 2, 0, 40); }

void array_size(benchmark::internal::Benchmark* b) {
  b->Arg(4'000'000)->UseRealTime()->Unit(benchmark::kMicrosecond);
  if (is_on_gpu()) b->Arg(100'000'000);
}
BENCHMARK(array_exp)->Name("array/exp")->Apply(array_size);
BENCHMARK(array_log)->Name("array/log")->Apply(array_size);
BENCHMARK(array_add)->Name("array/add")->Apply(array_size);
BENCHMARK(array_sum)->Name("array/sum")->Apply(array_size);
BENCHMARK(array_lgamma)->Name("array/lgamma")->Apply(array_size);
BENCHMARK(array_digamma)->Name("array/digamma")->Apply(array_size);

}  // namespace
}  // namespace wald::bench
