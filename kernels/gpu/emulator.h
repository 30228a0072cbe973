// A GPU for tests: runs kernels on the processor, a block after the other, each thread of a block
// that waits for others as a fiber with a stack of its own. Under AddressSanitizer the memory of
// the device and of blocks is watched as the host's is.
#pragma once

#include <cstddef>
#include <cstdint>

#include "table.h"

namespace wald::gpu::emulator {

enum class Status { success, out_of_memory, bad_launch, deadlock };
constexpr Status success = Status::success;
constexpr Status out_of_memory = Status::out_of_memory;
struct Stream {};
struct Event {};

const char* message_of(Status status);
Status device_count(int* n);
Status describe(int device, DeviceFacts* facts);
Status set_device(int device);
/// Limits the device's memory, as for tests of what happens without; 0: no limit.
void set_memory_limit(std::size_t bytes);
Status allocate(void** p, std::size_t bytes);
Status release(void* p);
Status copy(void* to, const void* from, std::size_t bytes, Stream stream);
inline Status synchronize(Stream) { return success; }

/// The threads of a warp: 32, as NVIDIA's, or 64, as AMD's larger ones.
void set_warp_size(int threads);

struct Block;

class Thread {
 public:
  Thread(Block& block, int index) : block_(&block), index_(index) {}

  int index() const { return index_; }
  int count() const;
  std::int64_t block() const;
  std::int64_t blocks() const;
  void sync() const;
  template <class T>
  T* shared() const {
    return static_cast<T*>(shared_memory());
  }
  int warp_size() const;
  template <class T>
  T from_above(T value, int delta) const {
    static_assert(sizeof(T) <= 8);
    T result = value;
    exchange(&value, &result, sizeof(T), delta);
    return result;
  }

 private:
  void* shared_memory() const;
  void exchange(const void* value, void* result, std::size_t bytes, int delta) const;

  Block* block_;
  int index_;
};

/// A kernel and how to call it.
struct Body {
  const void* kernel;
  void (*call)(const void* kernel, const Thread& t);
};
Status launch(const Body& body, std::int64_t blocks, int threads, std::size_t shared_bytes,
              bool cooperates);

}  // namespace wald::gpu::emulator
