// The lines of a tensor along one axis: where each begins in several operands, and the steps along.
#pragma once

#include <wald/kernels/nest.h>

namespace wald::gpu {

struct Lines {
  kernels::Nest begins;  // the other axes: one element for each line
  std::int64_t n;        // elements of a line
  std::int64_t step[4];  // between neighbours of a line, in each operand

  Lines(kernels::Shape shape, const kernels::View* views, int operands, int axis)
      : begins(kernels::without_axis(shape, views, operands, axis)), n(shape.size[axis]) {
    for (int o = 0; o < operands; ++o) step[o] = views[o].stride[axis];
  }
};

/// The strides of a contiguous tensor; how many elements it has.
inline std::int64_t contiguous_strides(kernels::Shape shape, std::int64_t* stride) {
  std::int64_t count = 1;
  for (int axis = shape.rank; axis-- > 0; count *= shape.size[axis]) stride[axis] = count;
  return count;
}

}  // namespace wald::gpu
