// Several threads of the host at once with tensors on one device and on two. ThreadSanitizer's
// build looks for races here; all look at the results.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <thread>

#include <wald/engine/autograd.h>
#include <wald/engine/creation.h>
#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/random.h>
#include <wald/engine/transforms.h>

#include "emulated.h"

namespace wald::testing {
namespace {

constexpr int threads = 4, rounds = 10;

template <class F>
void all_at_once(int n, F&& f) {
  std::vector<std::thread> all;
  for (int i = 0; i < n; ++i) all.emplace_back([&f, i] { f(i); });
  for (std::thread& thread : all) thread.join();
}

class DeviceStress : public ::testing::Test {
 protected:
  void SetUp() override { WALD_NEEDS_EMULATED_DEVICE(); }
  static Device device(int i) { return i % 2 == 0 ? emulated() : Device("emulated:1"); }
};

struct Results {
  std::vector<double> drawn, gradient, hessian;

  bool operator==(const Results&) const = default;
};

/// Of whole numbers and random ones, all made on the default device.
Results results(int seed) {
  Generator generator(static_cast<std::uint64_t>(seed));
  const RandomOptions from{.generator = &generator};
  const Tensor drawn = rand({700}, from), x = to(randint(9, {120, 3}, from), DType::float64);
  const Tensor b = tensor({1, 2, 3}).requires_grad_();
  const auto f = [&](const Tensor& at) { return sum(square(mv(x, at))); };
  f(b).backward();
  return {drawn.to_vector(), b.grad().to_vector(), hessian(f, tensor({0, 1, 0})).to_vector()};
}

/// The rounds of thread i on a device: how many were right, and how many found no memory.
struct Tally {
  int right = 0, without_memory = 0;
};
Tally work(const Device& there, int i) {
  Tally tally;
  const Results expected = results(i);
  for (int round = 0; round < rounds; ++round) {
    const DeviceGuard guard(there);
    try {
      tally.right += results(i) == expected && default_device() == there;
    } catch (const DeviceError&) {
      ++tally.without_memory;
    }
  }
  return tally;
}

TEST_F(DeviceStress, ThreadsComputeOnOneDevice) {
  std::array<Tally, threads> tally;
  all_at_once(threads, [&](int i) { tally[i] = work(device(0), i); });
  for (const Tally& of : tally) EXPECT_EQ(of.right, rounds);
  EXPECT_EQ(default_device(), Device()) << "guards hold for their threads";
}

TEST_F(DeviceStress, ThreadsComputeOnTwoDevices) {
  std::array<Tally, threads> tally;
  all_at_once(threads, [&](int i) { tally[i] = work(device(i), i); });
  for (const Tally& of : tally) EXPECT_EQ(of.right, rounds);
}

TEST_F(DeviceStress, ThreadsFindMemoryOrSayThatThereIsNone) {
  std::array<Tally, threads> tally;
  std::atomic<bool> is_over = false;
  std::thread other([&] {
    for (int turn = 0; !is_over; ++turn) {
      set_memory_limit(device(turn), turn % 3 == 0 ? 0 : std::size_t{16384} << (turn % 4));
      release_memory(device(turn / 2));
      const DeviceMemory memory = device_memory(device(turn));
      EXPECT_LE(memory.in_use, memory.most);
      std::this_thread::yield();
    }
  });
  all_at_once(threads, [&](int i) { tally[i] = work(device(i), i); });
  is_over = true;
  other.join();
  for (const Tally& of : tally) EXPECT_EQ(of.right + of.without_memory, rounds);
  for (int i = 0; i < 2; ++i) set_memory_limit(device(i), 0);
  EXPECT_EQ(work(device(0), 1).right, rounds) << "after memory ran out";
}

TEST_F(DeviceStress, ThreadsShareTensorsAndAddToOneGradient) {
  const Tensor x = to(arange(0, 500), device(0)), b = to(tensor({0.5}), device(1));
  const Tensor leaf = tensor({2}).requires_grad_();
  all_at_once(threads, [&](int i) {
    const Tensor here = to(x, device(i)), scale = to(b, device(i));
    sum(here * scale * to(leaf, device(i))).backward();
  });
  EXPECT_EQ(leaf.grad().to_vector(), (std::vector<double>{threads * 0.5 * 499 * 250}));
}

TEST_F(DeviceStress, ThreadsDrawFromOneStream) {
  Generator generator(5);
  const std::vector<double> in_turn = rand({threads * 64}, {.generator = &generator}).to_vector();
  generator.manual_seed(5);
  std::array<std::vector<double>, threads> drawn;
  all_at_once(threads, [&](int i) {
    const DeviceGuard guard(device(i));
    drawn[i] = rand({64}, {.generator = &generator}).to_vector();
  });
  for (const std::vector<double>& part : drawn)
    EXPECT_NE(std::search(in_turn.begin(), in_turn.end(), part.begin(), part.end()), in_turn.end())
        << "each has a part of its own";
  std::sort(drawn.begin(), drawn.end());
  EXPECT_EQ(std::unique(drawn.begin(), drawn.end()), drawn.end());
}

/// What a process asks first is asked by several threads.
[[noreturn]] void look_for_devices_at_once() {
  std::array<Device, threads> found;
  all_at_once(threads, [&](int i) {
    found[i] = i % 2 == 0 ? devices().back() : Device("emulated:1");
    default_device();
  });
  const bool is_same = found[0].name() == "emulated:1" && found[0] == found[1] &&
                       found[1] == found[2] && found[2] == found[3];
  std::exit(is_same ? 0 : 1);
}

// It runs in a process of its own, in which nobody has asked for devices before.
TEST(DeviceStressDeathTest, ThreadsLookForDevicesAtOnce) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  if (std::getenv("WALD_STRESS_IN_CHILD") == nullptr) WALD_NEEDS_EMULATED_DEVICE();
  setenv("WALD_STRESS_IN_CHILD", "1", 1);
  EXPECT_EXIT(look_for_devices_at_once(), ::testing::ExitedWithCode(0), "");
  unsetenv("WALD_STRESS_IN_CHILD");
}

}  // namespace
}  // namespace wald::testing
