// Races between threads of a kernel: in ThreadSanitizer's build the emulator shows them. Each test
// runs in a process of its own, which ThreadSanitizer ends with a code that says so.
#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include <wald/kernels/gpu/emulator_fiber.h>
#include <wald/kernels/gpu/gpu.h>

namespace wald::gpu {
namespace {

/// Launches a kernel on n numbers and ends the process.
template <class Kernel>
[[noreturn]] void run_alone(const Grid& grid, std::size_t n) {
  std::vector<int> x(n);
  const Status status = launch(Kernel{x.data()}, grid, {});
  std::exit(status == success ? 0 : 1);
}

template <class Kernel>
void expect_race(const Grid& grid, std::size_t n) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(run_alone<Kernel>(grid, n), ::testing::ExitedWithCode(66), "data race");
}
template <class Kernel>
void expect_no_race(const Grid& grid, std::size_t n) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(run_alone<Kernel>(grid, n), ::testing::ExitedWithCode(0), "");
}

#define WALD_NEEDS_THREAD_SANITIZER() \
  if (!emulator::watches_races) GTEST_SKIP() << "built without ThreadSanitizer"

/// Two sums of the threads' numbers in one place of shared memory after the other, with the
/// barriers that this needs or without one of them.
template <bool waits_for_numbers, bool waits_for_sum>
struct SumTwice {
  using Cooperates = void;
  int* out;
  void operator()(const Thread& t) const {
    int* const shared = t.shared<int>();
    for (int round = 0; round < 2; ++round) {
      shared[t.index()] = round + t.index();
      if (waits_for_numbers) t.sync();
      if (t.index() == 0) {
        int sum = 0;
        for (int i = 0; i < t.count(); ++i) sum += shared[i];
        out[2 * t.block() + round] = sum;
      }
      if (waits_for_sum) t.sync();
    }
  }
};
constexpr Grid four_blocks{4, 64, 64 * sizeof(int)};

TEST(GpuRaces, AreNoneBetweenBarriers) {
  WALD_NEEDS_THREAD_SANITIZER();
  expect_no_race<SumTwice<true, true>>(four_blocks, 8);
}
TEST(GpuRaces, AreSeenWhereABarrierIsMissing) {
  WALD_NEEDS_THREAD_SANITIZER();
  expect_race<SumTwice<false, true>>(four_blocks, 8);
  expect_race<SumTwice<true, false>>(four_blocks, 8);
}

/// Gives a number to the neighbour through a barrier of the block, or of the warp alone.
template <bool of_block>
struct PassOn {
  using Cooperates = void;
  int* x;
  void operator()(const Thread& t) const {
    x[t.index()] = t.index();
    if (of_block)
      t.sync();
    else
      t.from_above(0, 1);
    x[t.count() + t.index()] = x[(t.index() + 1) % t.count()];
  }
};

TEST(GpuRaces, AreNotAvoidedByAnExchangeOfValues) {
  WALD_NEEDS_THREAD_SANITIZER();
  expect_no_race<PassOn<true>>({1, 32}, 64);
  expect_race<PassOn<false>>({1, 32}, 64);
}

/// Thread 0 of each block writes to one place.
struct SamePlace {
  int* x;
  void operator()(const Thread& t) const {
    if (t.index() == 0) *x = static_cast<int>(t.block());
  }
};
struct SamePlaceCooperating : SamePlace {
  using Cooperates = void;
};
struct SamePlaceWithOneValue {
  int* x;
  void operator()(const Thread&) const { write_same(x, 1); }
};

TEST(GpuRaces, AreSeenBetweenBlocks) {
  WALD_NEEDS_THREAD_SANITIZER();
  for (const int threads : {1, 32, 256, 1024}) {
    expect_race<SamePlace>({2, threads}, 1);
    expect_race<SamePlaceCooperating>({2, threads}, 1);
  }
  expect_no_race<SamePlaceWithOneValue>({2, 32}, 1);
}

/// Each thread writes its place and the next thread's, which may be of the next block.
template <bool beyond_blocks>
struct Overlapping {
  int* x;
  void operator()(const Thread& t) const {
    const std::int64_t i = first(t);
    x[i] = 1;
    if (!beyond_blocks || t.index() == t.count() - 1) x[i + 1] = 2;
  }
};

TEST(GpuRaces, AreSeenBetweenNeighbours) {
  WALD_NEEDS_THREAD_SANITIZER();
  expect_race<Overlapping<false>>({1, 32}, 33);
  expect_race<Overlapping<true>>({2, 32}, 65);
}

}  // namespace
}  // namespace wald::gpu
