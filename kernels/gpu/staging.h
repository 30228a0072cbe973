// Brings a device's operands to the processor and the results back, for an operation that the
// device has no kernel for.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include <wald/kernels/backend.h>

namespace wald::kernels {

class Staging {
 public:
  explicit Staging(const Backend& device) : device_(device) {}

  /// The operand's elements, contiguous. Its strides live as long as this.
  View in(DType dtype, Shape shape, View view);
  Matrices in(const Matrices& a);
  /// `bytes` of memory on the processor for a result at p, with what stands there if `holds`.
  void* out(void* p, std::int64_t bytes, bool holds = false);
  template <class T>
  T* out(T* p, std::int64_t n) {
    return static_cast<T*>(out(static_cast<void*>(p), n * static_cast<std::int64_t>(sizeof(T))));
  }
  /// Sends the results.
  void finish() const;

 private:
  struct Release {
    const Backend* owner;
    std::size_t bytes;
    void operator()(void* p) const { owner->release(p, bytes); }
  };
  using Memory = std::unique_ptr<void, Release>;
  struct Result {
    void* on_device;
    const void* on_host;
    std::size_t bytes;
  };
  /// Throws std::bad_alloc.
  static Memory allocate(const Backend& on, std::size_t bytes);

  const Backend& device_;
  std::vector<Memory> memory_;
  std::deque<std::vector<std::int64_t>> strides_;
  std::vector<Result> results_;
};

}  // namespace wald::kernels
