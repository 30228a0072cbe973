// Several threads of the host at once, on one device and on two: memory, copies, kernels, limits,
// and what is said. ThreadSanitizer's build looks for races here; all look at the results.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <new>
#include <thread>
#include <vector>

#include <wald/kernels/gpu/backend.h>
#include <wald/kernels/gpu/gpu.h>

namespace wald::gpu {
namespace {

using kernels::GpuBackend;
using kernels::View;

constexpr int threads = 4, rounds = 12;
constexpr std::int64_t one = 1;

/// Two devices while it lives. Nothing is in use and no limit is left when it ends.
class TwoDevices {
 public:
  TwoDevices() { emulator::set_device_count(2); }
  ~TwoDevices() {
    emulator::set_memory_limit(0);
    for (const GpuBackend& device : devices_) {
      device.set_memory_limit(0);
      device.trim();
      EXPECT_EQ(device.memory_use().in_use, 0u);
      EXPECT_EQ(device.memory_use().kept, 0u);
    }
    emulator::set_device_count(1);
  }
  TwoDevices(const TwoDevices&) = delete;
  TwoDevices& operator=(const TwoDevices&) = delete;

  const GpuBackend& operator[](int i) const { return devices_[static_cast<std::size_t>(i) % 2]; }

 private:
  std::array<GpuBackend, 2> devices_{GpuBackend(*wald_gpu_table(), 0),
                                     GpuBackend(*wald_gpu_table(), 1)};
};

/// f(i) for i < n, each in a thread of its own.
template <class F>
void all_at_once(int n, F&& f) {
  std::vector<std::thread> all;
  for (int i = 0; i < n; ++i) all.emplace_back([&f, i] { f(i); });
  for (std::thread& thread : all) thread.join();
}

/// Elements in the memory of a device.
template <class T>
class Array {
 public:
  Array(const GpuBackend& on, std::int64_t n)
      : on_(on), n_(n), p_(static_cast<T*>(on.allocate(bytes()))) {
    if (!p_) throw std::bad_alloc();
  }
  Array(const GpuBackend& on, const std::vector<T>& x)
      : Array(on, static_cast<std::int64_t>(x.size())) {
    on_.from_host(x.data(), p_, bytes());
  }
  ~Array() { on_.release(p_, bytes()); }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;

  T* data() const { return p_; }
  std::size_t bytes() const { return static_cast<std::size_t>(n_) * sizeof(T); }
  View view() const { return {p_, &one}; }
  std::vector<T> on_host() const {
    std::vector<T> x(static_cast<std::size_t>(n_));
    on_.to_host(p_, x.data(), bytes());
    return x;
  }

 private:
  const GpuBackend& on_;
  std::int64_t n_;
  T* p_;
};

using Numbers = std::vector<double>;

/// What a thread computes in a round, from whole numbers, so that it has one right answer.
struct Results {
  Numbers twice, sum, drawn, carried;
  std::vector<std::int64_t> order;

