// Memory of a device, kept for the next use when it is given back.
#pragma once

#include "gpu.h"
#include "table.h"

namespace wald::gpu {

/// Of the calling thread's device, at least `bytes`, aligned to 256. What is kept is given back
/// to the device before it says that it is out of memory. Work that was queued on the device's
/// stream before take() is done before work that is queued after it.
Status take(int device, void** p, std::size_t bytes);
void give(int device, void* p, std::size_t bytes);

MemoryUse memory_use(int device);
/// Gives back what is kept if it is beyond the limit; what is in use stays.
void set_memory_limit(int device, std::size_t bytes);
/// Gives all that is kept back to the device.
void trim(int device);

/// Memory for the time of a call.
class Scratch {
 public:
  Scratch(int device, std::size_t bytes) : device_(device), bytes_(bytes) {
    status_ = take(device, &p_, bytes);
  }
  ~Scratch() { give(device_, p_, bytes_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  Status status() const { return status_; }
  template <class T>
  T* as() const {
    return static_cast<T*>(p_);
  }

 private:
  int device_;
  void* p_ = nullptr;
  std::size_t bytes_;
  Status status_;
};

}  // namespace wald::gpu
