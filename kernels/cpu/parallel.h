// The one thread pool. Everything that runs on several threads goes through here; OpenBLAS is only
// ever called on one.
#pragma once

#include <cstdint>

namespace wald {

/// Threads that operations called from this thread may use: what set_num_threads asked for here,
/// else WALD_NUM_THREADS or OMP_NUM_THREADS, else the processors this process may use.
int num_threads();

/// Sets the number of threads for operations called from this thread; 0 goes back to the default.
/// An application whose own threads each call wald sets 1 in each.
void set_num_threads(int n);

/// Sets the number of threads for one scope.
class NumThreadsGuard {
 public:
  explicit NumThreadsGuard(int n);
  ~NumThreadsGuard();
  NumThreadsGuard(const NumThreadsGuard&) = delete;
  NumThreadsGuard& operator=(const NumThreadsGuard&) = delete;

 private:
  int before_;
};

namespace kernels {

void parallel_run(std::int64_t tasks, void (*task)(const void* context, std::int64_t index),
                  const void* context);

/// Calls body(i) for each i in [0, tasks), on several threads unless there is one task or one
/// thread, or the pool is at work already (for another caller, or this call is a task itself), or
/// the caller is inside an OpenMP region of its own. Body must not throw. Which thread runs which
/// task is not fixed: results must not depend on it.
template <class Body>
void parallel_for(std::int64_t tasks, const Body& body) {
  if (tasks == 1) return body(0);
  parallel_run(
      tasks, [](const void* context, std::int64_t i) { (*static_cast<const Body*>(context))(i); },
      &body);
}

/// While it lives, OpenBLAS works on the calling thread alone: the same bits for any number of
/// threads, and never two pools.
class SingleThreadedBlas {
 public:
  SingleThreadedBlas();
  ~SingleThreadedBlas();

 private:
  int before_;
};

}  // namespace kernels
}  // namespace wald
