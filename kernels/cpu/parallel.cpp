#include "parallel.h"

#include <omp.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <system_error>
#include <thread>

namespace wald {
namespace {

thread_local int asked_threads = 0;

// The pool's workers do not exist in a forked child: it works on its own thread.
std::atomic<bool> is_forked_child{false};

int default_threads() {
  static const int threads = [] {
    pthread_atfork(nullptr, nullptr, [] { is_forked_child = true; });
    if (const char* text = std::getenv("WALD_NUM_THREADS"))
      if (const int n = std::atoi(text); n > 0) return n;
    return std::max(1, omp_get_max_threads());
  }();
  return threads;
}

}  // namespace

int num_threads() {
  const int by_default = default_threads();
  if (is_forked_child) return 1;
  return asked_threads > 0 ? asked_threads : by_default;
}

void set_num_threads(int n) { asked_threads = std::max(0, n); }

NumThreadsGuard::NumThreadsGuard(int n) : before_(asked_threads) { set_num_threads(n); }
NumThreadsGuard::~NumThreadsGuard() { asked_threads = before_; }

namespace kernels {
namespace {

using Task = void (*)(const void* context, std::int64_t index);

constexpr int most_threads = 256;
constexpr std::int64_t most_tasks = 1 << 20;

/// The tasks of a job that one thread has been dealt, in one word: the job's number (24 bits), the
/// first task and the end (20 bits each). The thread takes tasks from the front, the others, when
/// they are done with theirs, from the back.
class alignas(64) Share {
 public:
  void deal(std::uint32_t job, std::int64_t first, std::int64_t end) {
    state_.store(packed(job, static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(end)),
                 std::memory_order_release);
  }

  /// A task of this job; false if none is left.
  bool take(std::uint32_t job, bool from_front, std::int64_t& index) {
    std::uint64_t state = state_.load(std::memory_order_acquire);
    for (;;) {
      const std::uint64_t first = state >> 20 & 0xfffff, end = state & 0xfffff;
      if (state >> 40 != (job & 0xffffff) || first >= end) return false;
      const std::uint64_t next =
          from_front ? packed(job, first + 1, end) : packed(job, first, end - 1);
      if (state_.compare_exchange_weak(state, next, std::memory_order_acq_rel)) {
        index = static_cast<std::int64_t>(from_front ? first : end - 1);
        return true;
      }
    }
  }

 private:
  static std::uint64_t packed(std::uint64_t job, std::uint64_t first, std::uint64_t end) {
    return (job & 0xffffff) << 40 | first << 20 | end;
  }

  std::atomic<std::uint64_t> state_{0};
};

/// One job at a time. The caller works too, and waits for tasks that were begun, never for a thread
/// that has not come: when other programs hold the processors, it does all the work itself. (The
/// barrier of an OpenMP region waits for every thread, which then costs a time slice.)
class Pool {
 public:
  /// Begins to use the pool; false if somebody does already.
  bool try_lock() { return !is_busy_.test_and_set(std::memory_order_acquire); }
  void unlock() { is_busy_.clear(std::memory_order_release); }

  void run(std::int64_t tasks, int threads, Task task, const void* context) {
    threads = std::min(threads, 1 + hire(threads - 1));
    task_ = task;
    context_ = context;
    done_.store(0, std::memory_order_relaxed);
    threads_.store(threads, std::memory_order_relaxed);
    const std::uint32_t job = job_.load(std::memory_order_relaxed) + 1;
    for (int i = 0; i < threads; ++i)
      share_[i].deal(job, tasks * i / threads, tasks * (i + 1) / threads);
    job_.store(job);
    if (sleepers_.load() > 0) job_.notify_all();
    work(0, job, threads);
    for (int spin = 0; done_.load(std::memory_order_acquire) < tasks; ++spin) {
      __builtin_ia32_pause();
      if (spin > 200) sched_yield();
    }
  }

 private:
  /// Workers there are, of those wanted: the system may refuse some.
  int hire(int wanted) {
    try {
      for (; workers_ < wanted; ++workers_)
        std::thread([this, self = workers_ + 1] { serve(self); }).detach();
    } catch (const std::system_error&) {
    }
    return workers_;
  }

  // The task and its context are read only with a task in hand, which the caller waits for: they
  // cannot change meanwhile.
  void work(int self, std::uint32_t job, int threads) {
    std::int64_t index;
    for (int i = 0; i < threads; ++i)
      while (share_[(self + i) % threads].take(job, i == 0, index)) {
        task_(context_, index);
        done_.fetch_add(1, std::memory_order_acq_rel);
      }
  }

  /// A worker's life: awake for some 30 us after a job, since the next is mostly near, then asleep.
  void serve(int self) {
    std::uint32_t seen = 0;
    for (;;) {
      std::uint32_t job = job_.load(std::memory_order_acquire);
      for (int spin = 0; job == seen && spin < 2000; ++spin) {
        __builtin_ia32_pause();
        job = job_.load(std::memory_order_acquire);
      }
      if (job == seen) {
        sleepers_.fetch_add(1);
        job_.wait(seen);
        sleepers_.fetch_sub(1);
        continue;
      }
      seen = job;
      if (const int threads = threads_.load(std::memory_order_acquire); self < threads)
        work(self, job, threads);
    }
  }

  Share share_[most_threads];
  alignas(64) std::atomic<std::uint32_t> job_{0};  // the number of the last one
  std::atomic<int> threads_{0};
  Task task_ = nullptr;
  const void* context_ = nullptr;
  alignas(64) std::atomic<std::int64_t> done_{0};
  std::atomic<int> sleepers_{0};
  std::atomic_flag is_busy_;
  int workers_ = 0;
};

/// Never destroyed: its workers live as long as the process.
Pool& pool() {
  static Pool* const instance = new Pool;
  return *instance;
}

}  // namespace

void parallel_run(std::int64_t tasks, Task task, const void* context) {
  const int threads =
      static_cast<int>(std::min<std::int64_t>({num_threads(), tasks, most_threads}));
  if (threads <= 1 || tasks >= most_tasks || omp_in_parallel() || !pool().try_lock()) {
    for (std::int64_t i = 0; i < tasks; ++i) task(context, i);
    return;
  }
  pool().run(tasks, threads, task, context);
  pool().unlock();
}

SingleThreadedBlas::SingleThreadedBlas() : before_(omp_get_max_threads()) {
  if (before_ != 1) omp_set_num_threads(1);
}
SingleThreadedBlas::~SingleThreadedBlas() {
  if (before_ != 1) omp_set_num_threads(before_);
}

}  // namespace kernels
}  // namespace wald
