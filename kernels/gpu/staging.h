// Brings a device's matrices to the processor and the results back, for a decomposition that the
// device has no library for.
#pragma once

#include <memory>
#include <vector>

#include <wald/kernels/backend.h>

namespace wald::kernels {

class Staging {
 public:
  explicit Staging(const Backend& device) : device_(device) {}

  Matrices in(const Matrices& a);
  /// `bytes` of memory on the processor for a result at p.
  void* out(void* p, std::int64_t bytes);
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
  std::vector<Result> results_;
};

}  // namespace wald::kernels
