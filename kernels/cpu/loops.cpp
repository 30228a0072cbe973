#include "loops.h"

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

Cursor::Cursor(const Nest& nest, int operand, std::int64_t index)
    : nest_(nest), operand_(operand), last_(nest.rank - 1), offset_(0) {
  for (int axis = last_; axis >= 0; --axis) {
    at_[axis] = index % nest.size[axis];
    index /= nest.size[axis];
    offset_ += at_[axis] * nest.stride[operand][axis];
  }
}

void Cursor::advance(std::int64_t n) {
  const std::int64_t* stride = nest_.stride[operand_];
  at_[last_] += n;
  offset_ += n * stride[last_];
  for (int axis = last_; axis > 0 && at_[axis] == nest_.size[axis]; --axis) {
    offset_ -= at_[axis] * stride[axis];
    at_[axis] = 0;
    ++at_[axis - 1];
    offset_ += stride[axis - 1];
  }
}

}  // namespace wald::kernels
