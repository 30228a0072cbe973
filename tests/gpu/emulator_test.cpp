// The emulator itself: barriers, shared memory, exchange within a warp, and what it refuses.
#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include <wald/kernels/gpu/gpu.h>

namespace wald::gpu {
namespace {

/// Each block turns its part of an array around.
struct Reverse {
  using Cooperates = void;
  int* x;
  void operator()(const Thread& t) const {
    int* const shared = t.shared<int>();
    int* const mine = x + t.block() * t.count();
    shared[t.index()] = mine[t.index()];
    t.sync();
    mine[t.index()] = shared[t.count() - 1 - t.index()];
  }
};

TEST(Emulator, ThreadsOfABlockWaitForOneAnother) {
  std::vector<int> x(3 * 100);
  std::iota(x.begin(), x.end(), 0);
  ASSERT_EQ(launch(Reverse{x.data()}, {3, 100, 100 * sizeof(int)}, {}), success);
  for (int block = 0; block < 3; ++block)
    for (int i = 0; i < 100; ++i) EXPECT_EQ(x[block * 100 + i], block * 100 + 99 - i);
}

struct SumOfWarp {
  using Cooperates = void;
  std::int64_t* out;
  void operator()(const Thread& t) const {
    std::int64_t sum = t.index() + 1;
    for (int delta = t.warp_size() / 2; delta > 0; delta /= 2) sum += t.from_above(sum, delta);
    if (t.index() % t.warp_size() == 0) out[t.index() / t.warp_size()] = sum;
  }
};

TEST(Emulator, LanesOfAWarpExchangeValues) {
  for (const int warp : {32, 64}) {
    emulator::set_warp_size(warp);
    std::vector<std::int64_t> out(128 / warp);
    ASSERT_EQ(launch(SumOfWarp{out.data()}, {1, 128}, {}), success);
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::int64_t begin = static_cast<std::int64_t>(i) * warp;
      EXPECT_EQ(out[i], warp * (2 * begin + warp + 1) / 2);
    }
  }
  emulator::set_warp_size(32);
}

struct HalfWaits {
  using Cooperates = void;
  void operator()(const Thread& t) const {
    if (t.index() % 2 == 0)
      t.sync();
    else
      t.from_above(1.0, 1);
  }
};

TEST(Emulator, SaysThatThreadsWaitForever) {
  EXPECT_EQ(launch(HalfWaits{}, {1, 64}, {}), emulator::Status::deadlock);
}

TEST(Emulator, RefusesGridsThatNoDeviceHas) {
  EXPECT_EQ(launch(HalfWaits{}, {1, 2048}, {}), emulator::Status::bad_launch);
  EXPECT_EQ(launch(HalfWaits{}, {0, 32}, {}), emulator::Status::bad_launch);
  EXPECT_EQ(launch(HalfWaits{}, {1, 32, 1 << 20}, {}), emulator::Status::bad_launch);
}

}  // namespace
}  // namespace wald::gpu
