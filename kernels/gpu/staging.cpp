#include "staging.h"

#include <algorithm>
#include <new>

namespace wald::kernels {

Staging::Memory Staging::allocate(const Backend& on, std::size_t bytes) {
  void* const p = on.allocate(std::max<std::size_t>(bytes, 1));
  if (!p) throw std::bad_alloc();
  return Memory(p, {&on, std::max<std::size_t>(bytes, 1)});
}

Matrices Staging::in(const Matrices& a) {
  const auto count = static_cast<std::size_t>(a.batch * a.rows * a.cols);
  const std::size_t bytes = count * size_of(a.dtype);
  memory_.push_back(allocate(cpu_backend(), bytes));
  void* const host = memory_.back().get();
  if (bytes > 0) device_.to_host(a.data, host, bytes);
  return {a.dtype, a.batch, a.rows, a.cols, host};
}

void* Staging::out(void* p, std::int64_t bytes) {
  const auto size = static_cast<std::size_t>(bytes);
  memory_.push_back(allocate(cpu_backend(), size));
  void* const host = memory_.back().get();
  results_.push_back({p, host, size});
  return host;
}

void Staging::finish() const {
  for (const Result& result : results_)
    if (result.bytes > 0) device_.from_host(result.on_host, result.on_device, result.bytes);
}

}  // namespace wald::kernels
