#include "parallel.h"

#include <omp.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>

namespace wald {
namespace {

thread_local int asked_threads = 0;

// The runtime's worker threads do not exist in a forked child, and waiting for them would never
// end: a child works on its own thread.
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

void parallel_run(std::int64_t tasks, void (*task)(const void* context, std::int64_t index),
                  const void* context) {
  const int threads = static_cast<int>(std::min<std::int64_t>(num_threads(), tasks));
  if (threads <= 1 || omp_in_parallel()) {
    for (std::int64_t i = 0; i < tasks; ++i) task(context, i);
    return;
  }
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
  for (std::int64_t i = 0; i < tasks; ++i) task(context, i);
}

SingleThreadedBlas::SingleThreadedBlas() : before_(omp_get_max_threads()) {
  if (before_ != 1) omp_set_num_threads(1);
}
SingleThreadedBlas::~SingleThreadedBlas() {
  if (before_ != 1) omp_set_num_threads(before_);
}

}  // namespace kernels
}  // namespace wald
