// The one header that knows the vendors: CUDA, HIP, and the emulator, which runs the same kernels
// on the processor. The other files of this folder are written in these names and compiled by nvcc,
// by hipcc and by g++.
//
// A kernel is a struct of plain data with
//   WALD_DEVICE void operator()(const Thread& t) const;
// and, if its threads wait for one another or exchange values, `using Cooperates = void;`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include <wald/kernels/device.h>

#include "table.h"

#if defined(__CUDACC__)
#include <cuda_runtime.h>
#elif defined(__HIPCC__)
#include <hip/hip_runtime.h>
#else
#include "emulator.h"
#endif

namespace wald::gpu {

/// Blocks of threads, and the memory that the threads of a block share.
struct Grid {
  std::int64_t blocks;
  int threads;
  std::size_t shared_bytes = 0;
};

#if defined(__CUDACC__) || defined(__HIPCC__)

#if defined(__CUDACC__)
#define WALD_GPU(name) cuda##name
#else
#define WALD_GPU(name) hip##name
#endif

using Status = WALD_GPU(Error_t);
using Stream = WALD_GPU(Stream_t);
using Event = WALD_GPU(Event_t);
constexpr Status success = WALD_GPU(Success);
constexpr Status not_supported = WALD_GPU(ErrorNotSupported);
constexpr Status unknown = WALD_GPU(ErrorUnknown);
#if defined(__CUDACC__)
constexpr Status out_of_memory = cudaErrorMemoryAllocation;
constexpr const char* vendor = "cuda";
#else
constexpr Status out_of_memory = hipErrorOutOfMemory;
constexpr const char* vendor = "hip";
#endif

// A status is returned, and not left behind for the application's own code to find.
inline Status clean(Status status) {
  if (status != success) static_cast<void>(WALD_GPU(GetLastError)());
  return status;
}

inline const char* message_of(Status status) { return WALD_GPU(GetErrorString)(status); }
inline Status device_count(int* n) { return clean(WALD_GPU(GetDeviceCount)(n)); }
inline Status current_device(int* device) { return clean(WALD_GPU(GetDevice)(device)); }
inline Status set_device(int device) { return clean(WALD_GPU(SetDevice)(device)); }
inline Status allocate(void** p, std::size_t bytes) { return clean(WALD_GPU(Malloc)(p, bytes)); }
inline Status release(void* p) { return clean(WALD_GPU(Free)(p)); }
inline Status synchronize(Stream stream) { return clean(WALD_GPU(StreamSynchronize)(stream)); }
inline Status copy(void* to, const void* from, std::size_t bytes, Stream stream) {
  return clean(WALD_GPU(MemcpyAsync)(to, from, bytes, WALD_GPU(MemcpyDefault), stream));
}

/// A stream that does not wait for the default one, which may be the application's.
inline Status make_stream(Stream* stream) {
  return clean(WALD_GPU(StreamCreateWithFlags)(stream, WALD_GPU(StreamNonBlocking)));
}
inline Status make_event(Event* event) {
  return clean(WALD_GPU(EventCreateWithFlags)(event, WALD_GPU(EventDisableTiming)));
}
inline Status destroy(Event event) { return clean(WALD_GPU(EventDestroy)(event)); }
inline Status record(Event event, Stream stream) {
  return clean(WALD_GPU(EventRecord)(event, stream));
}
inline Status wait(Stream stream, Event event) {
  return clean(WALD_GPU(StreamWaitEvent)(stream, event, 0));
}
inline Status synchronize(Event event) { return clean(WALD_GPU(EventSynchronize)(event)); }

/// Memory of the host that a device reads and writes by itself.
inline Status allocate_host(void** p, std::size_t bytes) {
#if defined(__CUDACC__)
  return clean(cudaMallocHost(p, bytes));
#else
  return clean(hipHostMalloc(p, bytes, hipHostMallocDefault));
#endif
}

/// Lets the current device reach the memory of a peer, if it can at all.
inline void reach_peer(int device, int peer) {
  int can = 0;
  if (clean(WALD_GPU(DeviceCanAccessPeer)(&can, device, peer)) == success && can)
    static_cast<void>(clean(WALD_GPU(DeviceEnablePeerAccess)(peer, 0)));  // or it was done before
}
/// Through the host's memory where the devices do not reach each other.
inline Status copy_peer(void* to, int device, const void* from, int peer, std::size_t bytes,
                        Stream stream) {
  return clean(WALD_GPU(MemcpyPeerAsync)(to, device, from, peer, bytes, stream));
}

Status is_integrated(int device, bool* is);
Status describe(int device, DeviceFacts* facts);

class Thread {
 public:
  /// In its block, and how many that has.
  WALD_DEVICE int index() const { return static_cast<int>(threadIdx.x); }
  WALD_DEVICE int count() const { return static_cast<int>(blockDim.x); }
  WALD_DEVICE std::int64_t block() const { return blockIdx.x; }
  WALD_DEVICE std::int64_t blocks() const { return gridDim.x; }
  /// Waits for all threads of the block.
  WALD_DEVICE void sync() const { __syncthreads(); }
  /// The memory that the threads of the block share.
  template <class T>
  WALD_DEVICE T* shared() const {
    extern __shared__ __align__(16) unsigned char wald_shared[];
    return reinterpret_cast<T*>(wald_shared);
  }
  WALD_DEVICE int warp_size() const { return warpSize; }
  /// The value that the thread `delta` places further in the warp gives; its own beyond the end.
  /// All threads of the warp take part.
  template <class T>
  WALD_DEVICE T from_above(T value, int delta) const {
#if defined(__CUDACC__)
    return __shfl_down_sync(0xffffffffu, value, static_cast<unsigned>(delta));
#else
    return __shfl_down(value, static_cast<unsigned>(delta));
#endif
  }
};

// Told that a block has 256 threads at most, hipcc has registers for kernels that it would else
// keep few enough for blocks of 1024. nvcc, told the same, takes fewer, and powers of float64
// spill.
#if defined(__HIPCC__)
#define WALD_BLOCK_OF_256 __launch_bounds__(256)
#else
#define WALD_BLOCK_OF_256
#endif

template <class Kernel>
__global__ void WALD_BLOCK_OF_256 run(const Kernel kernel) {
  kernel(Thread());
}

template <class Kernel>
Status launch(const Kernel& kernel, const Grid& grid, Stream stream) {
  void* arguments[] = {const_cast<Kernel*>(&kernel)};
  return clean(WALD_GPU(LaunchKernel)(
      reinterpret_cast<const void*>(&run<Kernel>), dim3(static_cast<unsigned>(grid.blocks)),
      dim3(static_cast<unsigned>(grid.threads)), arguments, grid.shared_bytes, stream));
}

#else

constexpr const char* vendor = "emulated";

using emulator::allocate;
using emulator::allocate_host;
using emulator::copy;
using emulator::copy_peer;
using emulator::current_device;
using emulator::describe;
using emulator::destroy;
using emulator::device_count;
using emulator::Event;
using emulator::is_integrated;
using emulator::make_event;
using emulator::make_stream;
using emulator::message_of;
using emulator::not_supported;
using emulator::out_of_memory;
using emulator::reach_peer;
using emulator::record;
using emulator::release;
using emulator::set_device;
using emulator::Status;
using emulator::Stream;
using emulator::success;
using emulator::synchronize;
using emulator::Thread;
using emulator::unknown;
using emulator::wait;

template <class Kernel>
Status launch(const Kernel& kernel, const Grid& grid, Stream stream) {
  constexpr bool cooperates = requires { typename Kernel::Cooperates; };
  const auto body = [](const void* k, const Thread& t) { (*static_cast<const Kernel*>(k))(t); };
  return emulator::launch({&kernel, sizeof kernel, body}, grid.blocks, grid.threads,
                          grid.shared_bytes, cooperates, stream);
}

#endif

/// *p = value, where several threads write the same value.
WALD_DEVICE inline void write_same(int* p, int value) {
#if defined(__CUDACC__) || defined(__HIPCC__)
  atomicExch(p, value);
#else
  __atomic_store_n(p, value, __ATOMIC_RELAXED);
#endif
}

/// A kernel that works on n things, each by one thread, whatever the grid: from `first(t)` on,
/// every `step(t)`-th.
WALD_DEVICE inline std::int64_t first(const Thread& t) { return t.block() * t.count() + t.index(); }
WALD_DEVICE inline std::int64_t step(const Thread& t) { return t.blocks() * t.count(); }

/// As many blocks as n things need, at most so many that a large GPU is full.
inline Grid grid_for(std::int64_t n, int threads = 256) {
  constexpr std::int64_t most = 65536;
  const std::int64_t needed = (n + threads - 1) / threads;
  return {needed < 1 ? 1 : needed < most ? needed : most, threads};
}

}  // namespace wald::gpu
