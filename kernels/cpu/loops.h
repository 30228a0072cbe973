// Walking strided memory: merging axes, and reading any run of elements in row-major order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <wald/kernels/backend.h>
#include <wald/kernels/cpu/parallel.h>

namespace wald::kernels {

/// More axes than any operation has after merging; engine shapes are checked against it.
constexpr int max_axes = 16;

/// A shape with up to four operands' strides, whose neighbouring axes have been merged where every
/// operand allows it, and whose axes of size 1 are gone. At least one axis is left.
struct Nest {
  int rank = 0;
  int operands = 0;
  std::int64_t size[max_axes];
  std::int64_t stride[4][max_axes];
  std::int64_t count = 1;

  Nest(Shape shape, const View* views, int n);

  bool is_contiguous(int operand) const { return rank == 1 && stride[operand][0] == 1; }
  bool is_splat(int operand) const { return rank == 1 && stride[operand][0] == 0; }
};

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
