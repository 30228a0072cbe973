// A GPU for tests: runs kernels on the processor, a block after the other, each thread of a block
// that waits for others as a fiber with a stack of its own. Under AddressSanitizer the memory of
// the device and of blocks is watched as the host's is.
#pragma once

#include <cstddef>
#include <cstdint>

#include "table.h"

namespace wald::gpu::emulator {

enum class Status {
  success,
  out_of_memory,
  bad_launch,
  deadlock,
  no_such_device,
  wrong_memory,
  not_supported,
  unknown
};
constexpr Status success = Status::success;
constexpr Status out_of_memory = Status::out_of_memory;
constexpr Status not_supported = Status::not_supported;
constexpr Status unknown = Status::unknown;
struct Queue;
/// Without a queue, work is done when it is queued.
struct Stream {
  Queue* queue = nullptr;
};
struct Event {
  std::int64_t* place = nullptr;
};

const char* message_of(Status status);

/// 1, or as many as WALD_EMULATED_DEVICES or the last set_device_count() says, for tests of
/// several.
Status device_count(int* n);
void set_device_count(int n);
Status is_integrated(int device, bool* is);
Status describe(int device, DeviceFacts* facts);
/// Of the calling thread.
Status set_device(int device);
Status current_device(int* device);

/// Limits each device's memory, as for tests of what happens without; 0: no limit.
void set_memory_limit(std::size_t bytes);
/// Of the current device.
Status allocate(void** p, std::size_t bytes);
Status release(void* p);
Status allocate_host(void** p, std::size_t bytes);
Status copy(void* to, const void* from, std::size_t bytes, Stream stream);
/// Refuses memory that does not begin where memory of that device lies.
Status copy_peer(void* to, int device, const void* from, int peer, std::size_t bytes,
                 Stream stream);
inline void reach_peer(int, int) {}

// All runs when it is queued. But to ThreadSanitizer it is work of others, which the host may not
// take for done before it has waited.

/// Of the current device.
Status make_stream(Stream* stream);
Status make_event(Event* event);
Status destroy(Event event);
Status record(Event event, Stream stream);
Status wait(Stream stream, Event event);
Status synchronize(Stream stream);
Status synchronize(Event event);

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

/// A kernel, which is plain data, and how to call it.
struct Body {
  const void* kernel;
  std::size_t bytes;
  void (*call)(const void* kernel, const Thread& t);
};
Status launch(const Body& body, std::int64_t blocks, int threads, std::size_t shared_bytes,
              bool cooperates, Stream stream);

}  // namespace wald::gpu::emulator
