// A shape and the strides of its operands with as few axes as they allow.
#pragma once

#include <cstdint>

#include <wald/kernels/backend.h>

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

/// Without one of the axes: an element for each line along it.
Nest without_axis(Shape shape, const View* views, int n, int axis);

}  // namespace wald::kernels
