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
#if defined(__CUDACC__)
constexpr Status out_of_memory = cudaErrorMemoryAllocation;
#else
constexpr Status out_of_memory = hipErrorOutOfMemory;
#endif

#if defined(__CUDACC__)
constexpr const char* vendor = "cuda";
#else
constexpr const char* vendor = "hip";
#endif

inline const char* message_of(Status status) { return WALD_GPU(GetErrorString)(status); }
inline Status device_count(int* n) { return WALD_GPU(GetDeviceCount)(n); }
inline Status set_device(int device) { return WALD_GPU(SetDevice)(device); }
inline Status allocate(void** p, std::size_t bytes) { return WALD_GPU(Malloc)(p, bytes); }
inline Status release(void* p) { return WALD_GPU(Free)(p); }
inline Status copy(void* to, const void* from, std::size_t bytes, Stream stream) {
  return WALD_GPU(MemcpyAsync)(to, from, bytes, WALD_GPU(MemcpyDefault), stream);
}
inline Status synchronize(Stream stream) { return WALD_GPU(StreamSynchronize)(stream); }

inline Status describe(int device, DeviceFacts* facts) {
#if defined(__CUDACC__)
  cudaDeviceProp properties;
#else
  hipDeviceProp_t properties;
#endif
  Status status = set_device(device);
  if (status == success) status = WALD_GPU(GetDeviceProperties)(&properties, device);
  if (status == success) status = WALD_GPU(MemGetInfo)(&facts->free_memory, &facts->memory);
  int driver = 0;
  if (status == success) status = WALD_GPU(DriverGetVersion)(&driver);
  if (status != success) return status;
  std::snprintf(facts->name, sizeof facts->name, "%s", properties.name);
#if defined(__CUDACC__)
  std::snprintf(facts->capability, sizeof facts->capability, "%d.%d", properties.major,
                properties.minor);
  std::snprintf(facts->driver, sizeof facts->driver, "CUDA %d.%d", driver / 1000,
                driver % 1000 / 10);
#else
  std::snprintf(facts->capability, sizeof facts->capability, "%s", properties.gcnArchName);
  std::snprintf(facts->driver, sizeof facts->driver, "HIP %d.%d", driver / 10000000,
                driver / 100000 % 100);
#endif
  facts->is_integrated = properties.integrated != 0;
  return success;
}

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

template <class Kernel>
__global__ void run(const Kernel kernel) {
  kernel(Thread());
}

template <class Kernel>
Status launch(const Kernel& kernel, const Grid& grid, Stream stream) {
  run<<<dim3(static_cast<unsigned>(grid.blocks)), dim3(static_cast<unsigned>(grid.threads)),
        grid.shared_bytes, stream>>>(kernel);
  return WALD_GPU(GetLastError)();
}

#else

constexpr const char* vendor = "emulated";

using emulator::allocate;
using emulator::copy;
using emulator::describe;
using emulator::device_count;
using emulator::Event;
using emulator::message_of;
using emulator::out_of_memory;
using emulator::release;
using emulator::set_device;
using emulator::Status;
using emulator::Stream;
using emulator::success;
using emulator::synchronize;
using emulator::Thread;

template <class Kernel>
Status launch(const Kernel& kernel, const Grid& grid, Stream) {
  constexpr bool cooperates = requires { typename Kernel::Cooperates; };
  const auto body = [](const void* k, const Thread& t) { (*static_cast<const Kernel*>(k))(t); };
  return emulator::launch({&kernel, body}, grid.blocks, grid.threads, grid.shared_bytes,
                          cooperates);
}

#endif

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
