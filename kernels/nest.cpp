#include "nest.h"

namespace wald::kernels {

Nest::Nest(Shape shape, const View* views, int n) : operands(n) {
  for (int axis = 0; axis < shape.rank; ++axis) {
    const std::int64_t extent = shape.size[axis];
    count *= extent;
    if (extent == 1) continue;
    bool merges = rank > 0;
    for (int o = 0; o < n && merges; ++o)
      merges = stride[o][rank - 1] == views[o].stride[axis] * extent;
    if (!merges) size[rank++] = 1;
    size[rank - 1] *= extent;
    for (int o = 0; o < n; ++o) stride[o][rank - 1] = views[o].stride[axis];
  }
  if (rank == 0) {
    size[rank++] = 1;
    for (int o = 0; o < n; ++o) stride[o][0] = 1;
  }
}

Nest without_axis(Shape shape, const View* views, int n, int axis) {
  std::int64_t size[max_axes], stride[4][max_axes];
  int rank = 0;
  for (int i = 0; i < shape.rank; ++i) {
    if (i == axis) continue;
    size[rank] = shape.size[i];
    for (int o = 0; o < n; ++o) stride[o][rank] = views[o].stride[i];
    ++rank;
  }
  View kept[4];
  for (int o = 0; o < n; ++o) kept[o] = {nullptr, stride[o]};
  return Nest({rank, size}, kept, n);
}

}  // namespace wald::kernels
