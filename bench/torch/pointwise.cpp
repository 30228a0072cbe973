// The cases of bench/pointwise.cpp on libtorch.
#include <torch/torch.h>

#include <benchmark/benchmark.h>

#include "../data.h"

namespace wald::bench {
namespace {

void sin_chain(benchmark::State& state) {
  const at::Tensor x = torch::tensor(0.5, torch::kFloat64).requires_grad_();
  for (auto _ : state) {
    at::Tensor y = x;
    for (int i = 0; i < state.range(0); ++i) y = torch::sin(y);
    benchmark::DoNotOptimize(torch::autograd::grad({y}, {x}));
  }
  set_least_bytes(state, 0);
}
BENCHMARK(sin_chain)->Name("chain/sin")->Arg(1000)->UseRealTime()->Unit(benchmark::kMicrosecond);

void run_array(benchmark::State& state, at::Tensor (*op)(const at::Tensor&), int arrays,
               double from = 0.5, double width = 1) {
  const torch::NoGradGuard guard;
  const std::int64_t n = state.range(0);
  const at::Tensor x =
      from + width / static_cast<double>(n) * torch::arange(1, n + 1, torch::kFloat64);
  for (auto _ : state) benchmark::DoNotOptimize(op(x));
  set_least_bytes(state, 8.0 * arrays * static_cast<double>(n));
}
void array_exp(benchmark::State& state) { run_array(state, at::exp, 2); }
void array_log(benchmark::State& state) { run_array(state, at::log, 2); }
void array_add(benchmark::State& state) {
  run_array(
      state, [](const at::Tensor& x) { return x + x; }, 2);
}
void array_sum(benchmark::State& state) {
  run_array(
      state, [](const at::Tensor& x) { return x.sum(); }, 1);
}

void array_lgamma(benchmark::State& state) { run_array(state, at::lgamma, 2, 0, 40); }
void array_digamma(benchmark::State& state) { run_array(state, at::digamma, 2, 0, 40); }

void array_size(benchmark::internal::Benchmark* b) {
  b->Arg(4'000'000)->UseRealTime()->Unit(benchmark::kMicrosecond);
}
BENCHMARK(array_exp)->Name("array/exp")->Apply(array_size);
BENCHMARK(array_log)->Name("array/log")->Apply(array_size);
BENCHMARK(array_add)->Name("array/add")->Apply(array_size);
BENCHMARK(array_sum)->Name("array/sum")->Apply(array_size);
BENCHMARK(array_lgamma)->Name("array/lgamma")->Apply(array_size);
BENCHMARK(array_digamma)->Name("array/digamma")->Apply(array_size);

}  // namespace
}  // namespace wald::bench
