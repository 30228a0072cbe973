// Walking all operands of a Nest together, and working memory of kernels.
#pragma once

#include <memory>
#include <new>

#include <wald/kernels/cpu/loops.h>
#include <wald/kernels/cpu/memory.h>

namespace wald::kernels {

/// Calls run(offsets, n) for runs along the innermost axis that together are the elements
/// [begin, end) in row-major order: offsets[o] is where operand o's run begins, and its elements
/// are nest.stride[o][nest.rank - 1] apart.
template <class Run>
void for_each_run(const Nest& nest, std::int64_t begin, std::int64_t end, const Run& run) {
  const int last = nest.rank - 1;
  std::int64_t at[max_axes], offset[4] = {};
  for (std::int64_t rest = begin, axis = last; axis >= 0; --axis) {
    at[axis] = rest % nest.size[axis];
    rest /= nest.size[axis];
    for (int o = 0; o < nest.operands; ++o) offset[o] += at[axis] * nest.stride[o][axis];
  }
  while (begin < end) {
    const std::int64_t n = std::min(end - begin, nest.size[last] - at[last]);
    run(static_cast<const std::int64_t*>(offset), n);
    begin += n;
    if (begin == end) return;
    for (int o = 0; o < nest.operands; ++o) offset[o] -= at[last] * nest.stride[o][last];
    at[last] = 0;
    for (int axis = last - 1; axis >= 0; --axis) {
      for (int o = 0; o < nest.operands; ++o) offset[o] += nest.stride[o][axis];
      if (++at[axis] < nest.size[axis]) break;
      for (int o = 0; o < nest.operands; ++o) offset[o] -= nest.size[axis] * nest.stride[o][axis];
      at[axis] = 0;
    }
  }
}

/// Uninitialized memory for n values, from the pool that tensors use. Throws std::bad_alloc.
template <class T>
class Scratch {
 public:
  explicit Scratch(std::int64_t n)
      : bytes_(static_cast<std::size_t>(n > 0 ? n : 1) * sizeof(T)),
        data_(static_cast<T*>(allocate(bytes_))) {
    if (!data_) throw std::bad_alloc();
  }
  ~Scratch() { release(data_, bytes_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  T* data() const { return data_; }
  T& operator[](std::int64_t i) const { return data_[i]; }

 private:
  std::size_t bytes_;
  T* data_;
};

}  // namespace wald::kernels