  bool operator==(const Results&) const = default;
};

Results results_on(const GpuBackend& here, const GpuBackend& other, const Numbers& x) {
  const auto n = static_cast<std::int64_t>(x.size());
  const kernels::Shape shape{1, &n};
  const Array<double> at(here, x), twice(here, n), sum(here, 1), drawn(here, n), there(other, n);
  const Array<std::int64_t> order(here, n);
  const View both[] = {at.view(), at.view()};
  here.pointwise(*here.find_pointwise("add"), DType::float64, shape, both, twice.data());
  here.reduce(kernels::Reduction::sum, DType::float64, shape, twice.view(), 1, sum.data());
  here.random_real(kernels::RandomLaw::uniform, DType::float64, {1, 0}, n, drawn.data());
  here.argsort(DType::float64, shape, at.view(), false, n, order.data());
  other.from_peer(here, twice.data(), there.data(), there.bytes());
  return {twice.on_host(), sum.on_host(), drawn.on_host(), there.on_host(), order.on_host()};
}

Numbers whole_numbers(std::int64_t n, int seed) {
  Numbers x(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<double>((i * 2654435761u + static_cast<unsigned>(seed) * 40503u) % 1009);
  return x;
}

Results expected(const Numbers& x) {
  const auto n = static_cast<std::int64_t>(x.size());
  Results r{x, {0}, Numbers(x.size()), {}, std::vector<std::int64_t>(x.size())};
  for (double& value : r.twice) r.sum[0] += value *= 2;
  r.carried = r.twice;
  const kernels::Backend& cpu = kernels::cpu_backend();
  cpu.random_real(kernels::RandomLaw::uniform, DType::float64, {1, 0}, n, r.drawn.data());
  cpu.argsort(DType::float64, {1, &n}, {x.data(), &one}, false, n, r.order.data());
  return r;
}

/// The rounds of thread i: how many were right, and how many found no memory.
struct Tally {
  int right = 0, without_memory = 0;
};
Tally work(const GpuBackend& here, const GpuBackend& other, int i) {
  Tally tally;
  for (int round = 0; round < rounds; ++round) {
    const Numbers x = whole_numbers(300 + 211 * (round % 5) + i, i);
    const Results right = expected(x);
    try {
      tally.right += results_on(here, other, x) == right;
    } catch (const std::bad_alloc&) {
      ++tally.without_memory;
    }
  }
  return tally;
}

TEST(GpuStress, ThreadsComputeOnOneDevice) {
  const TwoDevices device;
  std::array<Tally, threads> tally;
  all_at_once(threads, [&](int i) { tally[i] = work(device[0], device[0], i); });
  for (const Tally& of : tally) EXPECT_EQ(of.right, rounds);
}

TEST(GpuStress, ThreadsComputeOnTwoDevicesAndCopyBothWays) {
  const TwoDevices device;
  std::array<Tally, threads> tally;
  all_at_once(threads, [&](int i) { tally[i] = work(device[i], device[i + 1], i); });
  for (const Tally& of : tally) EXPECT_EQ(of.right, rounds);
}

/// Sets limits, gives memory back and asks for its use until told to stop.
void disturb(const GpuBackend& device, const std::atomic<bool>& is_over) {
  for (int turn = 0; !is_over; ++turn) {
    const std::size_t limit = turn % 3 == 0 ? 0 : std::size_t{16384} << (turn % 4);
    device.set_memory_limit(limit);
    emulator::set_memory_limit(turn % 5 == 0 ? 65536 : 0);
    if (turn % 2 == 0) device.trim();
    const MemoryUse use = device.memory_use();
    EXPECT_LE(use.in_use, use.most);
    device.facts();
    device.synchronize();
    std::this_thread::yield();
  }
}

TEST(GpuStress, ThreadsFindMemoryOrAreToldThatThereIsNone) {
  const TwoDevices device;
  std::array<Tally, threads> tally;
  std::atomic<bool> is_over = false;
  std::array<std::thread, 2> others;
  for (int i = 0; i < 2; ++i) others[i] = std::thread([&, i] { disturb(device[i], is_over); });
  all_at_once(threads, [&](int i) { tally[i] = work(device[i], device[i / 2], i); });
  is_over = true;
  for (std::thread& thread : others) thread.join();
  for (const Tally& of : tally) EXPECT_EQ(of.right + of.without_memory, rounds);
  for (int i = 0; i < 2; ++i) device[i].set_memory_limit(0);
  emulator::set_memory_limit(0);
  EXPECT_EQ(work(device[0], device[1], 0).right, rounds) << "after memory ran out";
}

TEST(GpuStress, ALimitHoldsWhoeverAsks) {
  const TwoDevices device;
  constexpr std::size_t limit = 40 * 4096;
  device[0].set_memory_limit(limit);
  std::atomic<int> refused = 0;
  all_at_once(threads, [&](int) {
    std::vector<void*> mine;
    for (int i = 0; i < 20; ++i) {
      void* const p = device[0].allocate(4096);
      if (p)
        mine.push_back(p);
      else
        ++refused;
      const MemoryUse use = device[0].memory_use();
      EXPECT_LE(use.in_use + use.kept, limit);
    }
    std::this_thread::yield();
    for (void* p : mine) device[0].release(p, 4096);
  });
  EXPECT_EQ(device[0].memory_use().in_use, 0u);
  EXPECT_LE(refused, threads * 20 - 40) << "as many as the limit holds were given";
}

TEST(GpuStress, WhatTheProcessorDoesIsSaidOnce) {
  const TwoDevices device;
  const Numbers a = {3, 1, 0, 4, 2, 2};
  ::testing::internal::CaptureStderr();
  all_at_once(threads, [&](int) {
    const Array<double> x(device[0], a), q(device[0], 6), r(device[0], 4);
    device[0].qr({DType::float64, 1, 3, 2, x.data()}, q.data(), r.data());
    EXPECT_NEAR(r.on_host()[0], 3.605551275463989, 1e-14);
  });
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
}

}  // namespace
}  // namespace wald::gpu
