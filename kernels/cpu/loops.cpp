#include "loops.h"

namespace wald::kernels {

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
