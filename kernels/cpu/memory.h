// Host memory for tensors: aligned to 64 bytes (16 up to 1 KiB), and kept for reuse, since a fresh
// page costs more to map than to fill. Small blocks, and the engine's own objects, are kept by each
// thread for itself.
#pragma once

#include <cstddef>

namespace wald::kernels {

/// Null when there is no memory. The size is rounded up to a multiple of 64 bytes.
void* allocate(std::size_t bytes);
void release(void* p, std::size_t bytes);

/// Operators new and delete of objects that come and go with every operation.
struct Pooled {
  static void* operator new(std::size_t bytes);
  static void operator delete(void* p, std::size_t bytes) { release(p, bytes); }
};

/// The same for std::allocate_shared and containers.
template <class T>
struct PoolAllocator {
  using value_type = T;
  PoolAllocator() = default;
  template <class U>
  PoolAllocator(const PoolAllocator<U>&) {}
  T* allocate(std::size_t n) { return static_cast<T*>(Pooled::operator new(n * sizeof(T))); }
  void deallocate(T* p, std::size_t n) { release(p, n * sizeof(T)); }
  friend bool operator==(PoolAllocator, PoolAllocator) { return true; }
};

/// Gives kept memory back to the system, that of this thread and what all threads share; bytes
/// given back.
std::size_t release_kept_memory();

}  // namespace wald::kernels
