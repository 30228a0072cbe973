#include "staging.h"

#include <algorithm>
#include <new>

namespace wald::kernels {

Staging::Memory Staging::allocate(const Backend& on, std::size_t bytes) {
  void* const p = on.allocate(std::max<std::size_t>(bytes, 1));
  if (!p) throw std::bad_alloc();
  return Memory(p, {&on, std::max<std::size_t>(bytes, 1)});
}

View Staging::in(DType dtype, Shape shape, View view) {
  std::vector<std::int64_t>& stride = strides_.emplace_back(static_cast<std::size_t>(shape.rank));
  std::int64_t count = 1;
  for (int axis = shape.rank - 1; axis >= 0; --axis) {
    stride[static_cast<std::size_t>(axis)] = count;
    count *= shape.size[axis];
  }
  const std::size_t bytes = static_cast<std::size_t>(count) * size_of(dtype);
  const Memory laid_out = allocate(device_, bytes);
  memory_.push_back(allocate(cpu_backend(), bytes));
  void* const host = memory_.back().get();
  if (count > 0) {
    device_.copy(dtype, dtype, shape, view, {laid_out.get(), stride.data()});
    device_.to_host(laid_out.get(), host, bytes);
  }
  return {host, stride.data()};
}

Matrices Staging::in(const Matrices& a) {
  const std::int64_t count = a.batch * a.rows * a.cols, one = 1;
  return {a.dtype, a.batch, a.rows, a.cols, in(a.dtype, {1, &count}, {a.data, &one}).data};
}

void* Staging::out(void* p, std::int64_t bytes, bool holds) {
  if (!p) return nullptr;
  const auto size = static_cast<std::size_t>(bytes);
  memory_.push_back(allocate(cpu_backend(), size));
  void* const host = memory_.back().get();
  if (holds && size > 0) device_.to_host(p, host, size);
  results_.push_back({p, host, size});
  return host;
}

void Staging::finish() const {
  for (const Result& result : results_)
    if (result.bytes > 0) device_.from_host(result.on_host, result.on_device, result.bytes);
}

}  // namespace wald::kernels
