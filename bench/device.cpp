// A GPU's limits: how fast it copies its own memory, and to and from the host; and kernels that
// other cases do not show. Only where WALD_DEVICE names a GPU.
#include "device.h"

#include <wald/engine/creation.h>
#include <wald/engine/error.h>
#include <wald/engine/random.h>

#include <cstdio>
#include <cstdlib>

#include "data.h"

namespace wald::bench {
namespace {

/// Copies n float64 numbers; a copy on the device moves each twice.
void copy_on_device(benchmark::State& state) {
  const Tensor x = zeros({state.range(0)});
  measure(state, [&] { return clone(x); });
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

/// One operation on n float64 numbers in no order, which `bytes` of memory for each are the least
/// for.
template <class Op>
void run(benchmark::State& state, double bytes, const Op& op) {
  manual_seed(45);
  const Tensor x = rand({state.range(0)});
  measure(state, [&] { return op(x); });
  set_least_bytes(state, bytes * static_cast<double>(state.range(0)));
}
void add_two(benchmark::State& state) {
  const Tensor y = ones({state.range(0)});
  run(state, 24, [&](const Tensor& x) { return x + y; });
}
void sum_rows(benchmark::State& state) {
  run(state, 8, [](const Tensor& x) { return sum(reshape(x, {-1, 128}), {1}); });
}
void sum_columns(benchmark::State& state) {
  run(state, 8, [](const Tensor& x) { return sum(reshape(x, {-1, 128}), {0}); });
}
void logsumexp_rows(benchmark::State& state) {
  run(state, 8, [](const Tensor& x) { return logsumexp(reshape(x, {-1, 128}), {1}); });
}
void transpose(benchmark::State& state) {
  run(state, 16, [](const Tensor& x) { return clone(t(reshape(x, {-1, 128}))); });
}
void running_sum(benchmark::State& state) {
  run(state, 16, [](const Tensor& x) { return cumsum(x, 0); });
}
void sorted(benchmark::State& state) {
  run(state, 16, [](const Tensor& x) { return sort(x, 0).values; });
}
void group_sums(benchmark::State& state) {
  const Tensor group = randint(0, 1000, {state.range(0)});
  run(state, 16, [&](const Tensor& x) { return segment_sum(x, group, 1000); });
}

/// 256 MiB, beyond the caches of any GPU; the emulator shows only that it works.
void add(const char* name, void (*run)(benchmark::State&)) {
  benchmark::RegisterBenchmark(name, run)
      ->Arg(std::int64_t{1} << (is_on_gpu() ? 25 : 15))
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
  add("array/add_two", add_two);
  add("array/sum_rows", sum_rows);
  add("array/sum_columns", sum_columns);
  add("array/logsumexp_rows", logsumexp_rows);
  add("array/transpose", transpose);
  add("array/cumsum", running_sum);
  add("array/sort", sorted);
  add("array/segment_sum", group_sums);
  return true;
}();

}  // namespace
}  // namespace wald::bench
