// A GPU's limits: how fast it copies its own memory, and to and from the host. Only where
// WALD_DEVICE names a GPU.
#include "device.h"

#include <wald/engine/error.h>

#include <cstdio>
#include <cstdlib>

#include "data.h"

namespace wald::bench {
namespace {

/// Copies n float64 numbers; a copy on the device moves each twice.
void copy_on_device(benchmark::State& state) {
  const Tensor x = zeros({state.range(0)});
  measure(state, [&] { return x.clone(); });
  const double bytes = 16.0 * static_cast<double>(state.range(0));
  state.counters["bytes_per_second"] =
      benchmark::Counter(bytes, benchmark::Counter::kIsIterationInvariantRate);
  set_least_bytes(state, bytes);
}
void copy_to_host(benchmark::State& state) {
  const Tensor x = zeros({state.range(0)});
  measure(state, [&] { return to(x, Device()); });
  set_least_bytes(state, 0);
}
void copy_from_host(benchmark::State& state) {
  const Tensor x = zeros({state.range(0)}, DType::float64, Device());
  measure(state, [&] { return to(x, default_device()); });
  set_least_bytes(state, 0);
}

/// 256 MiB, beyond the caches of any GPU; the emulator shows only that it works.
void add(const char* name, void (*run)(benchmark::State&)) {
  const bool is_emulated = default_device().name() == "emulated";
  benchmark::RegisterBenchmark(name, run)
      ->Arg(std::int64_t{1} << (is_emulated ? 15 : 25))
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
}

[[maybe_unused]] const bool are_added = [] {
  try {
    if (default_device() == Device()) return false;
  } catch (const Error& error) {
    std::fprintf(stderr, "wald_bench: %s\n", error.what());
    std::exit(2);
  }
  add("stream/device", copy_on_device);
  add("transfer/to_host", copy_to_host);
  add("transfer/from_host", copy_from_host);
  return true;
}();

}  // namespace
}  // namespace wald::bench
