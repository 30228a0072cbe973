// The device that the benchmarks run on: WALD_DEVICE, which scripts/bench --device sets.
#pragma once

#include <wald/engine/device.h>
#include <wald/engine/ops/ops.h>

#include <benchmark/benchmark.h>

namespace wald::bench {

/// Numbers of the host as a tensor of the device; on the processor without a copy.
inline Tensor resident(const std::vector<double>& values, const Dims& shape) {
  return to(from_memory(values.data(), shape), default_device());
}

/// Times f() with all that it queues.
template <class F>
void measure(benchmark::State& state, const F& f) {
  const Device device = default_device();
  synchronize(device);
  for (auto _ : state) {
    benchmark::DoNotOptimize(f());
    synchronize(device);
  }
}

}  // namespace wald::bench
