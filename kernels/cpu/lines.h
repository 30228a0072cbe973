// The lines of a tensor along one axis: where each begins in the operands and in a contiguous
// result.
#pragma once

#include <cstdint>

#include "axes.h"

namespace wald::kernels {

struct Lines {
  std::int64_t n;          // elements of a line
  std::int64_t inner = 1;  // elements between neighbours of a line, in the result
  std::int64_t count;      // lines
  std::int64_t stride[2] = {0, 0};

  Lines(Shape shape, const View* views, int operands, int axis)
      : n(shape.size[axis]), nest_(without_axis(shape, views, operands, axis)) {
    for (int i = axis + 1; i < shape.rank; ++i) inner *= shape.size[i];
    count = nest_.count;
    for (int o = 0; o < operands; ++o) stride[o] = views[o].stride[axis];
  }

  /// Where lines first, first + 1 ... begin: in an operand, and in the result if `to` is given.
  void offsets(std::int64_t first, std::int64_t lines, int operand, std::int64_t* from,
               std::int64_t* to = nullptr) const {
    Cursor at(nest_, operand, first);
    std::int64_t place = first / inner * inner * n + first % inner, rest = inner - first % inner;
    for (std::int64_t j = 0; j < lines; ++j, at.advance(1)) {
      from[j] = at.offset();
      if (!to) continue;
      to[j] = place++;
      if (--rest == 0) {
        rest = inner;
        place += inner * (n - 1);
      }
    }
  }

 private:
  Nest nest_;
};

}  // namespace wald::kernels
