// The lines of a tensor along one axis: where each begins in several operands, and the steps along.
#pragma once

#include <wald/kernels/nest.h>

namespace wald::gpu {

struct Lines {
  kernels::Nest begins;  // the other axes: one element for each line
  std::int64_t n;        // elements of a line
  std::int64_t step[4];  // between neighbours of a line, in each operand

  Lines(kernels::Shape shape, const kernels::View* views, int operands, int axis)
      : begins(without(shape, views, operands, axis)), n(shape.size[axis]) {
    for (int o = 0; o < operands; ++o) step[o] = views[o].stride[axis];
  }

 private:
  static kernels::Nest without(kernels::Shape shape, const kernels::View* views, int operands,
                               int axis) {
    std::int64_t size[kernels::max_axes], stride[4][kernels::max_axes];
    int rank = 0;
    for (int i = 0; i < shape.rank; ++i) {
      if (i == axis) continue;
      size[rank] = shape.size[i];
      for (int o = 0; o < operands; ++o) stride[o][rank] = views[o].stride[i];
      ++rank;
    }
    kernels::View kept[4];
    for (int o = 0; o < operands; ++o) kept[o] = {nullptr, stride[o]};
    return kernels::Nest({rank, size}, kept, operands);
  }
};

/// The strides of a contiguous tensor; how many elements it has.
inline std::int64_t contiguous_strides(kernels::Shape shape, std::int64_t* stride) {
  std::int64_t count = 1;
  for (int axis = shape.rank; axis-- > 0; count *= shape.size[axis]) stride[axis] = count;
  return count;
}

}  // namespace wald::gpu
