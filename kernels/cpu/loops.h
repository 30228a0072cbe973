// Walking strided memory: reading any run of elements in row-major order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <wald/kernels/cpu/parallel.h>
#include <wald/kernels/nest.h>

namespace wald::kernels {

/// A place in a Nest, for one operand: where element `index` in row-major order lies.
class Cursor {
 public:
  Cursor(const Nest& nest, int operand, std::int64_t index);

  /// Elements from here to the end of the innermost axis, at `stride()` from one another.
  std::int64_t run() const { return nest_.size[last_] - at_[last_]; }
  std::int64_t offset() const { return offset_; }
  std::int64_t stride() const { return nest_.stride[operand_][last_]; }
  void advance(std::int64_t n);  // n <= run()

 private:
  const Nest& nest_;
  int operand_, last_;
  std::int64_t offset_;
  std::int64_t at_[max_axes];
};

/// Calls body(begin, end) for ranges that together are [0, n), on several threads if n is large: as
/// many ranges of the same size for each thread. Results must not depend on where a range begins.
template <class Body>
void parallel_ranges(std::int64_t n, const Body& body) {
  constexpr std::int64_t most = 16384;  // large enough to hide the cost of a task
  const std::int64_t threads = n > most ? num_threads() : 1;
  const std::int64_t tasks =
      threads * std::max<std::int64_t>(1, (n + threads * most - 1) / (threads * most));
  const std::int64_t each = ((n + tasks - 1) / tasks + 63) / 64 * 64;
  parallel_for(tasks, [&](std::int64_t task) {
    const std::int64_t begin = task * each, end = std::min(begin + each, n);
    if (begin < end) body(begin, end);
  });
}

}  // namespace wald::kernels
