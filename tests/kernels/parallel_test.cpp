// The number of threads: whose it is, that a forked child can compute, that callers do not meet.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

#include <wald/kernels/backend.h>
#include <wald/kernels/cpu/memory.h>
#include <wald/kernels/cpu/parallel.h>

namespace wald::kernels {
namespace {

double sum_of(const std::vector<double>& x) {
  const std::int64_t n = static_cast<std::int64_t>(x.size()), stride = 1;
  double out = -1;
  cpu_backend().reduce(Reduction::sum, DType::float64, {1, &n}, {x.data(), &stride}, 1, &out);
  return out;
}

/// A product large enough for several threads, of ones: each element is k.
double product_of_ones(std::int64_t m, std::int64_t n, std::int64_t k) {
  const std::vector<double> a(static_cast<std::size_t>(m * k), 1),
      b(static_cast<std::size_t>(k * n), 1);
  std::vector<double> c(static_cast<std::size_t>(m * n));
  cpu_backend().matmul(
      {DType::float64, 1, m, n, k, a.data(), 0, k, 1, b.data(), 0, n, 1, c.data()});
  return std::accumulate(c.begin(), c.end(), 0.0);
}

bool computes() {
  return sum_of(std::vector<double>(300000, 1)) == 300000 &&
         product_of_ones(300, 200, 100) == 300 * 200 * 100 &&
         product_of_ones(3, 2, 50000) == 3 * 2 * 50000;
}

TEST(Threads, AreSetForTheCallingThread) {
  const int by_default = num_threads();
  EXPECT_GE(by_default, 1);
  {
    const NumThreadsGuard three(3);
    EXPECT_EQ(num_threads(), 3);
    {
      const NumThreadsGuard one(1);
      EXPECT_EQ(num_threads(), 1);
    }
    EXPECT_EQ(num_threads(), 3);
    set_num_threads(0);
    EXPECT_EQ(num_threads(), by_default) << "0 goes back to the default";
    set_num_threads(5);
    EXPECT_EQ(num_threads(), 5);
  }
  EXPECT_EQ(num_threads(), by_default);
  set_num_threads(2);
  int others = 0;
  std::thread([&] { others = num_threads(); }).join();
  EXPECT_EQ(others, by_default) << "another thread's setting";
  set_num_threads(0);
}

TEST(Threads, OfTwoCallersDoNotMeet) {
  std::atomic<int> wrong{0};
  auto work = [&](int threads) {
    set_num_threads(threads);
    for (int i = 0; i < 20; ++i)
      if (num_threads() != threads || !computes()) ++wrong;
  };
  std::thread a(work, 1), b(work, 2), c(work, 3);
  a.join();
  b.join();
  c.join();
  EXPECT_EQ(wrong, 0);
}

TEST(ParallelFor, CallsEachIndexOnce) {
  for (int threads : {1, 2, 7})
    for (std::int64_t tasks : {0, 1, 2, 6, 100}) {
      const NumThreadsGuard guard(threads);
      std::vector<std::atomic<int>> calls(static_cast<std::size_t>(tasks));
      parallel_for(tasks, [&](std::int64_t i) { ++calls[static_cast<std::size_t>(i)]; });
      for (auto& n : calls) EXPECT_EQ(n, 1);
    }
}

TEST(ParallelFor, MayBeNested) {
  const NumThreadsGuard guard(3);
  std::atomic<int> calls{0};
  parallel_for(4, [&](std::int64_t) { parallel_for(5, [&](std::int64_t) { ++calls; }); });
  EXPECT_EQ(calls, 20);
}

TEST(ParallelFor, TakesBlasInside) {
  const NumThreadsGuard guard(4);
  std::atomic<int> wrong{0};
  parallel_for(8, [&](std::int64_t) {
    if (product_of_ones(100, 90, 80) != 100 * 90 * 80) ++wrong;
  });
  EXPECT_EQ(wrong, 0);
}

/// What a forked child's run of `body` gives: its exit status, or -1 if it hung and was ended.
template <class Body>
int status_in_child(const Body& body) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);  // a child that waits for threads that do not exist must not hold up the run
    _exit(body() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Fork, LeavesTheChildAbleToCompute) {
  const NumThreadsGuard guard(4);
  ASSERT_TRUE(computes());  // the parent's threads exist now
  EXPECT_EQ(status_in_child(computes), 0);
  EXPECT_EQ(status_in_child([] {
              const NumThreadsGuard two(2);
              return computes();
            }),
            0);
  EXPECT_EQ(status_in_child([] {
              bool is_right = false;
              std::thread([&] { is_right = computes(); }).join();
              return is_right;
            }),
            0);
  EXPECT_EQ(status_in_child([] { return status_in_child(computes) == 0; }), 0) << "a grandchild";
  EXPECT_TRUE(computes()) << "and the parent";
}

TEST(Memory, IsAlignedAndGivenBack) {
  for (std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{64}, std::size_t{65},
                            std::size_t{16384}, std::size_t{100000}, std::size_t{1} << 20}) {
    void* p = allocate(bytes);
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(p) % (bytes > 1024 ? 64 : 16), 0u);
    std::fill_n(static_cast<char*>(p), bytes, 'x');
    release(p, bytes);
  }
  release_kept_memory();
  EXPECT_EQ(release_kept_memory(), 0u);
}

TEST(Memory, ThatCannotBeHadIsNull) {
  EXPECT_EQ(allocate(std::size_t{1} << 60), nullptr);
  EXPECT_EQ(allocate(~std::size_t{0}), nullptr) << "rounding up must not wrap around";
}

}  // namespace
}  // namespace wald::kernels
